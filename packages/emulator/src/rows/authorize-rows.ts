import type { OAuthAnswers, RowAnswers } from './row.ts';

/** Refusals of the authorize endpoint; those with `isPage` never go back to the client. */
export const AUTHORIZE_ROWS = {
  Z1: [
    { variant: 'access_denied', error: 'access_denied', description: 'end-user denied authorization' },
    { variant: 'access-denied', error: 'access-denied', description: 'end-user denied authorization' },
  ],
  Z2: [{ error: 'redirect_uri_mismatch', description: 'redirect_uri must match configuration', isPage: true }],
  Z3: [{ error: 'redirect_uri_missing', description: 'redirect_uri not provided', isPage: true, isOurText: true }],
  Z4: [{ error: 'invalid_client_id', description: 'client identifier invalid', isPage: true }],
  Z5: [{ error: 'unsupported_response_type', description: 'response type not supported', isOurText: true }],
  Z6: [{ error: 'invalid_request', description: 'missing required code challenge' }],
  Z7: [{ error: 'invalid_scope', description: 'the requested scope is not allowed', isOurText: true }],
  Z8: [{ error: 'immediate_unsuccessful', description: 'immediate unsuccessful', isOurText: true }],
  Z9: [{ error: 'invalid_request', description: 'out-of-band redirect_uri not supported', isPage: true, isOurText: true }],
  Z10: [{ error: 'OAUTH_APP_BLOCKED', description: 'this app is blocked by admin', isPage: true }],
  Z11: [
    {
      error: 'OAUTH_APPROVAL_ERROR_GENERIC',
      // Salesforce's own spelling.
      description: 'An unexpected error has occured during authentication. Please try again.',
      isPage: true,
    },
  ],
  Z12: [{ error: 'OAUTH_APP_ACCESS_DENIED', description: 'user is not admin approved to access this app', isPage: true }],
  Z13: [{ error: 'OAUTH_EC_APP_NOT_FOUND', description: 'External client app is not installed in this org', isPage: true }],
  Z14: [
    {
      error: 'OAUTH_AUTHORIZATION_BLOCKED',
      description: 'Cross-org OAuth flows are not supported for this external client app',
      isPage: true,
    },
  ],
  Z15: [{ error: 'invalid_session_level', description: 'high assurance session required', isOurText: true }],
  Z16: [
    { variant: 'inactive_user', error: 'inactive_user', description: 'inactive user', isOurText: true },
    {
      variant: 'inactive_org',
      error: 'inactive_org',
      description: 'organization is locked, closed, or suspended',
      isOurText: true,
    },
    { variant: 'rate_limit_exceeded', error: 'rate_limit_exceeded', description: 'login rate exceeded', isOurText: true },
    { variant: 'invalid_user_credentials', error: 'invalid_grant', description: 'invalid user credentials' },
    { variant: 'ip_or_login_hours', error: 'invalid_grant', description: 'ip restricted or invalid login hours' },
  ],
} as const satisfies Readonly<Record<string, OAuthAnswers>>;

const FIRST_OAUTH1_NUMBER = 1701;

function oauth1Page(number: number): { variant: string; description: string; isOurText: true; status: number } {
  return { variant: String(number), description: `OAuth 1.0A error ${number}`, isOurText: true, status: 400 };
}

/** Z17: the numbered pages of OAuth 1.0A, 1701 to 1716. */
export const OAUTH1_ANSWERS: RowAnswers = [
  oauth1Page(FIRST_OAUTH1_NUMBER),
  ...Array.from({ length: 15 }, (_, index) => oauth1Page(FIRST_OAUTH1_NUMBER + 1 + index)),
];

/** Z18: the error page itself, with the code that it is seen with most. */
export const ERROR_PAGE_ANSWERS: RowAnswers = [{ error: 'invalid_client_id', description: 'client identifier invalid' }];

/** Z19: the login page that does not take the password. */
export const LOGIN_PAGE_ANSWERS: RowAnswers = [
  {
    description: "Please check your username and password. If you still can't log in, contact your administrator.",
    isOurText: true,
  },
];
