import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { AuthError, OAuthResponseError, TransportError } from '../errors.ts';
import type { Refusal } from '../oauth/answer.ts';
import { serverTimeOf } from '../oauth/introspection.ts';
import {
  type OAuthClient,
  readTokenAnswer,
  requestTokens,
  type TokenAnswer,
  type TokenRequest,
} from '../oauth/token-endpoint.ts';
import type { ExchangeLease, Http, HttpResponse } from '../ports.ts';
import type { Answers, IncomingAnswer } from './answers.ts';
import { leaseLost } from './bars.ts';
import { type Credentials, former, type Promoted, promoted, secretsPlace } from './credentials.ts';
import { ambiguous, countAnother, dead, type ExchangeRecord, type Failure, mayRotate, untouched } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { failureFrom, notFound, reauthorizationRequired, refusalError, renewalRequest, wayToAuthorize } from './failures.ts';
import { requestOutcome } from './outcome.ts';
import { budgetEnded } from './refusals.ts';
import type { TokenRow } from './token-row.ts';
import { openRefreshToken } from './token-seals.ts';

/** A clock this far off is worth mentioning, in seconds. */
const NOTABLE_CLOCK_OFFSET_SECONDS = 60;
/** Rows of the error table that refuse the client's own proof, so that another one may be taken. */
const CLIENT_REFUSED = ['A5', 'R4', 'K5', 'A7', 'J2'];
/** Tries of a grant that does not rotate when Salesforce is busy with the same token. */
const BUSY_TRIES = 4;

type Settle = (record: ExchangeRecord, failure: Omit<Failure, 'seq'>) => ExchangeRecord;

/** Whether a request of the attempt may have left this machine. */
interface Departure {
  left: boolean;
}

/** One request that was answered. */
interface SentRequest {
  readonly raw: HttpResponse;
  readonly answer: TokenAnswer | Refusal;
  /** Whether the raw answer is safe from the end of this process, or nothing is lost with it. */
  readonly isSafe: boolean;
}

/** One request whose intent is committed, and everything that must happen around its answer. */
export class Posting {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #answers: Answers;

  constructor(ports: ExchangePorts, credentials: Credentials, answers: Answers) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#answers = answers;
  }

  /**
   * Posts the renewal that `intent` announces, and settles it.
   * @param nextFirst try the next credentials, where there are some, before the current ones
   * @throws AuthError
   */
  async post(connection: ConnectionRow, intent: TokenRow, lease: ExchangeLease, nextFirst: boolean): Promise<TokenRow> {
    const departure: Departure = { left: false };
    try {
      return await this.#postCandidates(connection, intent, departure, lease, nextFirst);
    } catch (error) {
      if (error instanceof Interrupted) {
        return await this.#failed(connection, intent, error.reason, departure);
      }
      if (departure.left || error instanceof AuthError) throw error;
      // A defect before anything was sent must not make the next process believe that something was.
      await this.#settle(connection, intent, (record) => untouched(record), []);
      throw error;
    }
  }

  /** The current credentials, then the next and the former ones where the server refuses the client itself; or the next ones first. */
  async #postCandidates(
    connection: ConnectionRow,
    intent: TokenRow,
    departure: Departure,
    lease: ExchangeLease,
    nextFirst: boolean,
  ): Promise<TokenRow> {
    let secrets: ConnectionSecrets;
    let presented: string | undefined;
    try {
      secrets = this.#credentials.secretsOf(connection);
      presented = openRefreshToken(intent, this.#ports.seal);
    } catch (error) {
      throw error instanceof AuthError ? new Interrupted(error) : error;
    }
    const nowMs = this.#ports.clock.nowMs();
    const next = promoted(connection.settings, secrets, nowMs);
    const inUse = [secrets, former(connection.settings, secrets, nowMs)];
    const inOrder = nextFirst ? [next?.secrets, ...inUse] : [secrets, next?.secrets, inUse[1]];
    const candidates = inOrder.filter((candidate) => candidate !== undefined);
    let refusal: OAuthResponseError | undefined;
    for (const candidate of candidates) {
      if (refusal !== undefined && !(await this.#countAnother(intent))) {
        if (candidate !== secrets) break;
        // What was refused says nothing of the credentials that are in use.
        return this.#settleFailure(connection, intent, budgetEnded(connection.name), untouched, 'renewal-failed');
      }
      // An earlier request of this attempt was refused for certain: what happens now says nothing of it.
      departure.left = false;
      const outcome = await this.#ask(connection, intent, candidate, presented, departure, lease);
      if (outcome.kind === 'tokens') {
        const incoming = { ...outcome.incoming, version: intent.version, known: intent };
        const isNext = next !== undefined && candidate === next.secrets;
        const row = await this.#answers.take(connection, candidate, incoming);
        if (isNext) await this.#promote(connection, next);
        return row;
      }
      refusal = outcome.error;
      if (!CLIENT_REFUSED.includes(refusal.diagnosis?.id ?? '')) break;
    }
    if (refusal === undefined) throw new TypeError('there is always a current candidate');
    return this.#failed(connection, intent, refusal, { left: true });
  }

  /** One request, or a few where the server is busy and repeating does no harm. A failure before an answer could be read is `Interrupted`. */
  async #ask(
    connection: ConnectionRow,
    intent: TokenRow,
    secrets: ConnectionSecrets,
    presented: string | undefined,
    departure: Departure,
    lease: ExchangeLease,
  ): Promise<{ kind: 'tokens'; incoming: Omit<IncomingAnswer, 'version'> } | { kind: 'refused'; error: OAuthResponseError }> {
    const { clock, random, durations } = this.#ports;
    const attemptId = intent.exchange.attempt?.id ?? '';
    for (let tries = 1; ; tries += 1) {
      const sentAtMs = clock.nowMs();
      let sent: SentRequest;
      try {
        const client = this.#credentials.clientOf(connection, secrets);
        const grant = this.#credentials.renewalGrant(connection, secrets, presented);
        const attempt = { attemptId, version: intent.version };
        sent = await this.send(connection, attempt, client, grant, grant.consumesCredential, lease, departure);
      } catch (error) {
        throw error instanceof AuthError ? new Interrupted(error) : error;
      }
      const { raw, answer, isSafe } = sent;
      if (answer.kind === 'tokens') {
        // The answer may have lain in the socket of a machine that slept; a clock that was set back must not make it younger either.
        const receivedAtMs = Math.min(sentAtMs, clock.nowMs());
        return { kind: 'tokens', incoming: { attemptId, answer, body: raw.body, arrival: 'renewed', receivedAtMs, isSafe } };
      }
      const error = refusalError(connection.name, renewalRequest(connection.settings), answer, clockNote(raw, clock.nowMs()));
      const repeatable = error.errorClass === 'busy' && !isRisky(connection, intent) && tries < BUSY_TRIES;
      if (!repeatable || !(await this.#countAnother(intent))) return { kind: 'refused', error };
      await clock.sleep(durations.busyDelayMs * (1 + (random.bytes(1)[0] ?? 0) / 170));
    }
  }

  /** Sends one token request. A successful answer that brings a credential is durable in the spool before anybody looks at it. */
  async send(
    connection: ConnectionRow,
    attempt: Pick<IncomingAnswer, 'attemptId' | 'version'>,
    client: OAuthClient,
    request: TokenRequest,
    consumesCredential: boolean,
    lease: ExchangeLease,
    departure: Departure = { left: false },
  ): Promise<SentRequest> {
    const { durations } = this.#ports;
    const mustStillHold = (forMs: number): void => {
      if (consumesCredential && lease.remainingMs() < forMs) throw leaseLost(connection.name);
    };
    const http: Http = {
      request: async (outgoing) => {
        mustStillHold(durations.exchangeDeadlineMs);
        departure.left = true;
        // A process that stood still while it connected may have lost what it held.
        const mayLeave = (): void => mustStillHold(1);
        return this.#ports.http.request(consumesCredential ? { ...outgoing, mayLeave } : outgoing);
      },
    };
    const delivery = { http, freshConnection: consumesCredential, deadlineMs: durations.exchangeDeadlineMs };
    const raw = await requestTokens(client, request, delivery);
    const isSafe = raw.status !== 200 || !consumesCredential || (await this.#answers.stage(connection.id, attempt, raw.body));
    return { raw, isSafe, answer: await readTokenAnswer(client.endpoints, client.clientId, raw) };
  }

  /** Counts one more request of the attempt. `false`: the budget has none left. */
  async #countAnother(intent: TokenRow): Promise<boolean> {
    const { store, clock, durations } = this.#ports;
    for (;;) {
      const row = await store.getToken(intent.connectionId);
      if (row === undefined || row.exchange.attempt?.id !== intent.exchange.attempt?.id) return false;
      const exchange = countAnother(row.exchange, clock.nowMs(), durations);
      if (exchange === undefined) return false;
      if (await store.updateToken({ ...row, revision: row.revision + 1, exchange }, row.revision, [])) return true;
    }
  }

  /** The new secrets worked: they take the place of the old ones. */
  async #promote(connection: ConnectionRow, { settings, secrets }: Promoted): Promise<void> {
    const { store, seal, clock } = this.#ports;
    const revision = connection.revision + 1;
    const sealed = seal.seal(secretsPlace({ ...connection, revision }), JSON.stringify(secrets));
    const next: ConnectionRow = { ...connection, settings, revision, updatedAtMs: clock.nowMs(), secrets: sealed };
    const events = [this.#event(connection, 'updated', { promoted: 'next credentials' })];
    // Who changed the connection meanwhile has given secrets of their own.
    await store.updateConnection(next, connection.revision, undefined, events);
  }

  /** No tokens came. That is evidence about what was posted, never a verdict on a connection that has moved on meanwhile. */
  async #failed(connection: ConnectionRow, intent: TokenRow, error: AuthError, departure: Departure): Promise<TokenRow> {
    const presentsRefreshToken = renewalRequest(connection.settings) === 'refresh-token';
    const outcome = requestOutcome({ error, left: departure.left, presentsRefreshToken });
    if (outcome === 'dead') {
      const refusal = error instanceof OAuthResponseError ? error : undefined;
      const verdict = reauthorizationRequired(connection, 'refresh_token_dead', refusal);
      const bury: Settle = (record, failure) =>
        dead(record, 'refresh_token_dead', { ...failureFrom(error, failure.atMs), ...failure });
      return this.#settleFailure(connection, intent, verdict, bury, 'reauthorization-required');
    }
    const mayBeSpent = outcome === 'busy' || outcome === 'ambiguous';
    if (mayBeSpent && isRisky(connection, intent)) return this.#outcomeUnknown(connection, intent, error);
    return this.#settleFailure(connection, intent, error, untouched, 'renewal-failed');
  }

  async #outcomeUnknown(connection: ConnectionRow, intent: TokenRow, reason: AuthError): Promise<TokenRow> {
    const nowMs = this.#ports.clock.nowMs();
    const settle: Settle = (record, failure) => ambiguous(record, nowMs, failure);
    if (intent.exchange.attempt?.kind === 'probe') {
      const verdict = reauthorizationRequired(connection, 'refresh_token_lost');
      return this.#settleFailure(connection, intent, verdict, settle, 'reauthorization-required');
    }
    const message = `The renewal of ${connection.name} left, and whether it was done is not known: ${reason.message}`;
    const unknown = new TransportError('outcome_unknown', 'maybe', message, {
      cause: reason,
      diagnosis: {
        cause: 'Its app may rotate refresh tokens; the request is not repeated blindly, because that could revoke the grant.',
        fix: [
          'Wait: one careful repetition follows when it can do no harm.',
          `Or authorize again now: ${wayToAuthorize(connection)}`,
        ],
        who: 'nobody',
        retry: 'wait',
      },
    });
    return this.#settleFailure(connection, intent, unknown, settle, 'outcome-unknown');
  }

  async #settleFailure(
    connection: ConnectionRow,
    intent: TokenRow,
    error: AuthError,
    settle: Settle,
    type: EventType,
  ): Promise<TokenRow> {
    const failure = failureFrom(error, this.#ports.clock.nowMs());
    const events = [this.#event(connection, type, { code: error.code, message: error.message })];
    const moved = await this.#settle(connection, intent, (record) => settle(record, failure), events);
    if (moved === undefined) throw error;
    return moved;
  }

  /** Writes how the attempt ended. The row, if the connection has moved on to another refresh token meanwhile; else `undefined`. */
  async #settle(
    connection: ConnectionRow,
    intent: TokenRow,
    settle: (record: ExchangeRecord) => ExchangeRecord,
    events: readonly ConnectionEvent[],
  ): Promise<TokenRow | undefined> {
    const { store } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      if (row === undefined || row.exchange.phase === 'deleted') throw notFound(connection.name);
      if (row.version > intent.version) return row;
      const record = recordOf(intent.exchange, row);
      if (record === undefined) return undefined;
      const next = { ...row, revision: row.revision + 1, exchange: settle(record) };
      if (await store.updateToken(next, row.revision, events)) return undefined;
    }
  }

  #event(connection: ConnectionRow, type: EventType, detail: ConnectionEvent['detail']): ConnectionEvent {
    return { connectionId: connection.id, atMs: this.#ports.clock.nowMs(), type, detail };
  }
}

/**
 * The record in which the attempt is to be settled; `undefined`: others have done so. A store that has gone back to before the intent (its epoch says so) knows
 * nothing of a request that did leave, and would present the same refresh token as if for the first time.
 */
function recordOf(intent: ExchangeRecord, { exchange, version }: TokenRow): ExchangeRecord | undefined {
  const { attempt, epoch, recentStartsMs, unknownSinceMs } = intent;
  if (exchange.attempt?.id === attempt?.id) return exchange;
  const isForgotten = exchange.epoch < epoch && exchange.phase === 'idle' && version === attempt?.version;
  // With it the store has forgotten an earlier request that this one repeats.
  const since = unknownSinceMs === undefined ? {} : { unknownSinceMs };
  return isForgotten ? { ...exchange, ...since, phase: 'intent', attempt, epoch, recentStartsMs } : undefined;
}

/** Whether the attempt presents a refresh token that could be used up. */
function isRisky({ settings }: ConnectionRow, { refreshToken, exchange }: TokenRow): boolean {
  return usesRefreshToken(settings) && refreshToken !== undefined && mayRotate(settings.rotates, exchange.rotation);
}

/** Carries a failure that left no answer to read past the loop over candidates. */
class Interrupted extends Error {
  readonly reason: AuthError;
  constructor(reason: AuthError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** Whether this machine's clock disagrees with the server's `Date`. */
function clockNote(raw: HttpResponse, nowMs: number): string {
  const serverTime = serverTimeOf(raw.headers['date']);
  const offset = serverTime === undefined ? 0 : Math.round(nowMs / 1000 - serverTime);
  if (Math.abs(offset) < NOTABLE_CLOCK_OFFSET_SECONDS) return '';
  return ` This machine’s clock is ${Math.abs(offset)} seconds ${offset > 0 ? 'ahead of' : 'behind'} Salesforce’s.`;
}
