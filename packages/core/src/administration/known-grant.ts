import type { ConnectionRow } from '../connections/connection.ts';
import { everyRow } from '../connections/every-row.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { ConfigurationError } from '../errors.ts';
import { fingerprint } from '../tokens/access-token.ts';
import type { Phase } from '../tokens/exchange.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { openRefreshToken } from '../tokens/token-seals.ts';

/** A refresh token that this very connection has used up would end its grant. One that was handed over comes back on purpose. */
export function refuseSpent({ name }: ConnectionRow, { exchange }: TokenRow, refreshToken: string): void {
  if (exchange.phase === 'handed-over' || exchange.spent?.includes(fingerprint(refreshToken)) !== true) return;
  throw grantIsKnown(name, false, exchange.phase);
}

/**
 * A refresh token has one home: adopted twice, its second connection would present what the first has spent, and so end the grant of both.
 * @param except the connection that it may already belong to
 * @throws ConfigurationError `grant_is_shared`
 */
export async function refuseKnownGrant(
  { store, seal }: Pick<ExchangePorts, 'store' | 'seal'>,
  refreshToken: string,
  except: string | undefined,
): Promise<void> {
  const print = fingerprint(refreshToken);
  for await (const { connection, token: row } of everyRow(store)) {
    if (connection === undefined || connection.id === except || !usesRefreshToken(connection.settings)) continue;
    const { name } = connection;
    const isCurrent = row.refreshToken !== undefined && openRefreshToken(row, seal) === refreshToken;
    if (isCurrent || row.exchange.spent?.includes(print) === true) throw grantIsKnown(name, isCurrent, row.exchange.phase);
  }
}

/** The refresh token that was to be adopted has a home in this store. */
export function grantIsKnown(name: string, isCurrent: boolean, phase: Phase): ConfigurationError {
  const message = isCurrent
    ? `This refresh token belongs to the connection ${name} already.`
    : `This refresh token belonged to the connection ${name}, which ${phase === 'handed-over' ? 'was handed over' : 'has a newer one by now'}.`;
  return new ConfigurationError('grant_is_shared', `${message} Nothing was sent.`, {
    diagnosis: {
      cause: 'Two connections on one grant spend each other’s refresh tokens; presenting a spent one ends the grant of both.',
      fix: [
        `Use that connection: forcemint token ${name}`,
        'For a connection of its own, authorize once more and adopt that refresh token.',
      ],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

interface Home {
  readonly name: string;
  /** The connection's newest one; else it was spent. */
  readonly isCurrent: boolean;
  readonly phase: Phase;
}

/**
 * Which refresh tokens have a home in a store: as it was read, and those that were claimed since. For whoever makes many connections, since each
 * would have to look at all that there are.
 */
export class KnownGrants {
  readonly #homes = new Map<string, Home>();

  /** @throws StoreError */
  static async read({ store, seal }: Pick<ExchangePorts, 'store' | 'seal'>): Promise<KnownGrants> {
    const known = new KnownGrants();
    for await (const { connection, token: row } of everyRow(store)) {
      if (connection === undefined || !usesRefreshToken(connection.settings)) continue;
      const { name } = connection;
      const { phase, spent = [] } = row.exchange;
      for (const print of spent) known.#homes.set(print, { name, isCurrent: false, phase });
      const current = row.refreshToken === undefined ? undefined : openRefreshToken(row, seal);
      if (current !== undefined) known.#homes.set(fingerprint(current), { name, isCurrent: true, phase });
    }
    return known;
  }

  /** From now on it belongs to the connection of that name. @throws ConfigurationError `grant_is_shared` when it has a home */
  claim(refreshToken: string, name: string): void {
    const print = fingerprint(refreshToken);
    const home = this.#homes.get(print);
    if (home !== undefined) throw grantIsKnown(home.name, home.isCurrent, home.phase);
    this.#homes.set(print, { name, isCurrent: true, phase: 'idle' });
  }

  /** The connection that claimed it was not made. */
  release(refreshToken: string): void {
    this.#homes.delete(fingerprint(refreshToken));
  }
}
