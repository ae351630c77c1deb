import type { OAuthAnswers, RowAnswers } from './row.ts';

/** Refusals of the revocation endpoint. */
export const REVOKE_ROWS = {
  V1: [{ error: 'invalid_token', description: 'invalid token', isOurText: true }],
  // Salesforce repeats the token: clients must take it out before they log the text.
  V2: [{ error: 'unsupported_token_type', description: 'invalid token: <token>' }],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

/** Refusal of the introspection endpoint. */
export const INTROSPECT_ROWS = {
  V5: [{ error: 'invalid_client', description: 'invalid client credentials', isOurText: true }],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

/** V6, V7: one word from userinfo and the identity URL. */
export const IDENTITY_ANSWERS: Readonly<Record<'V6' | 'V7', RowAnswers>> = {
  V6: [{ error: 'Bad_OAuth_Token' }],
  V7: [
    { variant: 'Missing_OAuth_Token', error: 'Missing_OAuth_Token', isOurText: true },
    { variant: 'Wrong_Org', error: 'Wrong_Org', isOurText: true },
    { variant: 'Bad_Id', error: 'Bad_Id', status: 404, isOurText: true },
    { variant: 'Inactive', error: 'Inactive', status: 404, isOurText: true },
  ],
};

/** V8: `singleaccess` refuses; only the status is known. */
export const SINGLE_ACCESS_ANSWERS: RowAnswers = [{ error: 'Bad_OAuth_Token', isOurText: true }];
