import type { UserConfig } from './config.ts';
import { emulatorId } from './ids.ts';

/** A user of the org. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  isActive: boolean;
}

/** Found by username, whose case does not matter, or by id. */
export class Users {
  readonly #byUsername = new Map<string, User>();

  constructor(users: readonly UserConfig[]) {
    for (const [index, user] of users.entries()) {
      this.#byUsername.set(user.username.toLowerCase(), {
        id: emulatorId('005', index + 1),
        username: user.username,
        password: user.password,
        firstName: user.firstName ?? 'Emulated',
        lastName: user.lastName ?? `User ${index + 1}`,
        email: user.email ?? user.username,
        isActive: user.isActive ?? true,
      });
    }
  }

  find(username: string): User | undefined {
    return this.#byUsername.get(username.toLowerCase());
  }

  /** At most `count`, in the order of the configuration. */
  first(count: number): User[] {
    return this.#byUsername.values().take(count).toArray();
  }

  all(): User[] {
    return [...this.#byUsername.values()];
  }
}
