import { type ConnectionSettings, usesRefreshToken } from '@forcemint/core';
import { clientProof } from './client-proof.ts';
import { type Folder, fields, type Item, item } from './collection-format.ts';
import { CHECK_ACTIVE, CHECK_LIMITS, CHECK_QUERY, CHECK_USERINFO, CHECK_VERSIONS, FORGET_REVOKED } from './scripts/answers.ts';
import { SIGN_JWT } from './scripts/sign-jwt.ts';

type Settings = Pick<ConnectionSettings, 'grant' | 'clientAuth' | 'introspect'>;

/** What the access token is for. */
export function orgFolder(): Folder {
  const rest = '{{_endpoint}}/services/data';
  return {
    name: 'Org',
    item: [
      item({
        name: 'User info',
        description: 'Whose token it is.',
        url: '{{_endpoint}}/services/oauth2/userinfo',
        after: CHECK_USERINFO,
      }),
      item({ name: 'Versions', description: 'REST API versions of the org.', url: rest, after: CHECK_VERSIONS }),
      item({
        name: 'Limits',
        description: 'Limits of the org, and what is left of them.',
        url: `${rest}/v{{version}}/limits`,
        after: CHECK_LIMITS,
      }),
      item({
        name: 'Query',
        description: 'SOQL, here for the user of the token.',
        url: `${rest}/v{{version}}/query?q=SELECT Id, Username FROM User WHERE Id = '{{_userId}}'`,
        after: CHECK_QUERY,
      }),
    ],
  };
}

/** What Salesforce knows of the access token, and its end. */
export function endFolder(settings: Settings): Folder {
  const { clientAuth, introspect: asks } = settings;
  const introspects = clientAuth !== 'none' && asks === 'auto';
  return { name: 'End', item: [...(introspects ? [introspect(settings)] : []), revoke(settings)] };
}

function introspect(settings: Settings): Item {
  const { auth, form, sign } = clientProof(settings);
  return item({
    name: 'Introspect',
    description: 'What Salesforce knows of the access token, its end among it (exp, in epoch seconds).',
    url: '{{url}}{{site}}/services/oauth2/introspect',
    auth,
    form: [...fields({ token: '{{_accessToken}}', token_type_hint: 'access_token' }), ...form],
    ...(sign !== undefined && { before: SIGN_JWT + sign }),
    after: CHECK_ACTIVE,
  });
}

function revoke(settings: Settings): Item {
  const hasGrant = usesRefreshToken(settings);
  const more = hasGrant
    ? 'To end the grant of Postman, turn the other token on and this one off.'
    : 'Where Salesforce gave the same session to another program, it ends there too.';
  return item({
    name: 'Revoke',
    description: `Ends the access token. ${more}`,
    url: '{{url}}{{site}}/services/oauth2/revoke',
    auth: { type: 'noauth' },
    form: [
      ...fields({ token: '{{_accessToken}}' }),
      ...(hasGrant ? fields({ token: '{{_refreshToken}}' }).map((field) => ({ ...field, disabled: true as const })) : []),
    ],
    after: FORGET_REVOKED,
  });
}
