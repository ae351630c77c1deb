import type { ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { AuthError, ConfigurationError, StoreError } from '../errors.ts';
import { readTokenAnswer, type TokenAnswer } from '../oauth/token-endpoint.ts';
import { salesforceEndpoints } from '../salesforce/endpoints.ts';
import { accept } from './accept-answer.ts';
import type { Answers } from './answers.ts';
import type { Credentials } from './credentials.ts';
import { loginFailed } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { TokenRow } from './token-row.ts';
import { heldAnswerPlace } from './token-seals.ts';

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
    const { store } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      const login = row?.exchange.login;
      if (row === undefined || login === undefined) return;
      if (await store.updateToken({ ...row, revision: row.revision + 1, exchange: loginFailed(row.exchange) }, row.revision, []))
        return;
    }
  }

  /** An answer that is durable but not stored: its process died, or its store failed, in between. */
  async #adoptSpooled(connection: ConnectionRow, row: TokenRow): Promise<TokenRow> {
    const { spool, seal } = this.#ports;
    const spooled = await spool.read(connection.id);
    if (spooled === undefined) return row;
    const { attempt, login } = row.exchange;
    const owner = [attempt, login].find((candidate) => candidate?.id === spooled.attemptId);
    if (owner === undefined || owner.version !== row.version) {
      await spool.clear(connection.id);
      return row;
    }
    const body = seal.openFromSpool(connection.id, spooled.attemptId, spooled.sealed);
    const answer = await this.#read(connection, body);
    if (answer === undefined) return row;
    const secrets = this.#credentials.secretsOf(connection);
    const arrival = owner === login ? 'login' : 'adopted';
    return this.#answers.take(connection, secrets, {
      attemptId: spooled.attemptId,
      version: row.version,
      answer,
      body,
      arrival,
      receivedAtMs: owner.startedAtMs,
      isSafe: true,
    });
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
