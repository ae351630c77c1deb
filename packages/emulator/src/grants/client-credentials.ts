import { matchesCallbackUrl } from '../oauth/callback-url.ts';
import { authenticateClient } from '../oauth/client-authentication.ts';
import { countLogin } from '../oauth/count-login.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import type { Issue, TokenRequest } from '../oauth/token-request.ts';
import { isLoginAddressAllowed } from '../org/ip-rules.ts';

/** RFC 6749 section 4.4 as Salesforce has it: My Domain only, on behalf of the app's run-as user. */
export const grantType = 'client_credentials';

const STRIPPED_SCOPES: readonly string[] = ['full', 'web', 'refresh_token', 'offline_access'];

export function issue(request: TokenRequest): Issue {
  const { org, parameters, trace } = request;
  if (request.host === 'login') throw refusal('K1');
  const app = authenticateClient(org, request, { isSecretRequired: () => true, wrong: 'K5', unknown: 'K6' });
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri !== null && !matchesCallbackUrl(app.callbackUrls, redirectUri)) throw refusal('J17');
  if (!app.isClientCredentialEnabled) throw refusal('K3');
  const user = org.users.find(app.oauthClientCredentialUser ?? '');
  if (user !== undefined) trace.login = { app, user };
  if (user === undefined || !user.isActive) throw refusal('K2');
  trace.subject = user.username;
  if (user.isFrozen || !user.isApiEnabled) throw refusal('K7');
  if (!isLoginAddressAllowed(app, user, request.address, false)) throw refusal('J7');
  const scopes = app.scopes.filter((scope) => !STRIPPED_SCOPES.includes(scope));
  if (scopes.length === 0) throw refusal('K4');
  countLogin(request, user);
  return { app, user, scopes, grant: null };
}
