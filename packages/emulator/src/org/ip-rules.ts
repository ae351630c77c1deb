import type { App } from './apps.ts';
import { isWithin } from './ip-ranges.ts';
import type { User } from './users.ts';

/** How an app treats the login IP ranges of its users (ConnectedApp `oauthPolicy.ipRelaxation`). */
export type IpRelaxation = 'ENFORCE' | 'BYPASS' | 'BYPASS_2FACTOR' | 'ENFORCE_RELAXREFRESH';

export const IP_RELAXATIONS: readonly IpRelaxation[] = ['ENFORCE', 'BYPASS', 'BYPASS_2FACTOR', 'ENFORCE_RELAXREFRESH'];

/**
 * False when the user's login IP ranges forbid a token for this app from here. The second factor of `BYPASS_2FACTOR` is
 * taken as given.
 */
export function isLoginAddressAllowed(app: App, user: User, address: string, isRefresh: boolean): boolean {
  const isRelaxed =
    app.ipRelaxation === 'BYPASS' ||
    app.ipRelaxation === 'BYPASS_2FACTOR' ||
    (app.ipRelaxation === 'ENFORCE_RELAXREFRESH' && isRefresh);
  return isRelaxed || isWithin(user.loginIpRanges, address);
}

/** False when the app's allowlist for refresh tokens (`tokenIpRanges`) blocks the web server and refresh token flows from here. */
export function isTokenAddressAllowed(app: App, address: string): boolean {
  return isWithin(app.tokenIpRanges, address);
}
