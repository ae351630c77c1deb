/** The OAuth endpoints with the methods that they take; HEAD goes wherever GET does, but where it would change something. */
const OAUTH_METHODS = {
  token: ['POST', 'GET'],
  revoke: ['POST', 'GET'],
  introspect: ['POST'],
  authorize: ['GET', 'HEAD', 'POST'],
  userinfo: ['GET', 'HEAD', 'POST'],
  identity: ['GET', 'HEAD', 'POST'],
  singleaccess: ['GET', 'HEAD', 'POST'],
  discovery: ['GET', 'HEAD'],
  keys: ['GET', 'HEAD'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type OAuthEndpoint = keyof typeof OAUTH_METHODS;

/** What a path leads to: `login` and `consent` are the pages of the login, `soap` the SOAP API, `other` all the rest. */
export type EndpointName = OAuthEndpoint | 'login' | 'consent' | 'rest' | 'soap' | 'other';

export const OAUTH_ENDPOINTS: readonly EndpointName[] = [
  'token',
  'revoke',
  'introspect',
  'authorize',
  'userinfo',
  'identity',
  'singleaccess',
  'discovery',
  'keys',
];

export const ALL_ENDPOINTS: readonly EndpointName[] = [...OAUTH_ENDPOINTS, 'login', 'consent', 'rest', 'soap', 'other'];

const EXACT: ReadonlyMap<string, EndpointName> = new Map<string, EndpointName>([
  ['/services/oauth2/token', 'token'],
  ['/services/oauth2/revoke', 'revoke'],
  ['/services/oauth2/introspect', 'introspect'],
  ['/services/oauth2/authorize', 'authorize'],
  ['/services/oauth2/userinfo', 'userinfo'],
  ['/services/oauth2/singleaccess', 'singleaccess'],
  ['/.well-known/openid-configuration', 'discovery'],
  ['/id/keys', 'keys'],
  ['/login', 'login'],
  ['/setup/secur/RemoteAccessAuthorizationPage.apexp', 'consent'],
]);

export function endpointOf(path: string): EndpointName {
  const exact = EXACT.get(path);
  if (exact !== undefined) return exact;
  if (path === '/services/data' || path.startsWith('/services/data/')) return 'rest';
  if (path.startsWith('/services/Soap/')) return 'soap';
  return path.startsWith('/id/') ? 'identity' : 'other';
}

/** The method that a refused request should have had; undefined when its own is taken there. */
export function requiredMethod(endpoint: EndpointName, method: string): 'GET' | 'POST' | undefined {
  const methods = isOAuthEndpoint(endpoint) ? OAUTH_METHODS[endpoint] : undefined;
  return methods === undefined || methods.some((one) => one === method) ? undefined : methods[0];
}

function isOAuthEndpoint(endpoint: EndpointName): endpoint is OAuthEndpoint {
  return Object.hasOwn(OAUTH_METHODS, endpoint);
}
