import type { ConnectionEvent, ConnectionRow, EventType } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { type AuthError, StoreError } from '../errors.ts';
import type { ExchangeLease, LiveRow } from '../ports.ts';
import { refuseBarred } from './bars.ts';
import { type AttemptKind, atRest, disappointed, mayRotate, type Phase, start, untouched } from './exchange.ts';
import { ExchangeGate } from './exchange-gate.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { errorFrom, failureFrom, notFound, reauthorizationRequired, tokenUnchanged } from './failures.ts';
import { LoginBudget } from './login-budget.ts';
import type { Posting } from './post-once.ts';
import type { Recovery } from './recovery.ts';
import { heldForTooLong, refusalOf, shuttingDown, userBudgetExhausted } from './refusals.ts';
import type { TokenRow } from './token-row.ts';
import { livesUntilMs } from './token-seals.ts';

/** What a renewal is for, and when it is no longer needed because somebody else brought it. */
export interface Need {
  /** Asked for by name, not merely due. */
  readonly forced: boolean;
  /** The next credentials are tried before the current ones. Default `false`. */
  readonly nextFirst?: boolean;
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
  readonly #gate: ExchangeGate;
  readonly #loginBudget: LoginBudget;
  /** Attempts whose intent may have been committed and whose request never left, since the store failed in between; and what they were. */
  readonly #unsent = new Map<string, AttemptKind | undefined>();
  #isClosed = false;

  constructor(ports: ExchangePorts, posting: Posting, recovery: Recovery) {
    this.#ports = ports;
    this.#gate = new ExchangeGate(ports.durations.exchangesAtOncePerHost);
    this.#loginBudget = new LoginBudget(ports.durations);
    this.#posting = posting;
    this.#recovery = recovery;
  }

  /** @param seen the row as it was when the need was found: an attempt that settles after that is one that was waited on */
  async run(connection: ConnectionRow, need: Need, seen: TokenRow): Promise<TokenRow> {
    const { durations, clock } = this.#ports;
    const { loginUrl } = connection.settings;
    const seenSettled = seen.exchange.settled;
    let giveUpAtMs: number | undefined;
    for (;;) {
      await this.#gate.enter(loginUrl);
      try {
        this.#mustBeOpen(connection.name);
        const lease = await this.#ports.lock.tryAcquire(connection.id, this.#leaseMs(connection));
        if (lease !== undefined) {
          try {
            return await this.#withLock(connection, need, seenSettled, lease);
          } finally {
            await lease.release();
          }
        }
      } finally {
        this.#gate.leave(loginUrl);
      }
      const row = await this.#outcomeMeanwhile(connection, need, seenSettled);
      if (row !== undefined) return row;
      giveUpAtMs ??= clock.monotonicMs() + durations.leaseMs;
      if (clock.monotonicMs() > giveUpAtMs) throw heldForTooLong(connection.name);
    }
  }

  /** From now on no request leaves; those that have left come to their end. */
  close(): void {
    this.#isClosed = true;
  }

  /** @throws TransportError `shutting_down` */
  #mustBeOpen(name: string): void {
    if (this.#isClosed) throw shuttingDown(name);
  }

  /**
   * Takes up what an earlier attempt left behind, and posts nothing: an answer in the spool, the intent of a process that has died.
   * @returns the row as it is then; `undefined`: another holds the lock, and it is theirs
   */
  async takeUp(connection: ConnectionRow): Promise<TokenRow | undefined> {
    const lease = await this.#ports.lock.tryAcquire(connection.id, this.#leaseMs(connection));
    if (lease === undefined) return undefined;
    try {
      const { connection: current, token } = await this.#live(connection.name, connection.id);
      await this.#forgetUnsent(current, await this.#recovery.recover(current, token));
      await this.#recovery.forgetDeadLogin(current);
      return await this.#bringToRest(current);
    } finally {
      await lease.release();
    }
  }

  async #bringToRest(connection: ConnectionRow): Promise<TokenRow> {
    const { clock, durations, replicas, store } = this.#ports;
    for (;;) {
      const row = await this.#read(connection);
      const record = atRest(row.exchange, {
        nowMs: clock.nowMs(),
        usesRefreshToken: usesRefreshToken(connection.settings),
        mayRotate: mayRotate(connection.settings.rotates, row.exchange.rotation),
        replica: replicas?.ownId,
        awaitedUntilMs: await awaitedUntilMs(this.#ports, row),
        durations,
      });
      if (record === row.exchange) return row;
      const next = { ...row, revision: row.revision + 1, exchange: record };
      if (await store.updateToken(next, row.revision, this.#eventsOf(connection, row, record.phase))) return next;
    }
  }

  /** Waits a moment for whoever holds the lock: the outcome of their attempt, or `undefined`. */
  async #outcomeMeanwhile(connection: ConnectionRow, need: Need, seenSettled: number): Promise<TokenRow | undefined> {
    const { clock, durations, random } = this.#ports;
    await clock.sleep(durations.pollMs * (0.75 + (random.bytes(1)[0] ?? 0) / 512));
    return outcomeOf(await this.#read(connection), need, seenSettled);
  }

  async #withLock({ name, id }: ConnectionRow, need: Need, seenSettled: number, lease: ExchangeLease): Promise<TokenRow> {
    let baseline = seenSettled;
    for (let tries = 1; ; tries += 1) {
      const { connection, token } = await this.#live(name, id);
      const recovered = await this.#recovery.recover(connection, token);
      const settled = outcomeOf(recovered, need, baseline);
      if (settled !== undefined) return settled;
      this.#mustBeOpen(name);
      refuseBarred(lease.condition, usesRefreshToken(connection.settings));
      const row = await this.#forgetUnsent(connection, recovered);
      // A second try belongs to the same wish: it is counted by the budget, not held apart from the first.
      const intent = await this.#commitIntent(connection, { ...need, forced: need.forced && tries === 1 }, lease, row);
      const renewed = await this.#posting.post(connection, intent, lease, need.nextFirst === true);
      if (livesUntilMs(renewed, this.#ports.clock.nowMs()) !== undefined) return renewed;
      const isReturned = renewed.exchange.rejected !== undefined && renewed.details?.reportedInvalid === true;
      if (tries >= TRIES_FOR_ANOTHER_TOKEN) {
        if (!isReturned) return renewed;
        throw await this.#disappointed(connection);
      }
      baseline = renewed.exchange.settled;
    }
  }

  #leaseMs({ settings }: ConnectionRow): number {
    const { leaseMs, shortLeaseMs } = this.#ports.durations;
    return usesRefreshToken(settings) ? leaseMs : shortLeaseMs;
  }

  /**
   * What the store noted of an attempt while it could not say so: its request never left, as only this process knows.
   * @param known the row as it has just been read
   * @returns the row without it
   */
  async #forgetUnsent(connection: ConnectionRow, known: TokenRow): Promise<TokenRow> {
    for (let row = known; ; row = await this.#read(connection)) {
      const { attempt, phase } = row.exchange;
      if (attempt === undefined || !this.#unsent.has(attempt.id)) return row;
      // A repetition that was taken back leaves a request that did leave: that one is not taken back, too.
      const isTakenBack = this.#unsent.get(attempt.id) !== attempt.kind;
      const isOpen = !isTakenBack && (phase === 'intent' || phase === 'unknown');
      const next = { ...row, revision: row.revision + 1, exchange: untouched(row.exchange) };
      if (isOpen && !(await this.#ports.store.updateToken(next, row.revision, []))) continue;
      this.#unsent.delete(attempt.id);
      return isOpen ? next : row;
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
  async #commitIntent(connection: ConnectionRow, need: Need, lease: ExchangeLease, known: TokenRow): Promise<TokenRow> {
    const { clock, random, replicas, spool, store, durations, http } = this.#ports;
    await http.prepare?.();
    const attemptId = Buffer.from(random.bytes(16)).toString('hex');
    let isCounted = false;
    for (let races = 0; races < MAX_LOST_RACES; races += 1) {
      const row = races === 0 ? known : await this.#read(connection);
      // Written after all, though the store could not say so.
      if (row.exchange.phase === 'intent' && row.exchange.attempt?.id === attemptId) {
        this.#unsent.delete(attemptId);
        return row;
      }
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
        replica: replicas?.ownId,
        awaitedUntilMs: await awaitedUntilMs(this.#ports, row),
        durations,
      });
      if (decision.do === 'post' && !isCounted) {
        const spentUntilMs = this.#loginBudget.spend(userOf(connection, row), clock.nowMs());
        if (spentUntilMs !== undefined) throw userBudgetExhausted(connection, spentUntilMs);
        isCounted = true;
      }
      const next: TokenRow = { ...row, revision: row.revision + 1, exchange: decision.record };
      const changed = decision.record !== row.exchange;
      const events = this.#eventsOf(connection, row, decision.record.phase);
      if (decision.do === 'post') this.#unsent.set(attemptId, decision.record.attempt?.kind);
      const options = decision.do === 'post' ? { lease } : {};
      if (changed && !(await store.updateToken(next, row.revision, events, options))) continue;
      this.#unsent.delete(attemptId);
      if (decision.do === 'post') return next;
      throw refusalOf(connection, decision);
    }
    throw new StoreError(
      'store_locked',
      `The token row of ${connection.name} keeps changing; gave up after ${MAX_LOST_RACES} tries.`,
      { retryable: true },
    );
  }

  #eventsOf(connection: ConnectionRow, row: TokenRow, phase: Phase): readonly ConnectionEvent[] {
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

  async #read(connection: ConnectionRow): Promise<TokenRow> {
    const row = await this.#ports.store.getToken(connection.id);
    if (row === undefined || row.exchange.phase === 'deleted') throw notFound(connection.name);
    return row;
  }

  /** Read again under the lock: settings and secrets may have changed while we waited. */
  async #live(name: string, id: string): Promise<LiveRow> {
    const found = await this.#ports.store.getRow(name);
    if (found === undefined || found.connection.id !== id || found.token.exchange.phase === 'deleted') throw notFound(name);
    return found;
  }
}

/** Epoch milliseconds until which another machine may still come with the answer to the attempt that the row notes; `undefined`: none will. */
export async function awaitedUntilMs(
  { replicas, clock }: Pick<ExchangePorts, 'replicas' | 'clock'>,
  { exchange }: TokenRow,
): Promise<number | undefined> {
  const { phase, attempt } = exchange;
  if (replicas === undefined || attempt?.replica === undefined || attempt.replica === replicas.ownId) return undefined;
  if (phase !== 'intent' && phase !== 'unknown') return undefined;
  return clock.nowMs() + (await replicas.answersForMs(attempt.replica));
}

/** The row, if the need is met; throws the failure of an attempt that settled while we waited; else `undefined`. */
function outcomeOf(row: TokenRow, need: Need, seenSettled: number): TokenRow | undefined {
  if (need.satisfied(row)) return row;
  const { failure } = row.exchange;
  if (failure !== undefined && failure.seq > seenSettled) throw errorFrom(failure);
  return undefined;
}

/** Whom Salesforce counts a login of this connection for, as far as that is known. */
function userOf({ id, settings }: ConnectionRow, { details }: TokenRow): string {
  return `${settings.loginUrl} ${settings.username ?? details?.userId ?? id}`;
}
