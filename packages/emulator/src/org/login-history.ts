import type { LoginHistoryConfig } from '../config/config.ts';
import type { Users } from './users.ts';

/** One attempt of a known user to log in. */
export interface LoginAttempt {
  readonly userId: string;
  readonly atMs: number;
  readonly loginType: string;
  readonly loginSubType: string | null;
  readonly sourceIp: string;
  /** Host and port that were asked, as Salesforce shows `login.salesforce.com`. */
  readonly loginUrl: string;
  /** `Success`, or the reason of the failure. */
  readonly status: string;
  readonly application: string;
  readonly apiType: string;
}

/** What Salesforce shows where there is nothing to show. */
export const NOT_APPLICABLE = 'N/A';

const ATTEMPTS_LIMIT = 10_000;

/** The attempts to log in, the oldest forgotten beyond the limit. They are numbered from 1. */
export class LoginHistory {
  readonly #limit: number;
  readonly #attempts: LoginAttempt[] = [];
  #count = 0;

  constructor(limit: number = ATTEMPTS_LIMIT) {
    this.#limit = limit;
  }

  add(attempt: LoginAttempt): void {
    this.#attempts[this.#count++ % this.#limit] = attempt;
  }

  find(serial: number): LoginAttempt | undefined {
    const isKept = serial > this.#count - this.#limit && serial <= this.#count;
    return isKept ? this.#attempts[(serial - 1) % this.#limit] : undefined;
  }

  /** The numbers of those that are kept, the oldest first. */
  *serials(): Iterable<number> {
    for (let serial = Math.max(1, this.#count - this.#limit + 1); serial <= this.#count; serial++) yield serial;
  }
}

/** The attempts that the configuration has, the oldest first. */
export function configuredAttempts(
  rows: readonly LoginHistoryConfig[],
  users: Users,
  loginUrl: string,
  nowMs: number,
): readonly LoginAttempt[] {
  return rows
    .toSorted((left, right) => right.secondsAgo - left.secondsAgo)
    .flatMap(({ username, secondsAgo, ...row }) => {
      const user = users.find(username);
      if (user === undefined) return [];
      const { loginSubType = null, apiType = NOT_APPLICABLE, application = NOT_APPLICABLE } = row;
      const { sourceIp = '127.0.0.1', status = 'Success' } = row;
      return {
        userId: user.id,
        atMs: nowMs - secondsAgo * 1000,
        loginType: row.loginType,
        loginSubType,
        sourceIp,
        loginUrl: row.loginUrl ?? loginUrl,
        status,
        application,
        apiType,
      };
    });
}
