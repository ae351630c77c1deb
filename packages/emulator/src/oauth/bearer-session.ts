import { clientAddress } from '../org/ip-ranges.ts';
import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import { bearerToken, type EmulatorAnswer, type EmulatorRequest, parameterOf, textAnswer } from '../server/http-message.ts';

/** The session of the token in the header, or in `access_token` or `oauth_token`; else the answer that refuses: 403 and one word. */
export function sessionOf(org: Org, request: EmulatorRequest): Session | EmulatorAnswer {
  const token = bearerToken(request) ?? parameterOf(request, 'oauth_token') ?? parameterOf(request, 'access_token');
  if (token === null) return textAnswer(403, 'Missing_OAuth_Token');
  return useSession(org, token, request) ?? textAnswer(403, 'Bad_OAuth_Token');
}

/** The living session of a token, this request counted as its use; undefined also where the org locks sessions to an address. */
export function useSession(org: Org, token: string, request: EmulatorRequest): Session | undefined {
  const session = org.sessions.find(token, org.now());
  if (session === undefined || (org.switches.lockSessionsToIp && session.address !== clientAddress(request))) return undefined;
  return org.sessions.use(token, org.now(), org.switches.extendSessions);
}
