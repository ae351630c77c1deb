import type { ConnectionRow, ConnectionSecrets } from '../connections/connection.ts';
import { ConfigurationError, ReauthorizationRequired } from '../errors.ts';
import { authorizationCode } from '../grants/authorization-code.ts';
import { harmless } from '../oauth/answer.ts';
import { authorizationUrl } from '../oauth/authorization-request.ts';
import { pkcePair } from '../oauth/pkce.ts';
import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import type { ExchangeLease } from '../ports.ts';
import { salesforceEndpoints } from '../salesforce/endpoints.ts';
import type { AccessToken } from '../tokens/access-token.ts';
import type { Answers } from '../tokens/answers.ts';
import type { Credentials } from '../tokens/credentials.ts';
import { loginFailed, startLogin } from '../tokens/exchange.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';
import { notFound, reauthorizationRequired, refusalError } from '../tokens/failures.ts';
import type { Posting } from '../tokens/post-once.ts';
import type { Recovery } from '../tokens/recovery.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { openAccessToken } from '../tokens/token-seals.ts';
import { withExchangeLock } from './exchange-lock.ts';

/** One login attempt; keep it until the code comes. Holds the PKCE verifier: a secret. */
export interface LoginAttempt {
  readonly connection: string;
  /** To open in the browser. */
  readonly authorizeUrl: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly codeVerifier: string | undefined;
}

/** Authorization code logins: a human in a browser, once; refresh tokens from then on. */
export class Login {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #posting: Posting;
  readonly #answers: Answers;
  readonly #recovery: Recovery;
  readonly #used = new WeakSet<LoginAttempt>();

  constructor(ports: ExchangePorts, credentials: Credentials, posting: Posting, answers: Answers, recovery: Recovery) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#posting = posting;
    this.#answers = answers;
    this.#recovery = recovery;
  }

  /**
   * Begins a login: where to send the browser.
   * @throws ConfigurationError `connection_not_found`; `invalid_setting` for a connection of another grant
   */
  async begin(
    name: string,
    options: { readonly redirectUri?: string; readonly pkce?: boolean; readonly prompt?: string } = {},
  ): Promise<LoginAttempt> {
    const { random } = this.#ports;
    const connection = await this.#connection(name);
    const { loginUrl, clientId, scope, username, redirectUris } = connection.settings;
    const redirectUri = options.redirectUri ?? redirectUris?.[0] ?? '';
    const state = Buffer.from(random.bytes(24)).toString('base64url');
    const pkce = options.pkce === false ? undefined : await pkcePair(random);
    const authorizeUrl = authorizationUrl({
      authorizationEndpoint: salesforceEndpoints(loginUrl).authorization,
      clientId,
      redirectUri,
      state,
      codeChallenge: pkce?.challenge,
      scope,
      nonce: undefined,
      loginHint: username,
      prompt: options.prompt,
    });
    return { connection: name, authorizeUrl, redirectUri, state, codeVerifier: pkce?.verifier };
  }

  /**
   * Ends a login with what came back: exchanges the code, once, and stores what it brings. A grant that this supersedes is revoked afterwards.
   * @param callback parameters of the callback, already decoded: `code` and `state`, or `error`
   * @throws ReauthorizationRequired `authorization_denied`, `state_mismatch`, `code_refused`; AuthError; TypeError for an attempt that was completed before
   */
  async complete(attempt: LoginAttempt, callback: URLSearchParams): Promise<AccessToken> {
    const connection = await this.#connection(attempt.connection);
    const code = codeIn(connection, attempt, callback);
    if (this.#used.has(attempt)) throw new TypeError('this login attempt was completed before: a code is exchanged once');
    this.#used.add(attempt);
    const row = await withExchangeLock(this.#ports, connection, (lease) => this.#exchange(connection, attempt, code, lease));
    const token = openAccessToken(row, connection.name, this.#ports.seal);
    if (token === undefined) throw notFound(connection.name);
    return token;
  }

  async #exchange(known: ConnectionRow, attempt: LoginAttempt, code: string, lease: ExchangeLease): Promise<TokenRow> {
    const { clock, random, replicas, spool, store, http } = this.#ports;
    const connection = await this.#connection(attempt.connection);
    const found = connection.id === known.id ? await store.getToken(connection.id) : undefined;
    if (found === undefined) throw notFound(connection.name);
    await this.#takeUp(connection, found);
    const attemptId = Buffer.from(random.bytes(16)).toString('hex');
    await spool.reserve(connection.id);
    await http.prepare?.();
    const replica = replicas?.ownId;
    const intent = await this.#change(
      connection,
      (row) => ({
        ...row,
        exchange: startLogin(row.exchange, { id: attemptId, startedAtMs: clock.nowMs(), version: row.version, replica }),
      }),
      lease,
    );
    const secrets = this.#credentials.secretsOf(connection);
    const sentAtMs = clock.nowMs();
    const { answer, body, isSafe } = await this.#ask(connection, secrets, attempt, intent, code, lease);
    // Should storing it fail, the next exchange finds it in the spool and takes it up.
    return this.#answers.take(connection, secrets, {
      attemptId,
      version: intent.version,
      answer,
      body,
      arrival: 'login',
      receivedAtMs: Math.min(sentAtMs, clock.nowMs()),
      isSafe,
    });
  }

  /** An answer that an earlier attempt staged would be overwritten by this one's. That it may not be used does not stop a login. */
  async #takeUp(connection: ConnectionRow, row: TokenRow): Promise<void> {
    try {
      await this.#recovery.recover(connection, row);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
    }
  }

  async #ask(
    connection: ConnectionRow,
    secrets: ConnectionSecrets,
    attempt: LoginAttempt,
    intent: TokenRow,
    code: string,
    lease: ExchangeLease,
  ): Promise<{ answer: TokenAnswer; body: Uint8Array; isSafe: boolean }> {
    const sent = { attemptId: intent.exchange.login?.id ?? '', version: intent.version };
    const grant = authorizationCode({ code, redirectUri: attempt.redirectUri, codeVerifier: attempt.codeVerifier });
    try {
      const client = this.#credentials.clientOf(connection, secrets);
      const { raw, answer, isSafe } = await this.#posting.send(connection, sent, client, grant, true, lease);
      if (answer.kind === 'refused') throw refused(connection, answer);
      return { answer, body: raw.body, isSafe };
    } catch (error) {
      await this.#change(connection, (row) =>
        row.exchange.login?.id === sent.attemptId ? { ...row, exchange: loginFailed(row.exchange) } : row,
      );
      throw error;
    }
  }

  async #change(connection: ConnectionRow, change: (row: TokenRow) => TokenRow, lease?: ExchangeLease): Promise<TokenRow> {
    const { store } = this.#ports;
    for (;;) {
      const row = await store.getToken(connection.id);
      if (row === undefined) throw notFound(connection.name);
      const changed = change(row);
      if (changed === row) return row;
      const next = { ...changed, revision: row.revision + 1 };
      if (await store.updateToken(next, row.revision, [], lease && { lease })) return next;
    }
  }

  async #connection(name: string): Promise<ConnectionRow> {
    const connection = await this.#ports.store.getConnection(name);
    if (connection === undefined) throw notFound(name);
    if (connection.settings.grant === 'authorization-code') return connection;
    throw new ConfigurationError('invalid_setting', `${name} has the grant ${connection.settings.grant}, which needs no login.`, {
      diagnosis: {
        cause: 'Only the authorization code grant has a human log in.',
        fix: [`Get a token: forcemint token ${name}`],
        who: 'developer',
        retry: 'no',
      },
    });
  }
}

function codeIn(connection: ConnectionRow, attempt: LoginAttempt, callback: URLSearchParams): string {
  const error = callback.get('error');
  const description = callback.get('error_description');
  if (callback.get('state') !== attempt.state) throw reauthorizationRequired(connection, 'state_mismatch');
  if (error === 'access_denied' || error === 'access-denied') throw reauthorizationRequired(connection, 'authorization_denied');
  if (error !== null) {
    throw refusalError(connection.name, 'authorization-code', {
      kind: 'refused',
      error: harmless(error, 80),
      errorDescription: description === null ? undefined : harmless(description, 300),
      status: 302,
    });
  }
  const code = callback.get('code');
  if (code === null || code === '') throw reauthorizationRequired(connection, 'code_refused');
  return code;
}

function refused(connection: ConnectionRow, refusal: Parameters<typeof refusalError>[2]): Error {
  const error = refusalError(connection.name, 'authorization-code', refusal);
  if (error.errorClass !== 'dead') return error;
  return new ReauthorizationRequired('code_refused', `${connection.name} must be authorized again. ${error.message}`, {
    cause: error,
    diagnosis: error.diagnosis,
  });
}
