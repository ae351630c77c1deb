import type { App } from './apps.ts';
import type { User } from './users.ts';

/** Which user approved which app for which scopes, by the consent page. */
export class Approvals {
  readonly #scopes = new Map<string, ReadonlySet<string>>();

  approve(app: App, user: User, scopes: readonly string[]): void {
    const key = approvalKey(app, user);
    this.#scopes.set(key, new Set([...(this.#scopes.get(key) ?? []), ...scopes]));
  }

  covers(app: App, user: User, scopes: readonly string[]): boolean {
    const approved = this.#scopes.get(approvalKey(app, user));
    return approved !== undefined && scopes.every((scope) => approved.has(scope));
  }

  withdraw(app: Pick<App, 'name'>, user: User): void {
    this.#scopes.delete(approvalKey(app, user));
  }
}

function approvalKey(app: Pick<App, 'name'>, user: User): string {
  return `${user.id} ${app.name}`;
}

/** True when an admin approved that user for the app. */
export function isAdminApprovedFor(app: App, user: User): boolean {
  return app.approvedUsers === undefined || app.approvedUsers.includes(user.username.toLowerCase());
}
