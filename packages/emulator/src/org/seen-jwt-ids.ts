import type { App } from './apps.ts';
import { BoundedMap } from './bounded-map.ts';

/** The `jti` values of assertions that were accepted. */
export class SeenJwtIds {
  readonly #seen = new BoundedMap<true>(100_000);

  /** True the first time. */
  add(app: App, jwtId: string): boolean {
    const key = `${app.clientId} ${jwtId}`;
    if (this.#seen.get(key)) return false;
    this.#seen.set(key, true);
    return true;
  }
}
