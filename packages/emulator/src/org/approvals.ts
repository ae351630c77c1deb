import { AppUserMap } from './app-user-map.ts';
import type { App } from './apps.ts';
import type { User } from './users.ts';

/** Which user approved which app for which scopes, by the consent page. */
export class Approvals {
  readonly #scopes = new AppUserMap<ReadonlySet<string>>();

  approve(app: App, user: User, scopes: readonly string[]): void {
    this.#scopes.set(app, user, new Set([...(this.#scopes.get(app, user) ?? []), ...scopes]));
  }

  covers(app: App, user: User, scopes: readonly string[]): boolean {
    const approved = this.#scopes.get(app, user);
    return approved !== undefined && scopes.every((scope) => approved.has(scope));
  }

  withdraw(app: Pick<App, 'name'>, user: User): void {
    this.#scopes.delete(app, user);
  }
}

/** True when an admin approved that user for the app. */
export function isAdminApprovedFor(app: App, user: User): boolean {
  return app.approvedUsers === undefined || app.approvedUsers.includes(user.username.toLowerCase());
}
