import type { App } from './apps.ts';
import { BoundedMap } from './bounded-map.ts';

/** The `jti` values of assertions that were accepted. */
export class SeenJwtIds {
  readonly #seen = new BoundedMap<true>(100_000);

  has(app: App, jwtId: string): boolean {
    return this.#seen.get(key(app, jwtId)) === true;
  }

  add(app: App, jwtId: string): void {
    this.#seen.set(key(app, jwtId), true);
  }
}

function key(app: App, jwtId: string): string {
  return `${app.clientId} ${jwtId}`;
}
