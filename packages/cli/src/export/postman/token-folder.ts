import { type ConnectionSettings, usesRefreshToken } from '@forcemint/core';
import { clientProof } from './client-proof.ts';
import { type Folder, fields, type Item, item, type Parameter, values } from './collection-format.ts';
import { KEEP_LOGIN, KEEP_TOKEN, ONLY_WITH_REFRESH_TOKEN, ONLY_WITHOUT_GRANT } from './scripts/answers.ts';
import { SIGN_ASSERTION, SIGN_JWT } from './scripts/sign-jwt.ts';

type Settings = Pick<ConnectionSettings, 'grant' | 'clientAuth' | 'scope'>;

/** How a token is got: the token request of the grant; where a person logs in, the login and the refresh. */
export function tokenFolder(settings: Settings): Folder {
  return { name: 'Token', item: usesRefreshToken(settings) ? [login(settings), refresh(settings)] : [token(settings)] };
}

function token(settings: Settings): Item {
  if (settings.grant === 'client-credentials') {
    return tokenRequest(settings, {
      name: 'Client credentials',
      description: 'Gets an access token for the app’s run-as user. Only at the org’s My Domain; there is no refresh token.',
      form: fields({ grant_type: 'client_credentials' }),
    });
  }
  return tokenRequest(settings, {
    name: 'JWT bearer',
    description:
      'Gets an access token for {{username}} with an assertion that is signed before, by {{privateKey}}, and valid for three minutes. There is no refresh token.',
    form: fields({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{{_assertion}}' }),
    sign: SIGN_ASSERTION,
  });
}

function refresh(settings: Settings): Item {
  return tokenRequest(settings, {
    name: 'Refresh',
    description:
      'Gets a new access token with {{_refreshToken}}. Where the app rotates refresh tokens, that one has stopped working then, and the new one is in its place.',
    form: fields({ grant_type: 'refresh_token', refresh_token: '{{_refreshToken}}' }),
    before: ONLY_WITH_REFRESH_TOKEN,
  });
}

interface TokenRequest {
  readonly name: string;
  readonly description: string;
  readonly form: readonly Parameter[];
  readonly before?: string;
  readonly sign?: string;
}

function tokenRequest(settings: Settings, { name, description, form, before = '', sign = '' }: TokenRequest): Item {
  const proof = clientProof(settings);
  const signs = sign + (proof.sign ?? '');
  const script = before + (signs === '' ? '' : SIGN_JWT + signs);
  return item({
    name,
    description,
    url: '{{url}}{{site}}/services/oauth2/token',
    auth: proof.auth,
    form: [...form, ...proof.form],
    ...(script !== '' && { before: script }),
    after: KEEP_TOKEN,
  });
}

/** Postman’s own login, and a request that finds out what the token is for. */
function login({ clientAuth, scope }: Settings): Item {
  return item({
    name: 'Log in',
    description: [
      'A grant of Postman’s own. Tab Authorization → Get New Access Token (in the Postman app: the callback URL need not be reachable) → Use Token, then Send.',
      'To renew it later, copy refresh_token from Manage Tokens into {{_refreshToken}}, and renew it with “Refresh” alone from then on: two that renew a grant that rotates would end it. Turn Postman’s “Auto-refresh token” off.',
      'Salesforce keeps five grants for each user and app; a sixth login ends the oldest.',
      'Left out while there is a {{_refreshToken}}.',
    ].join('\n\n'),
    url: '{{url}}{{site}}/services/oauth2/userinfo',
    auth: {
      type: 'oauth2',
      oauth2: values({
        tokenName: 'Salesforce',
        grant_type: 'authorization_code_with_pkce',
        challengeAlgorithm: 'S256',
        authUrl: '{{url}}{{site}}/services/oauth2/authorize',
        accessTokenUrl: '{{url}}{{site}}/services/oauth2/token',
        redirect_uri: '{{redirectUrl}}',
        useBrowser: false,
        clientId: '{{clientId}}',
        ...(clientAuth !== 'none' && { clientSecret: '{{clientSecret}}' }),
        ...(scope !== undefined && { scope }),
        client_authentication: clientAuth === 'basic' ? 'header' : 'body',
        addTokenTo: 'header',
      }),
    },
    before: ONLY_WITHOUT_GRANT,
    after: KEEP_LOGIN,
  });
}
