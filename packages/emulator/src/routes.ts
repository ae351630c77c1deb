import { authorize, consent, login } from './authorize/authorize.ts';
import { CONSENT_PATH } from './authorize/consent-page.ts';
import { FRONTDOOR_PATH, frontdoor, HOME_PATH, home } from './authorize/frontdoor.ts';
import { LOGIN_PATH } from './authorize/login-page.ts';
import { notFound, startPage } from './authorize/start-page.ts';
import { discovery } from './oauth/discovery.ts';
import { identity } from './oauth/identity.ts';
import { introspect } from './oauth/introspect.ts';
import { keys } from './oauth/keys.ts';
import { revoke } from './oauth/revoke.ts';
import { singleAccess } from './oauth/single-access.ts';
import { userinfo } from './oauth/userinfo.ts';
import type { Org } from './org/org.ts';
import { REST_PREFIX, rest } from './rest/rest.ts';
import type { EmulatorAnswer, EmulatorRequest } from './server/http-message.ts';

type Handler = (org: Org, request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>;

const EXACT: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['/', startPage],
  ['/services/oauth2/authorize', authorize],
  [LOGIN_PATH, login],
  [CONSENT_PATH, consent],
  [FRONTDOOR_PATH, frontdoor],
  [HOME_PATH, home],
  ['/services/oauth2/singleaccess', singleAccess],
  ['/services/oauth2/revoke', revoke],
  ['/services/oauth2/introspect', introspect],
  ['/services/oauth2/userinfo', userinfo],
  ['/.well-known/openid-configuration', discovery],
  ['/id/keys', keys],
]);

/** Everything but the token endpoint and the control interface. */
export function answerRequest(org: Org, request: EmulatorRequest): EmulatorAnswer | Promise<EmulatorAnswer> {
  const { path } = request;
  const exact = EXACT.get(path);
  if (exact !== undefined) return exact(org, request);
  if (path === REST_PREFIX || path.startsWith(`${REST_PREFIX}/`)) return rest(org, request);
  if (path.startsWith('/id/')) return identity(org, request);
  return notFound(org, request);
}
