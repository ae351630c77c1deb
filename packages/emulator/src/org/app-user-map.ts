import type { App } from './apps.ts';
import type { User } from './users.ts';

/** One value for each app and user. No text is built for a key: with 100,000 users those would be a large part of the memory. */
export class AppUserMap<Value> {
  readonly #byApp = new Map<string, Map<User, Value>>();

  get(app: Pick<App, 'name'>, user: User): Value | undefined {
    return this.#byApp.get(app.name)?.get(user);
  }

  set(app: Pick<App, 'name'>, user: User, value: Value): void {
    let byUser = this.#byApp.get(app.name);
    if (byUser === undefined) {
      byUser = new Map();
      this.#byApp.set(app.name, byUser);
    }
    byUser.set(user, value);
  }

  delete(app: Pick<App, 'name'>, user: User): void {
    this.#byApp.get(app.name)?.delete(user);
  }

  values(): Value[] {
    return [...this.#byApp.values()].flatMap((byUser) => [...byUser.values()]);
  }
}
