import { authorize, consent, login } from './authorize/authorize.ts';
import { FRONTDOOR_PATH, frontdoor, HOME_PATH, home } from './authorize/frontdoor.ts';
import { notFound, startPage } from './authorize/start-page.ts';
import { type EndpointName, endpointOf } from './endpoints.ts';
import { discovery } from './oauth/discovery.ts';
import { identity } from './oauth/identity.ts';
import { introspect } from './oauth/introspect.ts';
import { keys } from './oauth/keys.ts';
import { revoke } from './oauth/revoke.ts';
import { singleAccess } from './oauth/single-access.ts';
import { userinfo } from './oauth/userinfo.ts';
import type { Org } from './org/org.ts';
import { rest } from './rest/rest.ts';
import type { EmulatorAnswer, EmulatorRequest } from './server/http-message.ts';

type Handler = (org: Org, request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>;

const HANDLERS: ReadonlyMap<EndpointName, Handler> = new Map<EndpointName, Handler>([
  ['authorize', authorize],
  ['login', login],
  ['consent', consent],
  ['singleaccess', singleAccess],
  ['revoke', revoke],
  ['introspect', introspect],
  ['userinfo', userinfo],
  ['identity', identity],
  ['discovery', discovery],
  ['keys', keys],
  ['rest', rest],
]);

/** Pages for people, of which no row of the error catalogue speaks. */
const PAGES: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['/', startPage],
  [FRONTDOOR_PATH, frontdoor],
  [HOME_PATH, home],
]);

/** Everything but the token endpoint and the control interface. */
export function answerRequest(org: Org, request: EmulatorRequest): EmulatorAnswer | Promise<EmulatorAnswer> {
  const handler = HANDLERS.get(endpointOf(request.path)) ?? PAGES.get(request.path) ?? notFound;
  return handler(org, request);
}
