import { useSession } from '../oauth/bearer-session.ts';
import type { Org } from '../org/org.ts';
import { mayLogIn, type User } from '../org/users.ts';
import { type EmulatorAnswer, type EmulatorRequest, parametersOf, redirectAnswer } from '../server/http-message.ts';
import { markup, page } from './page.ts';

export const FRONTDOOR_PATH = '/secur/frontdoor.jsp';
export const HOME_PATH = '/lightning/page/home';

/**
 * Opens a browser session with the `otp` of `singleaccess`, or with `sid`, an access token with the scope `web` or `full`
 * (the older form), and goes to `retURL` or the home page. Only paths of this host are gone to. HEAD says where, and
 * neither opens a session nor uses the `otp` up.
 */
export function frontdoor(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const parameters = parametersOf(request);
  const isLook = request.method === 'HEAD';
  const otp = parameters.get('otp') ?? '';
  const pass = isLook ? org.frontdoorPasses.find(otp, org.now()) : org.frontdoorPasses.take(otp, org.now());
  const user = pass?.user ?? userOfToken(org, parameters.get('sid') ?? '', request);
  if (user === undefined || !mayLogIn(user) || user.isApiOnly) {
    return page(403, 'This link is no longer good', markup`<p>It works once and for a short while. Ask for a new one.</p>`);
  }
  const target = `${org.origins.mydomain}${localPath(org, parameters.get('retURL') || pass?.target || HOME_PATH)}`;
  if (isLook) return redirectAnswer(target);
  return redirectAnswer(target, { 'set-cookie': org.browserSessions.open({ user, authenticatedAtMs: org.now() }) });
}

function userOfToken(org: Org, token: string, request: EmulatorRequest): User | undefined {
  const session = useSession(org, token, request);
  const isForBrowsers = session?.format === 'opaque' && session.scopes.some((scope) => scope === 'web' || scope === 'full');
  return isForBrowsers ? session.user : undefined;
}

/** The path and query of a target on this host; the home page instead of any other. */
function localPath(org: Org, target: string): string {
  const origin = org.origins.mydomain;
  const url = URL.canParse(target, origin) ? new URL(target, origin) : undefined;
  return url?.origin === origin ? `${url.pathname}${url.search}` : HOME_PATH;
}

/** Where a browser session ends up: a page that says whose it is. */
export function home(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const session = org.browserSessions.find(request.headers.cookie, org.now());
  if (session === undefined) return page(401, 'Not logged in', markup`<p>This browser has no session with the org.</p>`);
  return page(
    200,
    'Home',
    markup`<p>Logged in to <strong>${org.settings.name}</strong> as <strong>${session.user.username}</strong>.</p>`,
  );
}
