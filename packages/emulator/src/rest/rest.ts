import { REST_PREFIX } from '../endpoints.ts';
import { useSession } from '../oauth/bearer-session.ts';
import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import { bearerToken, type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../server/http-message.ts';
import { notFound, RestError, restErrorAnswer } from './errors.ts';
import { limitInfo } from './limits.ts';
import { answerResource } from './resources.ts';
import { isListedVersion, listVersions } from './versions.ts';

/** Clients must not refresh on this text: a new token would be refused as well. */
const NOT_FOR_REST = 'This session is not valid for use with the REST API';

/** The sliver of the REST API, on My Domain: what `resources.ts` lists, for every version. */
export function rest(org: Org, request: EmulatorRequest): EmulatorAnswer {
  try {
    const [version, ...path] = request.path.slice(REST_PREFIX.length).split('/').filter(Boolean);
    if (version === undefined) return jsonAnswer(200, listVersions());
    if (request.host === 'login') throw new RestError(401, 'URL_NOT_RESET', 'Destination URL not reset');
    const session = requireSession(org, request);
    org.apiRequests++;
    return withUsage(org, () => {
      if (!version.startsWith('v') || !isListedVersion(version.slice(1))) throw notFound();
      return answerResource({ org, request, session, base: `${REST_PREFIX}/${version}` }, path);
    });
  } catch (error) {
    if (error instanceof RestError) return restErrorAnswer(error);
    throw error;
  }
}

/** Every answer to a session says how much of the daily limit is used, a refusal too. */
function withUsage(org: Org, answer: () => EmulatorAnswer): EmulatorAnswer {
  const usage = { 'sforce-limit-info': limitInfo(org.apiRequests) };
  try {
    const { status, headers, body } = answer();
    return { status, headers: { ...headers, ...usage }, body };
  } catch (error) {
    if (error instanceof RestError) return restErrorAnswer(error, usage);
    throw error;
  }
}

function requireSession(org: Org, request: EmulatorRequest): Session {
  const { authorization } = request.headers;
  const token = bearerToken(request);
  if (authorization !== undefined && token === undefined) {
    throw new RestError(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE');
  }
  const session = useSession(org, token ?? '', request);
  if (session === undefined) {
    const isBrowserSession = org.browserSessions.findById(token ?? '', org.now()) !== undefined;
    throw new RestError(401, 'INVALID_SESSION_ID', isBrowserSession ? NOT_FOR_REST : 'Session expired or invalid');
  }
  if (!session.user.isApiEnabled) {
    throw new RestError(403, 'API_CURRENTLY_DISABLED', 'API is disabled for this User');
  }
  if (!session.scopes.some((scope) => scope === 'api' || scope === 'full')) {
    throw new RestError(401, 'INVALID_SESSION_ID', NOT_FOR_REST);
  }
  return session;
}
