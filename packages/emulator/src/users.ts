import type { UserConfig } from './config.ts';
import { emulatorId, sameId, serialOf } from './ids.ts';

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
  readonly #bySerial: User[] = [];

  constructor(users: readonly UserConfig[]) {
    for (const [index, user] of users.entries()) {
      const created: User = {
        id: emulatorId('005', index + 1),
        username: user.username,
        password: user.password,
        firstName: user.firstName ?? 'Emulated',
        lastName: user.lastName ?? `User ${index + 1}`,
        email: user.email ?? user.username,
        isActive: user.isActive ?? true,
      };
      this.#byUsername.set(user.username.toLowerCase(), created);
      this.#bySerial.push(created);
    }
  }

  find(username: string): User | undefined {
    return this.#byUsername.get(username.toLowerCase());
  }

  /** The user with that id, in either length. */
  withId(id: string): User | undefined {
    const user = this.#bySerial[(serialOf(id) ?? 0) - 1];
    return user !== undefined && sameId(id, user.id) ? user : undefined;
  }

  /** One after the other, in the order of the configuration. */
  values(): Iterable<User> {
    return this.#bySerial.values();
  }

  /** At most `count`, in the order of the configuration. */
  first(count: number): User[] {
    return this.#byUsername.values().take(count).toArray();
  }

  all(): User[] {
    return [...this.#byUsername.values()];
  }
}
