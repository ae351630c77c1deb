import { BoundedMap } from '../org/bounded-map.ts';
import { emulatorId, toId18 } from '../org/ids.ts';
import type { OrgRecord } from './records/org-record.ts';
import type { Projection } from './soql/projection.ts';

/** Key prefix of query locators. */
const KEY_PREFIX = '01g';
const CURSORS_OF_A_USER = 10;
const CURSORS_LIMIT = 1_000;
const LIFETIME_MS = 2 * 24 * 60 * 60 * 1000;

/** What a query found, kept for those who ask for more. */
export interface QueryCursor {
  readonly userId: string;
  readonly openedAtMs: number;
  readonly records: readonly OrgRecord[];
  readonly projection: Projection;
}

/**
 * The open query cursors. A user has ten at most, the oldest makes room; they are gone after two days, and to other users
 * they are not there.
 */
export class QueryCursors {
  readonly #cursors = new BoundedMap<QueryCursor>(CURSORS_LIMIT);
  readonly #idsByUser = new BoundedMap<readonly string[]>(CURSORS_LIMIT);
  #serial = 0;

  /** Returns the id that its locators begin with. */
  open(cursor: QueryCursor): string {
    const id = emulatorId(KEY_PREFIX, ++this.#serial);
    const ids = (this.#idsByUser.get(cursor.userId) ?? []).filter((one) => this.#cursors.get(one) !== undefined);
    const surplus = ids.slice(0, Math.max(0, ids.length + 1 - CURSORS_OF_A_USER));
    for (const one of surplus) this.#cursors.delete(one);
    this.#idsByUser.set(cursor.userId, [...ids.slice(surplus.length), id]);
    this.#cursors.set(id, cursor);
    return id;
  }

  find(id: string, userId: string, nowMs: number): QueryCursor | undefined {
    const cursor = this.#cursors.get(toId18(id));
    return cursor?.userId === userId && nowMs - cursor.openedAtMs < LIFETIME_MS ? cursor : undefined;
  }
}
