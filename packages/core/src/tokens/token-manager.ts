import type { ConnectionRow } from '../connections/connection.ts';
import { AuthError, TransportError } from '../errors.ts';
import type { ChangeMarks } from '../ports.ts';
import {
  type AccessToken,
  DEFAULT_MIN_TTL_SECONDS,
  fingerprint,
  type GetTokenOptions,
  isFromTheFuture,
  livesLongEnough,
  type RenewOptions,
  type TokenSource,
} from './access-token.ts';
import { isBar } from './bars.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { Need } from './exchange-runner.ts';
import { notFound } from './failures.ts';
import type { InUse } from './in-use.ts';
import { rejectToken } from './rejection.ts';
import { type Renewals, settledRow } from './renewals.ts';
import { type CachedToken, TokenCache } from './token-cache.ts';
import type { TokenRow } from './token-row.ts';
import { livesUntilMs, openAccessToken } from './token-seals.ts';

const MAX_CACHED_TOKENS = 10_000;

/**
 * Hands out access tokens that work: from memory, else from the store, else by one exchange for everybody who waits
 * (see `exchange-runner.ts`). A hit in memory counts only if the store's change marks were looked at within the last second.
 */
export class TokenManager implements TokenSource {
  readonly #ports: ExchangePorts;
  readonly #renewals: Renewals;
  readonly #inUse: InUse;
  readonly #cache = new TokenCache(MAX_CACHED_TOKENS);
  #marks: ChangeMarks = { of: () => -1 };
  /** Rises with each look at the change marks. */
  #look = 0;
  /** Rises with each report in this process. */
  #era = 0;
  #trustedUntilMs = Number.NEGATIVE_INFINITY;

  /** @param inUse is told of every token that is handed out */
  constructor(ports: ExchangePorts, renewals: Renewals, inUse: InUse) {
    this.#ports = ports;
    this.#renewals = renewals;
    this.#inUse = inUse;
    ports.store.onHint?.(() => {
      this.#trustedUntilMs = Number.NEGATIVE_INFINITY;
    });
  }

  /**
   * A token with at least `minTtlSeconds` (default 300; at most half of the token's life) to live.
   * @throws AuthError; TypeError for a `minTtlSeconds` that is not a number from 0 on
   */
  getToken(connection: string, options: GetTokenOptions = {}): Promise<AccessToken> {
    const minTtlMs = (options.minTtlSeconds ?? DEFAULT_MIN_TTL_SECONDS) * 1000;
    if (!(minTtlMs >= 0)) return Promise.reject(new TypeError('minTtlSeconds must be a number from 0 on'));
    const cached = this.#cache.get(connection);
    if (cached !== undefined && this.#isFresh(cached.confirmedBy)) {
      const nowMs = this.#ports.clock.nowMs();
      if (cachedLongEnough(cached, minTtlMs, nowMs)) {
        cached.usage.isUsed = true;
        return cached.promise;
      }
    }
    return this.#fromStore(connection, minTtlMs);
  }

  /** Whether a look is the latest one, and may still be relied on. */
  #isFresh(look: number): boolean {
    return look === this.#look && this.#ports.clock.monotonicMs() < this.#trustedUntilMs;
  }

  async #fromStore(name: string, minTtlMs: number): Promise<AccessToken> {
    const { clock } = this.#ports;
    const look = await this.#lookedAt();
    let cached = this.#cache.get(name);
    if (cached !== undefined && cached.mark === look.marks.of(cached.connectionId)) {
      cached.confirmedBy = look.number;
    } else {
      const { connection, row } = await this.#read(name);
      cached = this.#remember(connection, row, look);
      if (cached === undefined) return this.#renewed({ connection, row, look }, minTtlMs);
    }
    const nowMs = clock.nowMs();
    if (cachedLongEnough(cached, minTtlMs, nowMs)) return cached.promise;
    return this.#renewed({ ...(await this.#read(name)), look }, minTtlMs, cached);
  }

  /** The store's change marks, at most `cacheTrustMs` old. What is read after it is at least as new. */
  async #lookedAt(): Promise<Look> {
    const { store, clock, durations } = this.#ports;
    if (clock.monotonicMs() >= this.#trustedUntilMs) {
      const era = this.#era;
      const marks = await store.changeMarks();
      // Looked at before something was reported here: what it says is older than that.
      if (era !== this.#era) return this.#lookedAt();
      this.#marks = marks;
      this.#look += 1;
      this.#trustedUntilMs = clock.monotonicMs() + durations.cacheTrustMs;
    }
    return { marks: this.#marks, number: this.#look };
  }

  /** A token from an exchange that is due. While it fails for a passing reason, or none may begin in this store, the living token is handed out. */
  async #renewed(seen: Seen, minTtlMs: number, living?: CachedToken): Promise<AccessToken> {
    const { connection, row } = seen;
    try {
      return await this.#current(seen, await this.#waitFor(connection, this.#due(minTtlMs), row));
    } catch (error) {
      const passing = (error instanceof AuthError && error.retryable) || isBar(error);
      if (passing && living !== undefined && (await this.#isCurrent(connection, living)) && this.#lives(living))
        return living.token;
      throw error;
    }
  }

  #lives(cached: CachedToken): boolean {
    return cached.expiresAtMs > this.#ports.clock.nowMs();
  }

  /** Whether the living token is still the store's, and nobody reported it. */
  async #isCurrent(connection: ConnectionRow, living: CachedToken): Promise<boolean> {
    const row = await this.#ports.store.getToken(connection.id);
    return row !== undefined && row.generation === living.generation && row.details?.reportedInvalid !== true;
  }

  /**
   * One exchange now, whatever the token's age, within the budget.
   * @throws AuthError
   */
  async renew(name: string, { nextCredentialsFirst = false }: RenewOptions = {}): Promise<AccessToken> {
    const look = await this.#lookedAt();
    const { connection, row } = await this.#read(name);
    const satisfied = (current: TokenRow): boolean =>
      current.generation > row.generation && livesUntilMs(current, this.#ports.clock.nowMs()) !== undefined;
    const need: Need = { forced: true, nextFirst: nextCredentialsFirst, satisfied };
    return this.#current({ connection, row, look }, await this.#waitFor(connection, need, row));
  }

  async reportInvalid(name: string, rejected: string): Promise<void> {
    const { connection } = await this.#read(name);
    const print = /^[0-9a-f]{16}$/.test(rejected) ? rejected : fingerprint(rejected);
    await rejectToken(this.#ports, connection, print);
    this.#forget(name);
  }

  /** Resolves when no renewal is under way in this process any more. */
  async idle(): Promise<void> {
    await this.#renewals.idle();
  }

  /** Another part of this process changed the connection. */
  #forget(name: string): void {
    this.#cache.drop(name);
    this.#era += 1;
    this.#trustedUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** Waits for the flight at most `callerWaitMs`; the flight goes on without the caller. */
  async #waitFor(connection: ConnectionRow, need: Need, row: TokenRow): Promise<TokenRow> {
    const { clock, durations } = this.#ports;
    const flight = this.#renewals.join(connection, need, row);
    const patience = new AbortController();
    const impatient = clock.sleep(durations.callerWaitMs, patience.signal).then(
      () => 'impatient' as const,
      () => 'impatient' as const,
    );
    try {
      const first = await Promise.race([flight, impatient]);
      if (first !== 'impatient') return settledRow(first);
    } finally {
      patience.abort('not waited for any more');
    }
    throw new TransportError(
      'renewal_in_progress',
      'maybe',
      `${connection.name} is being renewed, which takes longer than a caller waits.`,
      {
        diagnosis: {
          cause: 'Salesforce, or another process that renews this connection, is slow.',
          fix: ['Ask again in a few seconds; the renewal goes on meanwhile.'],
          who: 'nobody',
          retry: 'wait',
        },
      },
    );
  }

  /**
   * The token that a flight brought, if it is newer than what the caller saw, and no older than one from memory may be. Else the token as the store has
   * it now: in between somebody may have reported or revoked it.
   */
  async #current({ connection, row: seen, look }: Seen, landed: TokenRow): Promise<AccessToken> {
    const isNews = landed.revision > seen.revision && this.#isFresh(look.number);
    const brought = isNews ? this.#remember(connection, landed, look) : undefined;
    if (brought !== undefined && this.#lives(brought)) return brought.token;
    const later = await this.#lookedAt();
    const { row } = await this.#read(connection.name);
    const cached = this.#remember(connection, row, later);
    if (cached !== undefined && this.#lives(cached)) return cached.token;
    throw new TransportError(
      'renewal_in_progress',
      'no',
      `The new token of ${connection.name} was revoked or reported at once, or is over by now.`,
      {
        diagnosis: {
          cause:
            'Another process reported it as invalid, or revoked it, in the moment it came; or this machine stood still meanwhile.',
          fix: ['Ask again.'],
          who: 'nobody',
          retry: 'wait',
        },
      },
    );
  }

  #due(minTtlMs: number): Need {
    return {
      forced: false,
      satisfied: (row) =>
        row.accessToken !== undefined && livesLongEnough(row.details, minTtlMs / 1000, this.#ports.clock.nowMs()),
    };
  }

  async #read(name: string): Promise<Found> {
    const found = await this.#ports.store.getRow(name);
    if (found === undefined) {
      this.#cache.drop(name);
      this.#inUse.forget(name);
      throw notFound(name);
    }
    return { connection: found.connection, row: found.token };
  }

  #remember(connection: ConnectionRow, row: TokenRow, look: Look): CachedToken | undefined {
    const token = openAccessToken(row, connection.name, this.#ports.seal);
    if (token === undefined || row.details === undefined) {
      this.#cache.drop(connection.name);
      return undefined;
    }
    const entry: CachedToken = {
      connectionId: connection.id,
      generation: row.generation,
      token,
      promise: Promise.resolve(token),
      expiresAtMs: token.expiresAt * 1000,
      lifeMs: (token.expiresAt - token.issuedAt) * 1000,
      usage: this.#inUse.note(connection, row, row.details, true),
      mark: look.marks.of(connection.id),
      confirmedBy: look.number,
    };
    this.#cache.put(connection.name, entry);
    return entry;
  }
}

/** What the store has of a connection. */
interface Found {
  readonly connection: ConnectionRow;
  readonly row: TokenRow;
}

/** The same, and the look at the change marks that was taken before. */
interface Seen extends Found {
  readonly look: Look;
}

/** One look at the store's change marks. */
interface Look {
  readonly marks: ChangeMarks;
  readonly number: number;
}

/** As `livesLongEnough`, of what is in memory. */
function cachedLongEnough({ token, expiresAtMs, lifeMs }: CachedToken, minTtlMs: number, nowMs: number): boolean {
  return expiresAtMs - nowMs > Math.min(minTtlMs, lifeMs / 2) && !isFromTheFuture(token, nowMs);
}
