import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import { AuthError, ConfigurationError, type OAuthResponseError, TransportError } from '../errors.ts';
import type { Refusal } from '../oauth/answer.ts';
import { serverTimeOf } from '../oauth/introspection.ts';
import {
  type OAuthClient,
  readTokenAnswer,
  requestTokens,
  type TokenAnswer,
  type TokenRequest,
} from '../oauth/token-endpoint.ts';
import type { HttpResponse } from '../ports.ts';
import { type Arrival, accept } from './accept-answer.ts';
import type { AfterPublish } from './after-publish.ts';
import { type Credentials, promoted, secretsPlace } from './credentials.ts';
import { ambiguous, dead, type ExchangeRecord, type Failure, mayRotate, untouched } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { answerHeld, failureFrom, notFound, reauthorizationRequired, refusalError, renewalRequest } from './failures.ts';
import { persistAnswer } from './persist-answer.ts';
import type { TokenRow } from './token-row.ts';
import { openRefreshToken } from './token-seals.ts';

/** A clock this far off is worth mentioning, in seconds. */
const NOTABLE_CLOCK_OFFSET_SECONDS = 60;
/** Tries of a grant that does not rotate when Salesforce is busy with the same token. */
const BUSY_TRIES = 4;

type Settle = (record: ExchangeRecord, failure: Omit<Failure, 'seq'>) => ExchangeRecord;

/** One request whose intent is committed, and everything that must happen around its answer. */
export class Posting {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #afterPublish: AfterPublish;

  constructor(ports: ExchangePorts, credentials: Credentials, afterPublish: AfterPublish) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#afterPublish = afterPublish;
  }

  /** Posts the renewal that `intent` announces, and settles it. @throws AuthError */
  async post(connection: ConnectionRow, intent: TokenRow): Promise<TokenRow> {
    const secrets = this.#credentials.secretsOf(connection);
    const presented = openRefreshToken(intent, this.#ports.seal);
    const risky = presented !== undefined && mayRotate(connection.settings.rotates, intent.exchange.rotation);
    let candidate: ConnectionSecrets | undefined = secrets;
    try {
      for (;;) {
        const outcome = await this.#ask(connection, intent, candidate, presented, risky);
        if (outcome.kind === 'tokens') {
          const current = candidate === secrets ? connection : await this.#promote(connection, candidate);
          return await this.takeAnswer(current, candidate, intent.version, outcome.answer, outcome.body, 'renewed');
        }
        const next: ConnectionSecrets | undefined = candidate === secrets ? promoted(secrets) : undefined;
        if (next === undefined || outcome.error.errorClass !== 'setup')
          return await this.#refused(connection, intent, outcome.error, risky);
        candidate = next;
      }
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      return await this.#interrupted(connection, intent, error.reason, risky);
    }
  }

  /** One request, or a few where the server is busy and repeating does no harm. A failure before an answer could be read is `Interrupted`. */
  async #ask(
    connection: ConnectionRow,
    intent: TokenRow,
    secrets: ConnectionSecrets,
    presented: string | undefined,
    risky: boolean,
  ): Promise<{ kind: 'tokens'; answer: TokenAnswer; body: Uint8Array } | { kind: 'refused'; error: OAuthResponseError }> {
    const { clock, random, durations } = this.#ports;
    const attemptId = intent.exchange.attempt?.id ?? '';
    for (let tries = 1; ; tries += 1) {
      let raw: HttpResponse;
      let answer: TokenAnswer | Refusal;
      try {
        const client = this.#credentials.clientOf(connection, secrets);
        const grant = this.#credentials.renewalGrant(connection, secrets, presented);
        ({ raw, answer } = await this.send(connection.id, attemptId, client, grant, grant.consumesCredential));
      } catch (error) {
        throw error instanceof AuthError ? new Interrupted(error) : error;
      }
      if (answer.kind === 'tokens') return { kind: 'tokens', answer, body: raw.body };
      const error = refusalError(connection.name, renewalRequest(connection.settings), answer, clockNote(raw, clock.nowMs()));
      if (error.errorClass !== 'busy' || risky || tries >= BUSY_TRIES) return { kind: 'refused', error };
      await clock.sleep(durations.busyDelayMs * (1 + (random.bytes(1)[0] ?? 0) / 170));
    }
  }

  /** Sends one token request. A successful answer that brings a credential is durable in the spool before anybody looks at it. */
  async send(
    connectionId: string,
    attemptId: string,
    client: OAuthClient,
    request: TokenRequest,
    consumesCredential: boolean,
  ): Promise<{ raw: HttpResponse; answer: TokenAnswer | Refusal }> {
    const { http, durations, seal, spool } = this.#ports;
    const delivery = { http, freshConnection: consumesCredential, deadlineMs: durations.exchangeDeadlineMs };
    const raw = await requestTokens(client, request, delivery);
    if (raw.status === 200 && consumesCredential) {
      try {
        await spool.write(connectionId, { attemptId, sealed: seal.sealForSpool(connectionId, attemptId, raw.body) });
      } catch (error) {
        // The store is the other place that can keep it, and it is next; memory holds it until then.
        this.#afterPublish.warn(
          connectionId,
          `the answer could not be staged: ${error instanceof AuthError ? error.code : 'unexpected error'}`,
        );
      }
    }
    return { raw, answer: await readTokenAnswer(client.endpoints, client.clientId, raw) };
  }

  /**
   * Stores what an answer brought. The version decides: an answer to the version that is stored is precious, whoever brings it and however late.
   * @throws AuthError `answer_held` when it may not be used; StoreError when it could not be stored (it then stays in the spool)
   */
  async takeAnswer(
    connection: ConnectionRow,
    secrets: ConnectionSecrets,
    version: number,
    answer: TokenAnswer,
    body: Uint8Array,
    arrival: Arrival,
  ): Promise<TokenRow> {
    const { store, spool } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      if (row === undefined || row.exchange.phase === 'deleted') {
        this.#afterPublish.revokeOrphan(connection, secrets, answer);
        throw notFound(connection.name);
      }
      if (row.version !== version) {
        this.#afterPublish.warn(
          connection.id,
          `an answer for version ${version} of the refresh token came late; the store has ${row.version}`,
        );
        return row;
      }
      const acceptance = accept({ connection, secrets, row, answer, body, arrival }, this.#ports);
      if (!(await persistAnswer(this.#ports, acceptance.row, row.revision, acceptance.events))) continue;
      if (answer.refreshToken !== undefined) await spool.clear(connection.id);
      if (acceptance.problems.length > 0) throw answerHeld(connection.name, acceptance.problems);
      this.#afterPublish.published(connection, secrets, row, acceptance);
      return acceptance.row;
    }
  }

  /** The new secrets worked where the old were refused: they take their place. */
  async #promote(connection: ConnectionRow, secrets: ConnectionSecrets): Promise<ConnectionRow> {
    const { store, seal, clock } = this.#ports;
    const revision = connection.revision + 1;
    const sealed = seal.seal(secretsPlace({ ...connection, revision }), JSON.stringify(secrets));
    const promotedRow: ConnectionRow = { ...connection, revision, updatedAtMs: clock.nowMs(), secrets: sealed };
    const done = await store.updateConnection(promotedRow, connection.revision, undefined, [
      this.#event(connection, 'updated', { promoted: 'next credentials' }),
    ]);
    return done ? promotedRow : connection;
  }

  /** A well-formed refusal. It is evidence about the token that was posted, never a verdict on a connection that has moved on meanwhile. */
  async #refused(connection: ConnectionRow, intent: TokenRow, error: OAuthResponseError, risky: boolean): Promise<TokenRow> {
    const { errorClass, status } = error;
    const presentsToken = renewalRequest(connection.settings) === 'refresh-token';
    if (risky && (status >= 500 || errorClass === 'busy')) return this.#interrupted(connection, intent, error, risky);
    const isDead = presentsToken && (errorClass === 'dead' || (errorClass === 'unrecognized' && error.error === 'invalid_grant'));
    if (!isDead) return this.#settleFailure(connection, intent, error, untouched, 'renewal-failed');
    const verdict = reauthorizationRequired(connection, 'refresh_token_dead', error);
    return this.#settleFailure(
      connection,
      intent,
      verdict,
      (record, failure) => dead(record, 'refresh_token_dead', { ...failureFrom(error, failure.atMs), ...failure }),
      'reauthorization-required',
    );
  }

  /** No usable answer. */
  async #interrupted(connection: ConnectionRow, intent: TokenRow, reason: AuthError, risky: boolean): Promise<TokenRow> {
    const nothingSent = reason instanceof ConfigurationError || (reason instanceof TransportError && reason.sent === 'no');
    if (nothingSent) return this.#settleFailure(connection, intent, reason, untouched, 'renewal-failed');
    if (!risky) return this.#settleFailure(connection, intent, reason, untouched, 'renewal-failed');
    const unknown = new TransportError(
      'outcome_unknown',
      'maybe',
      `The renewal of ${connection.name} left, and whether it was done is not known: ${reason.message}`,
      {
        cause: reason,
        diagnosis: {
          cause: 'Its app may rotate refresh tokens; the request is not repeated blindly, because that could revoke the grant.',
          fix: [
            'Wait: one careful repetition follows when it can do no harm.',
            `Or authorize again now: forcemint login ${connection.name}`,
          ],
          who: 'nobody',
          retry: 'wait',
        },
      },
    );
    return this.#settleFailure(connection, intent, unknown, ambiguous, 'outcome-unknown');
  }

  async #settleFailure(
    connection: ConnectionRow,
    intent: TokenRow,
    error: AuthError,
    settle: Settle,
    type: EventType,
  ): Promise<TokenRow> {
    const { store, clock } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      if (row === undefined || row.exchange.phase === 'deleted') throw notFound(connection.name);
      if (row.version > intent.version) return row;
      if (row.exchange.attempt?.id !== intent.exchange.attempt?.id) throw error;
      const exchange = settle(row.exchange, failureFrom(error, clock.nowMs()));
      const events = [this.#event(connection, type, { code: error.code, message: error.message })];
      if (await store.updateToken({ ...row, revision: row.revision + 1, exchange }, row.revision, events)) throw error;
    }
  }

  #event(connection: ConnectionRow, type: EventType, detail: ConnectionEvent['detail']): ConnectionEvent {
    return { connectionId: connection.id, atMs: this.#ports.clock.nowMs(), type, detail };
  }
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
