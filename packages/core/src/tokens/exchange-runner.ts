import type { ConnectionEvent, ConnectionRow, EventType } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { type AuthError, StoreError, TransportError } from '../errors.ts';
import type { ExchangeLease } from '../ports.ts';
import { type Decision, disappointed, mayRotate, start } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { errorFrom, failureFrom, notFound, reauthorizationRequired, tokenUnchanged, wayToAuthorize } from './failures.ts';
import type { Posting } from './post-once.ts';
import type { Recovery } from './recovery.ts';
import type { TokenRow } from './token-row.ts';
import { livesUntilMs } from './token-seals.ts';

/** What a renewal is for, and when it is no longer needed because somebody else brought it. */
export interface Need {
  /** Asked for by name, not merely due. */
  readonly forced: boolean;
  satisfied(row: TokenRow): boolean;
}

/** How often a token may come that is of no use: reported invalid, which is then an error, or over because this machine slept. */
const TRIES_FOR_ANOTHER_TOKEN = 2;
/** Writes that lose a race are decided again; this many losses in a row mean that something is wrong. */
const MAX_LOST_RACES = 50;

/**
 * Drives the state machine of `exchange.ts` for one connection: takes the lock, reads again, recovers what a dead process left, commits the intent, lets
 * one request leave, and settles. Whoever waits for the lock takes the outcome of the attempt it waited on, success or failure.
 * @throws AuthError
 */
export class ExchangeRunner {
  readonly #ports: ExchangePorts;
  readonly #posting: Posting;
  readonly #recovery: Recovery;

  constructor(ports: ExchangePorts, posting: Posting, recovery: Recovery) {
    this.#ports = ports;
    this.#posting = posting;
    this.#recovery = recovery;
  }

  async run(connection: ConnectionRow, need: Need): Promise<TokenRow> {
    const first = await this.#read(connection);
    const seenSettled = first.exchange.settled;
    const waited = await this.#lockOrOutcome(connection, need, seenSettled);
    if ('row' in waited) return waited.row;
    try {
      return await this.#withLock(connection.name, connection.id, need, seenSettled);
    } finally {
      await waited.lease.release();
    }
  }

  /** The lock, or the outcome of the attempt that held it meanwhile. */
  async #lockOrOutcome(
    connection: ConnectionRow,
    need: Need,
    seenSettled: number,
  ): Promise<{ lease: ExchangeLease } | { row: TokenRow }> {
    const { lock, clock, durations, random } = this.#ports;
    const giveUpAtMs = clock.monotonicMs() + durations.leaseMs;
    for (;;) {
      const lease = await lock.tryAcquire(connection.id);
      if (lease !== undefined) return { lease };
      await clock.sleep(durations.pollMs * (0.75 + (random.bytes(1)[0] ?? 0) / 512));
      const row = outcomeOf(await this.#read(connection), need, seenSettled);
      if (row !== undefined) return { row };
      if (clock.monotonicMs() > giveUpAtMs) {
        throw new TransportError(
          'renewal_in_progress',
          'maybe',
          `Another process has been renewing ${connection.name} for too long.`,
          {
            diagnosis: {
              cause: 'The process that holds the exchange lock neither finishes nor dies; it may be stopped (SIGSTOP) or hang.',
              fix: ['Find it and end it: the lock is freed by the kernel at once.'],
              who: 'operator',
              retry: 'wait',
            },
          },
        );
      }
    }
  }

  async #withLock(name: string, connectionId: string, need: Need, seenSettled: number): Promise<TokenRow> {
    let baseline = seenSettled;
    for (let tries = 1; ; tries += 1) {
      const connection = await this.#connection(name, connectionId);
      const recovered = await this.#recovery.recover(connection, await this.#read(connection));
      const settled = outcomeOf(recovered, need, baseline);
      if (settled !== undefined) return settled;
      // A second try belongs to the same wish: it is counted by the budget, not held apart from the first.
      const intent = await this.#commitIntent(connection, { ...need, forced: need.forced && tries === 1 });
      const row = await this.#posting.post(connection, intent);
      if (livesUntilMs(row, this.#ports.clock.nowMs()) !== undefined) return row;
      const isReturned = row.exchange.rejected !== undefined && row.details?.reportedInvalid === true;
      if (tries >= TRIES_FOR_ANOTHER_TOKEN) {
        if (!isReturned) return row;
        throw await this.#disappointed(connection);
      }
      baseline = row.exchange.settled;
    }
  }

  /** Writes down that the server keeps returning a token that does not work, for whoever waits. */
  async #disappointed(connection: ConnectionRow): Promise<AuthError> {
    const { store, clock } = this.#ports;
    const error = tokenUnchanged(connection.name);
    for (;;) {
      const row = await this.#read(connection);
      const exchange = disappointed(row.exchange, failureFrom(error, clock.nowMs()));
      if (await store.updateToken({ ...row, revision: row.revision + 1, exchange }, row.revision, [])) return error;
    }
  }

  /** The committed intent of one request. @throws AuthError when none may leave now */
  async #commitIntent(connection: ConnectionRow, need: Need): Promise<TokenRow> {
    const { clock, random, spool, store, durations, http } = this.#ports;
    await http.prepare?.();
    const attemptId = Buffer.from(random.bytes(16)).toString('hex');
    for (let races = 0; races < MAX_LOST_RACES; races += 1) {
      const row = await this.#read(connection);
      const presents = usesRefreshToken(connection.settings);
      if (presents && row.refreshToken === undefined && row.exchange.phase === 'idle') {
        throw reauthorizationRequired(connection, row.details === undefined ? 'never_authorized' : 'no_refresh_token');
      }
      if (presents) await spool.reserve(connection.id);
      const decision = start(row.exchange, {
        nowMs: clock.nowMs(),
        attemptId,
        forced: need.forced,
        usesRefreshToken: presents,
        mayRotate: mayRotate(connection.settings.rotates, row.exchange.rotation),
        version: row.version,
        livesUntilMs: livesUntilMs(row, clock.nowMs()),
        durations,
      });
      const next: TokenRow = { ...row, revision: row.revision + 1, exchange: decision.record };
      const changed = decision.record !== row.exchange;
      if (changed && !(await store.updateToken(next, row.revision, this.#eventsOf(connection, row, decision)))) continue;
      if (decision.do === 'post') return next;
      throw this.#refusal(connection, decision);
    }
    throw new StoreError(
      'store_locked',
      `The token row of ${connection.name} keeps changing; gave up after ${MAX_LOST_RACES} tries.`,
      { retryable: true },
    );
  }

  #eventsOf(connection: ConnectionRow, row: TokenRow, decision: Decision): readonly ConnectionEvent[] {
    const phase = decision.record.phase;
    const type: EventType | undefined =
      phase === row.exchange.phase
        ? undefined
        : phase === 'unknown'
          ? 'outcome-unknown'
          : phase === 'reauthorization-required'
            ? phase
            : undefined;
    return type === undefined
      ? []
      : [{ connectionId: connection.id, atMs: this.#ports.clock.nowMs(), type, detail: { after: 'crash' } }];
  }

  #refusal(connection: ConnectionRow, decision: Exclude<Decision, { do: 'post' }>): AuthError {
    const { record } = decision;
    if (decision.do === 'refuse') {
      switch (decision.why) {
        case 'reauthorization-required':
          return record.failure?.kind === 'reauthorization'
            ? errorFrom(record.failure)
            : reauthorizationRequired(connection, record.reauthorization ?? 'refresh_token_dead');
        case 'held':
          return record.heldFailure === undefined ? notFound(connection.name) : errorFrom(record.heldFailure);
        case 'deleted':
          return notFound(connection.name);
      }
    }
    const retryAt = Math.ceil(decision.untilMs / 1000);
    const when = new Date(retryAt * 1000).toISOString();
    if (decision.why === 'unknown') {
      return new TransportError(
        'outcome_unknown',
        'maybe',
        `The last renewal of ${connection.name} left and no answer came; it is not repeated before ${when}.`,
        {
          retryAt,
          diagnosis: {
            cause:
              'The app may have rotated the refresh token; presenting the old one while that request could still be processed would revoke the grant.',
            fix: ['Wait: one careful repetition follows by itself.', `Or authorize again now: ${wayToAuthorize(connection)}`],
            who: 'nobody',
            retry: 'wait',
          },
        },
      );
    }
    const budget = decision.why === 'budget';
    return new TransportError(
      'budget_exhausted',
      'no',
      budget
        ? `${connection.name} has used its budget of token requests; the next may leave at ${when}.`
        : `${connection.name} was renewed by force a moment ago; the next forced renewal may leave at ${when}.`,
      {
        retryAt,
        diagnosis: {
          cause: budget
            ? 'At most 4 token requests a minute leave for one connection, so that no loop can exhaust the org’s login limit.'
            : 'Forced renewals are at least 30 seconds apart.',
          fix: ['Wait; or use the token that there is: forcemint token NAME'.replace('NAME', connection.name)],
          who: 'nobody',
          retry: 'wait',
        },
      },
    );
  }

  async #read(connection: ConnectionRow): Promise<TokenRow> {
    const row = await this.#ports.store.getToken(connection.id);
    if (row === undefined || row.exchange.phase === 'deleted') throw notFound(connection.name);
    return row;
  }

  /** Read again under the lock: settings and secrets may have changed while we waited. */
  async #connection(name: string, id: string): Promise<ConnectionRow> {
    const connection = await this.#ports.store.getConnection(name);
    if (connection === undefined || connection.id !== id) throw notFound(name);
    return connection;
  }
}

/** The row, if the need is met; throws the failure of an attempt that settled while we waited; else `undefined`. */
function outcomeOf(row: TokenRow, need: Need, seenSettled: number): TokenRow | undefined {
  if (need.satisfied(row)) return row;
  const { failure } = row.exchange;
  if (failure !== undefined && failure.seq > seenSettled) throw errorFrom(failure);
  return undefined;
}
