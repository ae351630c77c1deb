import type { BlockList } from 'node:net';
import type { UserConfig, UserSettings } from '../config/config.ts';
import { emulatorId, sameId, serialOf } from './ids.ts';
import { readIpRanges } from './ip-ranges.ts';

/** A user of the org. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  isActive: boolean;
  isFrozen: boolean;
  isApiEnabled: boolean;
  isApiOnly: boolean;
  canManageUsers: boolean;
  /** Where the user may log in from; undefined = from anywhere. */
  loginIpRanges: BlockList | undefined;
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
        isFrozen: user.isFrozen ?? false,
        isApiEnabled: user.isApiEnabled ?? true,
        isApiOnly: user.isApiOnly ?? false,
        canManageUsers: user.canManageUsers ?? true,
        loginIpRanges: readIpRanges(user.loginIpRanges),
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

/** Changes what can change about a user while the emulator runs. */
export function changeUser(user: User, { loginIpRanges, ...settings }: UserSettings): void {
  Object.assign(user, settings);
  if (loginIpRanges !== undefined) user.loginIpRanges = readIpRanges(loginIpRanges);
}

/** False for users who are deactivated or frozen: none of their sessions works. */
export function mayLogIn(user: User): boolean {
  return user.isActive && !user.isFrozen;
}
