import { BoundedMap } from '../../org/bounded-map.ts';

const ITEMS_LIMIT = 200;
const USERS_LIMIT = 1_000;

/** The ids of the records that each user created or changed last. */
export class RecentItems {
  readonly #idsByUser = new BoundedMap<readonly string[]>(USERS_LIMIT);

  note(userId: string, recordId: string): void {
    const others = this.ids(userId).filter((id) => id !== recordId);
    this.#idsByUser.set(userId, [recordId, ...others].slice(0, ITEMS_LIMIT));
  }

  /** The last one first. */
  ids(userId: string): readonly string[] {
    return this.#idsByUser.get(userId) ?? [];
  }
}
