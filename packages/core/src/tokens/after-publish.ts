import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import { AuthError } from '../errors.ts';
import { introspect } from '../oauth/introspection.ts';
import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import { idTokenProblem } from '../salesforce/id-token.ts';
import type { Acceptance } from './accept-answer.ts';
import type { Credentials } from './credentials.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { Revocations } from './revocations.ts';
import type { TokenRow } from './token-row.ts';

/** Limits of what happens behind a published token, in milliseconds. */
const DELIVERY_DEADLINE_MS = 10_000;

/**
 * What follows when a token has been stored and handed out: introspection, the ID token's check, revoking superfluous grants. None of it can take
 * the token back, none of it is waited for by callers; `underway` counts all of it.
 */
export class AfterPublish {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #revocations: Revocations;

  constructor(ports: ExchangePorts, credentials: Credentials, revocations: Revocations) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#revocations = revocations;
  }

  published(connection: ConnectionRow, secrets: ConnectionSecrets, acceptance: Acceptance): void {
    const { row, tokens } = acceptance;
    if (
      connection.settings.introspect === 'auto' &&
      connection.settings.clientAuth !== 'none' &&
      row.details?.expirySource !== 'jwt'
    ) {
      this.#run(connection.id, 'introspection', () => this.#introspect(connection, secrets, row, tokens.accessToken));
    }
    const { idToken } = tokens;
    if (idToken !== undefined) this.#run(connection.id, 'the ID token', () => this.#checkIdToken(connection, secrets, idToken));
    // Salesforce can be reached, as has just been seen.
    this.#run(connection.id, 'revoking superfluous grants', () => this.#revocations.runNowAndThen());
  }

  /** Revokes what is due to be revoked, of whichever connection. */
  revokeDue(connectionId: string): void {
    this.#run(connectionId, 'revoking superfluous grants', () => this.#revocations.runDue());
  }

  /** An answer came for a connection that was removed meanwhile: its grant must not live on unseen. */
  revokeOrphan(connection: ConnectionRow, answer: TokenAnswer): void {
    const token = answer.refreshToken ?? answer.accessToken;
    if (token === undefined) return;
    this.#run(connection.id, 'revoking a late answer', async () => {
      await this.#ports.store.addRevocations([this.#revocations.planned(connection, token, 'late-answer')]);
      await this.#revocations.runDue();
    });
  }

  /** Notes something in the connection's history. */
  warn(connectionId: string, text: string): void {
    this.#run(connectionId, 'a note', () => this.#note(connectionId, 'warning', { text }));
  }

  #run(connectionId: string, what: string, work: () => Promise<void>): void {
    const told = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        const why = error instanceof AuthError ? error.message : 'unexpected error';
        await this.#note(connectionId, 'warning', { text: `${what} failed: ${why}` });
      }
    };
    // Where not even the note can be written, the store is down, which the next call that needs it says.
    this.#ports.underway.run(told).catch(() => undefined);
  }

  /** Writes history beside the token row, without changing it. */
  async #note(connectionId: string, type: EventType, detail: ConnectionEvent['detail']): Promise<void> {
    const { store, clock } = this.#ports;
    await this.#change(connectionId, (row) => row, [{ connectionId, atMs: clock.nowMs(), type, detail }], store);
  }

  async #introspect(connection: ConnectionRow, secrets: ConnectionSecrets, row: TokenRow, token: string): Promise<void> {
    const { http, store, clock } = this.#ports;
    const client = this.#credentials.clientOf(connection, secrets);
    const sentAt = Math.floor(clock.nowMs() / 1000);
    const answer = await introspect(client, token, { http, freshConnection: false, deadlineMs: DELIVERY_DEADLINE_MS });
    if (answer.kind === 'refused') {
      return this.#note(connection.id, 'warning', {
        text: `introspection was refused: ${answer.error}; turn it off with --introspect off`,
      });
    }
    // A working token that is answered "inactive" has been reported: only the resource server's 401 decides.
    if (!answer.active || answer.expiresAt === undefined)
      return this.#note(connection.id, 'introspected', { active: answer.active });
    const expiresAt = sentAt + Math.floor(answer.expiresAt - (answer.serverTime ?? sentAt));
    const event: ConnectionEvent = {
      connectionId: connection.id,
      atMs: clock.nowMs(),
      type: 'introspected',
      detail: { active: true, expires_at: expiresAt },
    };
    await this.#change(
      connection.id,
      (current) =>
        current.generation === row.generation && current.details !== undefined
          ? { ...current, details: { ...current.details, expiresAt, expirySource: 'introspection' } }
          : current,
      [event],
      store,
    );
  }

  async #checkIdToken(connection: ConnectionRow, secrets: ConnectionSecrets, idToken: string): Promise<void> {
    const { http, clock } = this.#ports;
    const { endpoints, clientId } = this.#credentials.clientOf(connection, secrets);
    const problem = await idTokenProblem({ idToken, endpoints, clientId, http, clock });
    if (problem !== undefined)
      await this.#note(connection.id, 'warning', { text: `the ID token is not to be trusted: ${problem}` });
  }

  async #change(
    connectionId: string,
    change: (row: TokenRow) => TokenRow,
    events: readonly ConnectionEvent[],
    store: ExchangePorts['store'],
  ): Promise<void> {
    for (;;) {
      const row = await store.getToken(connectionId);
      if (row === undefined) return;
      if (await store.updateToken({ ...change(row), revision: row.revision + 1 }, row.revision, events)) return;
    }
  }
}
