import { endpointOf } from '../endpoints.ts';
import type { Org } from '../org/org.ts';
import type { EmulatorAnswer, EmulatorRequest } from './http-message.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/** Endpoints that scripts call; browsers go to the others themselves. */
const SCRIPTED = new Set(['token', 'revoke', 'introspect', 'userinfo', 'identity', 'singleaccess', 'discovery', 'keys', 'rest']);

/** The headers that let a page of an origin on the org's CORS list read the answer; none for any other. */
export function corsHeaders(org: Org, request: EmulatorRequest): Readonly<Record<string, string>> {
  const { origin } = request.headers;
  if (org.corsOrigins.length === 0 || !SCRIPTED.has(endpointOf(request.path))) return {};
  if (origin === undefined || !org.corsOrigins.some((allowed) => isOriginMatch(allowed, origin))) return { vary: 'Origin' };
  return { 'access-control-allow-origin': origin, vary: 'Origin' };
}

/** The answer to a preflight (Fetch standard, CORS-preflight request) of such an origin; undefined when it is none. */
export function preflightAnswer(request: EmulatorRequest, headers: Readonly<Record<string, string>>): EmulatorAnswer | undefined {
  const asked = request.headers['access-control-request-method'];
  if (request.method !== 'OPTIONS' || asked === undefined || headers['access-control-allow-origin'] === undefined)
    return undefined;
  const askedHeaders = request.headers['access-control-request-headers'];
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(askedHeaders === undefined ? {} : { 'access-control-allow-headers': askedHeaders }),
      'access-control-max-age': '86400',
    },
    body: '',
  };
}

function isOriginMatch(allowed: string, origin: string): boolean {
  const [scheme = '', domain] = allowed.toLowerCase().split('*');
  const asked = origin.toLowerCase();
  if (domain === undefined) return asked === scheme;
  return asked.startsWith(scheme) && asked.endsWith(domain) && asked.length > scheme.length + domain.length;
}
