import { endpointOf } from '../endpoints.ts';
import { claimedClientId } from '../oauth/client-authentication.ts';
import { parseJwt } from '../oauth/jwt.ts';
import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import { bearerToken, type EmulatorRequest, parameterOf, parametersOf } from '../server/http-message.ts';
import type { FaultSubject } from './faults.ts';

/** What faults are matched by; who sent the request is looked up only when a waiting fault asks. Nothing is verified. */
export function faultSubject(org: Org, request: EmulatorRequest): FaultSubject {
  const { host, path } = request;
  const endpoint = endpointOf(path);
  const hasNoSession = endpoint === 'token' || endpoint === 'introspect';
  return {
    host,
    path,
    endpoint,
    get grantType() {
      return endpoint === 'token' ? parametersOf(request).get('grant_type') : null;
    },
    get clientId() {
      const parameters = parametersOf(request);
      const claimed = claimedClientId({ parameters, authorization: request.headers.authorization });
      return claimed ?? (hasNoSession ? null : (sessionOf(org, request)?.app.clientId ?? null));
    },
    get username() {
      if (endpoint === 'token') return tokenSubject(org, request);
      return hasNoSession ? null : (sessionOf(org, request)?.user.username ?? null);
    },
  };
}

function sessionOf(org: Org, request: EmulatorRequest): Session | undefined {
  const token = bearerToken(request) ?? parameterOf(request, 'oauth_token') ?? parameterOf(request, 'access_token');
  return token === null ? undefined : org.sessions.find(token, org.now());
}

/** On whose behalf a token would be issued. */
function tokenSubject(org: Org, request: EmulatorRequest): string | null {
  const parameters = parametersOf(request);
  const refreshToken = parameters.get('refresh_token');
  if (refreshToken !== null) return org.refreshTokens.find(refreshToken)?.user.username ?? null;
  const code = parameters.get('code');
  if (code !== null) return org.codes.find(code)?.user.username ?? null;
  const assertion = parameters.get('assertion');
  if (assertion !== null) {
    const claims = parseJwt(assertion)?.claims;
    const subject = claims?.prn ?? claims?.sub;
    return typeof subject === 'string' ? subject : null;
  }
  const username = parameters.get('username');
  if (username !== null) return username;
  const clientId = claimedClientId({ parameters, authorization: request.headers.authorization });
  return org.apps.find(clientId ?? '', org.now())?.oauthClientCredentialUser ?? null;
}
