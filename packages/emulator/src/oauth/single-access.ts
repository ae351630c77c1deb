import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer, parametersOf, textAnswer } from '../server/http-message.ts';
import { sessionOf } from './bearer-session.ts';

/**
 * `/services/oauth2/singleaccess`: an access token with the scope `web` or `full` becomes a browser URL for one use.
 * Everything else is 403, an expired token and a JWT too, and users who may not log in in a browser.
 */
export function singleAccess(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const session = sessionOf(org, request);
  if ('status' in session) return session;
  const { user, scopes, format } = session;
  const isForBrowsers = scopes.includes('web') || scopes.includes('full');
  if (!isForBrowsers || format === 'jwt' || user.isApiOnly) return textAnswer(403, 'Bad_OAuth_Token');
  const otp = org.frontdoorPasses.issue(user, parametersOf(request).get('redirect_uri') ?? '', org.now());
  return jsonAnswer(200, { frontdoor_uri: `${org.origins.mydomain}/secur/frontdoor.jsp?otp=${otp}` });
}
