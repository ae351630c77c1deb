import type { ConnectionEvent, ConnectionRow, ConnectionSecrets } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { AuthError } from '../errors.ts';
import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import type { PendingRevocation } from '../ports.ts';
import { type Acceptance, type Arrival, accept, rolledForward } from './accept-answer.ts';
import type { AfterPublish } from './after-publish.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { answerHeld, notFound } from './failures.ts';
import { persistAnswer } from './persist-answer.ts';
import type { Revocations } from './revocations.ts';
import type { TokenRow } from './token-row.ts';
import { livesUntilMs, openRefreshToken } from './token-seals.ts';

/** An answer that brought tokens, and how it came. */
export interface IncomingAnswer {
  readonly attemptId: string;
  /** Of the refresh token that was presented. */
  readonly version: number;
  readonly answer: TokenAnswer;
  /** The raw body. */
  readonly body: Uint8Array;
  readonly arrival: Arrival;
  /** Epoch milliseconds at which it arrived, at the earliest. */
  readonly receivedAtMs: number;
  /** Something outside this process has it already, or nothing is lost with it. */
  readonly isSafe: boolean;
  /** The row as this process wrote it last: it is read only where it has changed since. */
  readonly known?: TokenRow;
  /** It had been stored before, and the store has forgotten it. */
  readonly isReplay?: boolean;
}

/** From an answer of Salesforce to the store: durable before anybody looks at it, then judged, then stored, and only then published. */
export class Answers {
  readonly #ports: ExchangePorts;
  readonly #afterPublish: AfterPublish;
  readonly #revocations: Revocations;

  constructor(ports: ExchangePorts, afterPublish: AfterPublish, revocations: Revocations) {
    this.#ports = ports;
    this.#afterPublish = afterPublish;
    this.#revocations = revocations;
  }

  /** Puts a raw body into the spool. `false`: it could not be; the store is the other place that can keep it, and memory holds it until then. */
  async stage(
    connectionId: string,
    { attemptId, version }: Pick<IncomingAnswer, 'attemptId' | 'version'>,
    body: Uint8Array,
  ): Promise<boolean> {
    const { spool, seal, clock } = this.#ports;
    const place = { connectionId, attemptId, version, stagedAtMs: clock.nowMs() };
    try {
      await spool.write({ ...place, sealed: seal.sealForSpool(place, body) });
      return true;
    } catch (error) {
      this.#warn(connectionId, 'the answer could not be staged', error);
      return false;
    }
  }

  /**
   * Stores what an answer brought. The version decides: an answer to the version that is stored is precious, whoever brings it and however late.
   * @throws AuthError `answer_held` when it may not be used; StoreError when it could not be stored (it then stays in the spool)
   */
  async take(connection: ConnectionRow, secrets: ConnectionSecrets, incoming: IncomingAnswer): Promise<TokenRow> {
    const { answer, body, version, isSafe } = incoming;
    let { known } = incoming;
    const taken = await persistAnswer(
      this.#ports,
      () => {
        const row = known;
        // What a store that failed holds by now, only it knows.
        known = undefined;
        return this.#store(connection, secrets, incoming, row);
      },
      async () => isSafe || this.stage(connection.id, incoming, body),
    );
    if (taken === 'deleted') {
      this.#afterPublish.revokeOrphan(connection, answer);
      throw notFound(connection.name);
    }
    if ('overtaken' in taken) {
      // It may be in use all the same, where another machine brings it back: it is not for this process to revoke.
      const left = incoming.arrival === 'login' ? '; the grant that this login began is not used' : '';
      const text = `an answer for version ${version} of the refresh token came late; the store has ${taken.overtaken.version}${left}`;
      this.#afterPublish.warn(connection.id, text);
      return taken.overtaken;
    }
    // One that brought a refresh token is kept: a store that goes back to an older state gets it again.
    if (usesRefreshToken(connection.settings) && taken.row.version === version) await this.#clear(connection.id);
    if (taken.problems.length > 0) throw answerHeld(connection, taken.problems);
    this.#afterPublish.published(connection, secrets, taken);
    return taken.row;
  }

  async #store(
    connection: ConnectionRow,
    secrets: ConnectionSecrets,
    { attemptId, answer, body, version, arrival, receivedAtMs, isReplay }: IncomingAnswer,
    known: TokenRow | undefined,
  ): Promise<Acceptance | { readonly overtaken: TokenRow } | 'deleted'> {
    const { store } = this.#ports;
    for (let row = known; ; row = undefined) {
      row ??= await store.getToken(connection.id);
      if (row === undefined || row.exchange.phase === 'deleted') return 'deleted';
      // A login that is still noted begins a grant of its own, whatever became of the one before meanwhile.
      const isNotedLogin = arrival === 'login' && row.exchange.login?.id === attemptId;
      if (row.version > version && !isNotedLogin) return { overtaken: row };
      const base = row.version < version ? rolledForward(row, version, this.#ports.seal) : row;
      const acceptance = accept({ connection, secrets, row: base, answer, body, arrival, receivedAtMs }, this.#ports);
      const revocations = arrival === 'login' ? this.#superseded(connection, row, answer, acceptance.problems.length > 0) : [];
      const wentBack = isReplay === true || row.version < version;
      const events = wentBack ? [...acceptance.events, this.#wentBack(row, version)] : acceptance.events;
      if (await store.updateToken(acceptance.row, row.revision, events, { revocations })) return acceptance;
    }
  }

  /** The grant that a login leaves without an owner; one that another product holds too is not ours to revoke. */
  #superseded(connection: ConnectionRow, row: TokenRow, answer: TokenAnswer, isHeld: boolean): PendingRevocation[] {
    if (row.exchange.phase === 'handed-over') return [];
    const before = openRefreshToken(row, this.#ports.seal);
    if (before === undefined || before === answer.refreshToken || connection.settings.sharedWith !== undefined) return [];
    const nowMs = this.#ports.clock.nowMs();
    // While the new answer is held, the access token of the grant before is still handed out.
    const dueAtMs = isHeld ? (livesUntilMs(row, nowMs) ?? nowMs) : nowMs;
    return [{ ...this.#revocations.planned(connection, before, 'superseded'), dueAtMs }];
  }

  #wentBack({ connectionId, version: found }: TokenRow, version: number): ConnectionEvent {
    const text = `the store had gone back to version ${found} of the refresh token; the answer to version ${version} was brought back`;
    return { connectionId, atMs: this.#ports.clock.nowMs(), type: 'warning', detail: { text } };
  }

  /** What stays in the spool of an answer that is stored does no harm: its attempt is over. */
  async #clear(connectionId: string): Promise<void> {
    try {
      await this.#ports.spool.clear(connectionId);
    } catch (error) {
      this.#warn(connectionId, 'a stored answer could not be taken out of the spool', error);
    }
  }

  #warn(connectionId: string, what: string, error: unknown): void {
    // Whatever it is: the answer that this is about is worth more.
    this.#afterPublish.warn(connectionId, `${what}: ${error instanceof AuthError ? error.code : 'unexpected error'}`);
  }
}
