import type { User } from './users.ts';

const HOUR_MS = 3_600_000;

/** Logins of each user in the running hour; every token grant counts as one. */
export class LoginLimit {
  readonly #hours = new Map<string, { startedMs: number; count: number }>();

  /** Counts one login. False when the user has had `limit` in this hour; 0 = no limit. */
  count(user: User, limit: number, nowMs: number): boolean {
    if (limit === 0) return true;
    const hour = this.#hours.get(user.id);
    if (hour === undefined || nowMs - hour.startedMs >= HOUR_MS) {
      this.#hours.set(user.id, { startedMs: nowMs, count: 1 });
      return true;
    }
    hour.count++;
    return hour.count <= limit;
  }
}
