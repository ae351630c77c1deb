import type { ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { AuthError, ConfigurationError, StoreError } from '../errors.ts';
import { readTokenAnswer, type TokenAnswer } from '../oauth/token-endpoint.ts';
import type { SpooledAnswer } from '../ports.ts';
import { salesforceEndpoints } from '../salesforce/endpoints.ts';
import { accept } from './accept-answer.ts';
import { fingerprint } from './access-token.ts';
import type { Answers } from './answers.ts';
import type { Credentials } from './credentials.ts';
import { loginFailed } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { TokenRow } from './token-row.ts';
import { heldAnswerPlace, openRefreshToken } from './token-seals.ts';

/** What an earlier attempt left behind, and how it is taken up. Only with the exchange lock held. */
export class Recovery {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #answers: Answers;

  constructor(ports: ExchangePorts, credentials: Credentials, answers: Answers) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#answers = answers;
  }

  /** Takes up what there is: a staged answer that never reached the store, or a held one that is acceptable now. */
  async recover(connection: ConnectionRow, row: TokenRow): Promise<TokenRow> {
    if (!usesRefreshToken(connection.settings)) return this.#rejudgeHeld(connection, row);
    return this.#rejudgeHeld(connection, await this.#adoptSpooled(connection, row));
  }

  /**
   * A code exchange that is still noted while nobody holds the lock has died and left nothing that can be used: the connection is where it was. Only after
   * `recover`.
   */
  async forgetDeadLogin(connection: ConnectionRow): Promise<void> {
    const { replicas, store } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      const login = row?.exchange.login;
      if (row === undefined || login === undefined) return;
      const isOthers = replicas !== undefined && login.replica !== undefined && login.replica !== replicas.ownId;
      if (isOthers && (await replicas.answersForMs(login.replica)) > 0) return;
      if (await store.updateToken({ ...row, revision: row.revision + 1, exchange: loginFailed(row.exchange) }, row.revision, []))
        return;
    }
  }

  /** An answer that is durable but not stored: its process died, or its store failed, in between; or the store has forgotten what it had. */
  async #adoptSpooled(connection: ConnectionRow, row: TokenRow): Promise<TokenRow> {
    const { attempt, login } = row.exchange;
    const noted = [attempt, login].filter((one) => one !== undefined);
    const spooled = await this.#ports.spool.read(
      connection.id,
      noted.map(({ id }) => id),
    );
    for (const one of spooled) {
      const owner = noted.find(({ id }) => id === one.attemptId);
      // A login presented no refresh token of this row: it counts whatever became of that meanwhile.
      if (owner === undefined || (owner !== login && owner.version !== row.version)) continue;
      const opened = await this.#opened(connection, one);
      // What can't be read says nothing of what lies elsewhere.
      if (opened === undefined) continue;
      const arrival = owner === login ? 'login' : 'adopted';
      const receivedAtMs = owner.startedAtMs;
      const { attemptId } = one;
      const { version } = row;
      const incoming = { attemptId, version, ...opened, arrival, receivedAtMs, isSafe: true } as const;
      const taken = await this.#answers.take(connection, this.#credentials.secretsOf(connection), incoming);
      // A store that went back to the middle of an exchange lacks what came after it, too.
      return this.#bringBack(connection, taken, spooled);
    }
    return this.#bringBack(connection, row, spooled);
  }

  /**
   * A row's version never falls. Where the spool has the answer to the version that is stored, or to a later one, and it brought a refresh token that the
   * row does not know, the store has gone back to an older state, and what it holds is spent.
   */
  async #bringBack(connection: ConnectionRow, row: TokenRow, spooled: readonly SpooledAnswer[]): Promise<TokenRow> {
    if (row.exchange.phase === 'handed-over') return row;
    for (const one of spooled.toSorted((a, b) => b.version - a.version)) {
      if (one.version < row.version) return row;
      const opened = await this.#opened(connection, one);
      const { refreshToken } = opened?.answer ?? {};
      if (opened === undefined || refreshToken === undefined) continue;
      const isKnown = row.exchange.spent?.includes(fingerprint(refreshToken)) === true;
      if (isKnown || openRefreshToken(row, this.#ports.seal) === refreshToken) continue;
      const { attemptId, version, stagedAtMs } = one;
      const arrival = 'adopted';
      const incoming = {
        attemptId,
        version,
        ...opened,
        arrival,
        receivedAtMs: stagedAtMs,
        isSafe: true,
        isReplay: true,
      } as const;
      return this.#answers.take(connection, this.#credentials.secretsOf(connection), incoming);
    }
    return row;
  }

  async #opened(
    connection: ConnectionRow,
    spooled: SpooledAnswer,
  ): Promise<{ answer: TokenAnswer; body: Uint8Array } | undefined> {
    const body = this.#ports.seal.openFromSpool({ ...spooled, connectionId: connection.id });
    const answer = await this.#read(connection, body);
    return answer && { answer, body };
  }

  /** A held answer may have become acceptable: another secret was given, a host allowed. */
  async #rejudgeHeld(connection: ConnectionRow, row: TokenRow): Promise<TokenRow> {
    if (row.exchange.phase !== 'held' || row.heldAnswer === undefined) return row;
    const body = Buffer.from(this.#ports.seal.open(heldAnswerPlace(row.connectionId, row.version), row.heldAnswer), 'base64');
    const answer = await this.#read(connection, body);
    if (answer === undefined) return row;
    const secrets = this.#credentials.secretsOf(connection);
    const receivedAtMs = row.exchange.heldFailure?.atMs ?? 0;
    const arrival = row.exchange.heldRequest === 'login' ? 'login' : 'adopted';
    const input = { connection, secrets, row, answer, body, arrival, receivedAtMs } as const;
    const acceptable = accept(input, this.#ports).problems.length === 0;
    if (!acceptable) return row;
    const incoming = {
      attemptId: '',
      version: row.version,
      answer,
      body,
      arrival,
      receivedAtMs,
      isSafe: true,
    } as const;
    return this.#answers.take(connection, secrets, incoming);
  }

  async #read(connection: ConnectionRow, body: Uint8Array): Promise<TokenAnswer | undefined> {
    const { clientId, loginUrl } = connection.settings;
    try {
      const answer = await readTokenAnswer(salesforceEndpoints(loginUrl), clientId, { status: 200, headers: {}, body });
      return answer.kind === 'tokens' ? answer : undefined;
    } catch (error) {
      if (error instanceof AuthError && !(error instanceof StoreError) && !(error instanceof ConfigurationError))
        return undefined;
      throw error;
    }
  }
}
