import { bearerToken, type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../http-message.ts';
import { useSession } from '../oauth/bearer-session.ts';
import type { Org } from '../org.ts';
import type { Session } from '../sessions.ts';
import { notFound, RestError, restErrorAnswer } from './errors.ts';
import { limitInfo, limits } from './limits.ts';
import { query } from './query.ts';
import { getRecord, listObjects } from './sobjects.ts';
import { isListedVersion, listResources, listVersions } from './versions.ts';

export const REST_PREFIX = '/services/data';

/** Clients must not refresh on this text: a new token would be refused as well. */
const NOT_FOR_REST = 'This session is not valid for use with the REST API';

/** The sliver of the REST API, on My Domain: versions, resources, query, limits, single records. */
export function rest(org: Org, request: EmulatorRequest): EmulatorAnswer {
  try {
    const [version, ...path] = request.path.slice(REST_PREFIX.length).split('/').filter(Boolean);
    if (version === undefined) return jsonAnswer(200, listVersions());
    if (request.host === 'login') throw new RestError(401, 'URL_NOT_RESET', 'Destination URL not reset');
    const session = requireSession(org, request);
    org.apiRequests++;
    if (!version.startsWith('v') || !isListedVersion(version.slice(1))) throw notFound();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new RestError(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${request.method}' not allowed. Allowed are HEAD,GET`);
    }
    const base = `${REST_PREFIX}/${version}`;
    const value = resource(org, base, path, request.query, session);
    return jsonAnswer(200, value, { 'sforce-limit-info': limitInfo(org.apiRequests) });
  } catch (error) {
    if (error instanceof RestError) return restErrorAnswer(error);
    throw error;
  }
}

function resource(org: Org, base: string, path: readonly string[], parameters: URLSearchParams, session: Session): unknown {
  const [name, ...below] = path;
  if (name === undefined) return listResources(base, org.identityUrl(session.user));
  if (name === 'query' && below.length === 0) return query(org, base, parameters);
  if (name === 'tooling' && below.join('/') === 'query') return query(org, base, parameters);
  if (name === 'limits' && below.length === 0) return limits(org.apiRequests);
  if (name === 'sobjects') {
    return below.length === 0 ? listObjects(base) : getRecord(org, base, below, parameters.get('fields'));
  }
  throw notFound();
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
  if (!session.scopes.some((scope) => scope === 'api' || scope === 'full' || scope === 'web')) {
    throw new RestError(401, 'INVALID_SESSION_ID', NOT_FOR_REST);
  }
  return session;
}
