import type { Durations } from './durations.ts';

const SLICES = 60;

interface Spending {
  /** Requests in each slice of the window, by the slice's number. */
  readonly slices: Map<number, number>;
}

/**
 * Salesforce takes 3,600 logins an hour and user (Help, "Login rate limits"); whoever exceeds it locks the user out of everything. Counts what this
 * process begins for each user; the few repetitions of an exchange, and logins by a human, are not counted.
 */
export class LoginBudget {
  readonly #durations: Pick<Durations, 'userBudgetWindowMs' | 'userBudgetRequests'>;
  readonly #users = new Map<string, Spending>();
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(durations: Pick<Durations, 'userBudgetWindowMs' | 'userBudgetRequests'>) {
    this.#durations = durations;
  }

  /** Counts one request of this user. @returns `undefined`, or the epoch milliseconds before which none may leave */
  spend(user: string, nowMs: number): number | undefined {
    const { userBudgetWindowMs, userBudgetRequests } = this.#durations;
    const sliceMs = userBudgetWindowMs / SLICES;
    const slice = Math.floor(nowMs / sliceMs);
    this.#prune(slice, nowMs);
    const { slices } = this.#users.get(user) ?? { slices: new Map<number, number>() };
    let spent = 0;
    let oldest = slice;
    for (const [at, count] of slices) {
      if (at <= slice - SLICES || at > slice) continue;
      spent += count;
      oldest = Math.min(oldest, at);
    }
    if (spent >= userBudgetRequests) return (oldest + SLICES) * sliceMs;
    slices.set(slice, (slices.get(slice) ?? 0) + 1);
    this.#users.set(user, { slices });
    return undefined;
  }

  /** Forgets slices that are over, and users without any; once for each slice. */
  #prune(slice: number, nowMs: number): void {
    if (Math.abs(nowMs - this.#prunedAtMs) < this.#durations.userBudgetWindowMs / SLICES) return;
    this.#prunedAtMs = nowMs;
    for (const [user, { slices }] of this.#users) {
      for (const at of slices.keys()) if (at <= slice - SLICES || at > slice) slices.delete(at);
      if (slices.size === 0) this.#users.delete(user);
    }
  }
}
