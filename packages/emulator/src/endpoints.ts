type OAuthEndpoint =
  | 'token'
  | 'revoke'
  | 'introspect'
  | 'authorize'
  | 'userinfo'
  | 'identity'
  | 'singleaccess'
  | 'discovery'
  | 'keys';

/** What a path leads to: `login` and `consent` are the pages of the login, `soap` the SOAP API, `other` all the rest. */
export type EndpointName = OAuthEndpoint | 'login' | 'consent' | 'rest' | 'soap' | 'other';

/** The methods that an endpoint takes, the one that it is made for first. */
type Methods = readonly ['GET' | 'POST', ...('GET' | 'HEAD' | 'POST')[]];

/** The OAuth endpoints; HEAD goes wherever GET does, but where it would change something. */
const OAUTH_METHODS: ReadonlyMap<EndpointName, Methods> = new Map<OAuthEndpoint, Methods>([
  ['token', ['POST', 'GET']],
  ['revoke', ['POST', 'GET']],
  ['introspect', ['POST']],
  ['authorize', ['GET', 'HEAD', 'POST']],
  ['userinfo', ['GET', 'HEAD', 'POST']],
  ['identity', ['GET', 'HEAD', 'POST']],
  ['singleaccess', ['GET', 'HEAD', 'POST']],
  ['discovery', ['GET', 'HEAD']],
  ['keys', ['GET', 'HEAD']],
]);

export const OAUTH_ENDPOINTS: readonly EndpointName[] = [...OAUTH_METHODS.keys()];

export const ALL_ENDPOINTS: readonly EndpointName[] = [...OAUTH_ENDPOINTS, 'login', 'consent', 'rest', 'soap', 'other'];

export const LOGIN_PATH = '/login';
export const CONSENT_PATH = '/setup/secur/RemoteAccessAuthorizationPage.apexp';
export const REST_PREFIX = '/services/data';

const EXACT: ReadonlyMap<string, EndpointName> = new Map<string, EndpointName>([
  ['/services/oauth2/token', 'token'],
  ['/services/oauth2/revoke', 'revoke'],
  ['/services/oauth2/introspect', 'introspect'],
  ['/services/oauth2/authorize', 'authorize'],
  ['/services/oauth2/userinfo', 'userinfo'],
  ['/services/oauth2/singleaccess', 'singleaccess'],
  ['/.well-known/openid-configuration', 'discovery'],
  ['/id/keys', 'keys'],
  [LOGIN_PATH, 'login'],
  [CONSENT_PATH, 'consent'],
]);

export function endpointOf(path: string): EndpointName {
  const exact = EXACT.get(path);
  if (exact !== undefined) return exact;
  if (path === REST_PREFIX || path.startsWith(`${REST_PREFIX}/`)) return 'rest';
  if (path.startsWith('/services/Soap/')) return 'soap';
  return path.startsWith('/id/') ? 'identity' : 'other';
}

/** The method that a refused request should have had; undefined when its own is taken there. */
export function requiredMethod(endpoint: EndpointName, method: string): 'GET' | 'POST' | undefined {
  const methods = OAUTH_METHODS.get(endpoint);
  return methods === undefined || methods.some((one) => one === method) ? undefined : methods[0];
}
