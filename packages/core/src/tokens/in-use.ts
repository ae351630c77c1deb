import type { ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { type AccessTokenDetails, DEFAULT_MIN_TTL_SECONDS } from './access-token.ts';
import type { Durations } from './durations.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { TokenRow } from './token-row.ts';

/** How many connections are remembered to be in use; the one least recently renewed goes first. */
const MAX_REMEMBERED = 100_000;

/** One connection that this process hands out tokens of. */
export interface Usage {
  readonly name: string;
  readonly loginUrl: string;
  /** Of the access token that is in use. */
  readonly generation: number;
  /** Epoch milliseconds from which a renewal is begun while the token still works. */
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
  /** Whether anybody asked for this generation of the token. */
  isUsed: boolean;
}

/** Which connections this process uses, and when their tokens are due. */
export class InUse {
  readonly #ports: Pick<ExchangePorts, 'durations' | 'random'>;
  readonly #usages = new Map<string, Usage>();

  constructor(ports: Pick<ExchangePorts, 'durations' | 'random'>) {
    this.#ports = ports;
  }

  /** Notes the token that a connection has now. `isUsed`: somebody asked for it. */
  note(connection: ConnectionRow, row: TokenRow, details: AccessTokenDetails, isUsed: boolean): Usage {
    const known = this.#usages.get(connection.name);
    if (known !== undefined && known.generation === row.generation && known.expiresAtMs === details.expiresAt * 1000) {
      known.isUsed ||= isUsed;
      return known;
    }
    const lifeMs = (details.expiresAt - details.issuedAt) * 1000;
    const aheadMs = renewAheadMs(lifeMs, usesRefreshToken(connection.settings), this.#ports.durations);
    // Up to a tenth later, so that processes, and connections that began together, do not all renew at once.
    const jitter = (this.#ports.random.bytes(1)[0] ?? 0) / 2_560;
    const expiresAtMs = details.expiresAt * 1000;
    const usage: Usage = {
      name: connection.name,
      loginUrl: connection.settings.loginUrl,
      generation: row.generation,
      renewAtMs: expiresAtMs - aheadMs * (1 - jitter),
      expiresAtMs,
      isUsed,
    };
    this.#usages.delete(connection.name);
    this.#usages.set(connection.name, usage);
    if (this.#usages.size > MAX_REMEMBERED) this.#usages.delete(this.#usages.keys().next().value ?? '');
    return usage;
  }

  forget(name: string): void {
    this.#usages.delete(name);
  }

  /** Those whose token was asked for and is to be renewed by now, the first to expire first. What nobody asked for is forgotten when it expires. */
  due(nowMs: number): readonly Usage[] {
    const due: Usage[] = [];
    for (const usage of this.#usages.values()) {
      if (usage.isUsed && usage.renewAtMs <= nowMs) due.push(usage);
      else if (!usage.isUsed && usage.expiresAtMs <= nowMs) this.#usages.delete(usage.name);
    }
    return due.sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  }
}

/** How long before its end a token of this life is renewed: `min(life/2, max(minTtl + lease + 60 s, 10 % of life))`, in milliseconds. */
export function renewAheadMs(
  lifeMs: number,
  mayBeLost: boolean,
  { leaseMs, shortLeaseMs }: Pick<Durations, 'leaseMs' | 'shortLeaseMs'>,
): number {
  const lease = mayBeLost ? leaseMs : shortLeaseMs;
  return Math.min(lifeMs / 2, Math.max(DEFAULT_MIN_TTL_SECONDS * 1000 + lease + 60_000, lifeMs / 10));
}
