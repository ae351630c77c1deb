import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import { isSameData } from '../connections/same-data.ts';
import { type ConnectionInput, checkConnectionName, connectionSettings } from '../connections/settings.ts';
import { AuthError, ConfigurationError, StoreError, TransportError } from '../errors.ts';
import { revoke } from '../oauth/revocation.ts';
import { spentWith } from '../tokens/accept-answer.ts';
import { fingerprint } from '../tokens/access-token.ts';
import { leaseLost } from '../tokens/bars.ts';
import { type Credentials, secretsPlace, withoutFormer } from '../tokens/credentials.ts';
import { deleted, superseded } from '../tokens/exchange.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';
import { notFound, refusalError } from '../tokens/failures.ts';
import type { Recovery } from '../tokens/recovery.ts';
import type { Revocations } from '../tokens/revocations.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { newTokenRow, openAccessToken, openRefreshToken } from '../tokens/token-seals.ts';
import { BulkImport } from './bulk-import.ts';
import { clientAuthAfter, defined, movedSettings, secretTimes } from './changed-settings.ts';
import { withExchangeLock } from './exchange-lock.ts';
import { type KnownGrants, refuseKnownGrant, refuseSpent } from './known-grant.ts';

const REVOKE_DEADLINE_MS = 15_000;

/** A new connection: settings, and secrets that are sealed before they reach the store. */
export interface NewConnection {
  readonly settings: ConnectionInput;
  readonly secrets: ConnectionSecrets;
  /** An existing refresh token to adopt. */
  readonly refreshToken?: string;
}

/** What is changed; `undefined` members stay as they are. */
export interface ConnectionChange {
  readonly settings: Partial<ConnectionInput>;
  readonly secrets: ConnectionSecrets;
  readonly refreshToken?: string;
}

/** Makes, changes and removes connections. */
export class Administration {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #recovery: Recovery;
  readonly #revocations: Revocations;

  constructor(ports: ExchangePorts, credentials: Credentials, recovery: Recovery, revocations: Revocations) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#recovery = recovery;
    this.#revocations = revocations;
  }

  /**
   * Stores a new connection; no request leaves.
   * @param grants what is known of the grants of all others, where many connections are made
   * @throws ConfigurationError `connection_exists`, `invalid_name`, `grant_is_shared`, or about a setting or key
   */
  async connect(name: string, input: NewConnection, grants?: KnownGrants): Promise<ConnectionRow> {
    const { refreshToken } = input;
    if (grants === undefined || refreshToken === undefined) return this.#connect(name, input, grants);
    grants.claim(refreshToken, name);
    try {
      return await this.#connect(name, input, grants);
    } catch (error) {
      grants.release(refreshToken);
      throw error;
    }
  }

  async #connect(name: string, input: NewConnection, grants: KnownGrants | undefined): Promise<ConnectionRow> {
    checkConnectionName(name);
    const { store, clock, seal } = this.#ports;
    const settings = connectionSettings(input.settings, input.secrets, this.#ports.policy);
    if (settings.grant === 'refresh-token' && input.refreshToken === undefined) {
      throw new ConfigurationError('missing_setting', 'The refresh token is missing.', {
        diagnosis: {
          cause: 'The grant refresh-token adopts an existing one.',
          fix: ['--refresh-token-file F'],
          who: 'developer',
          retry: 'fix-first',
        },
      });
    }
    this.#checkKeys(input.secrets, settings.certificate, input.secrets.privateKey ?? input.secrets.nextPrivateKey);
    if (input.refreshToken !== undefined) {
      if (grants === undefined) await refuseKnownGrant(this.#ports, input.refreshToken, undefined);
      await this.#revocations.cancel(input.refreshToken);
    }
    const id = this.#newId();
    const nowMs = clock.nowMs();
    const row: ConnectionRow = {
      id,
      name,
      revision: 1,
      settings: { ...settings, secretsSetAtMs: secretTimes(input.secrets, {}, {}, nowMs) },
      secrets: seal.seal(secretsPlace({ id, revision: 1, settings }), JSON.stringify(input.secrets)),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    const made = await store.insertConnection(row, newTokenRow(id, seal, input.refreshToken), [
      this.#event(id, 'connected', { grant: settings.grant }),
    ]);
    if (!made) throw exists(name);
    return row;
  }

  /** For making many connections. */
  bulkImport(): BulkImport {
    return new BulkImport(this.#ports, this);
  }

  /** Whether the connection of that name is just what `connect` would make of `input`, whatever has become of its grant. @throws ConfigurationError */
  async isMade(name: string, { settings, secrets, refreshToken }: NewConnection): Promise<boolean> {
    const { store, seal, policy } = this.#ports;
    const connection = await store.getConnection(name);
    if (connection === undefined) return false;
    const { secretsSetAtMs: _, formerUntilMs: __, ...made } = connection.settings;
    const isSame =
      isSameData(connectionSettings(settings, secrets, policy), made) &&
      isSameData(defined(secrets), withoutFormer(this.#credentials.secretsOf(connection)));
    if (!isSame || refreshToken === undefined) return isSame;
    const row = await store.getToken(connection.id);
    if (row === undefined) return false;
    const isSpent = row.exchange.spent?.includes(fingerprint(refreshToken)) === true;
    return isSpent || openRefreshToken(row, seal) === refreshToken;
  }

  /**
   * Changes settings or secrets. Changing host, client or audience discards secrets and tokens unless they are given again in the same call, so that
   * nobody can have them sent elsewhere.
   * @throws ConfigurationError `connection_not_found`, or about a setting or key; StoreError `store_locked` when others keep changing it
   */
  async update(name: string, change: ConnectionChange): Promise<{ connection: ConnectionRow; discarded: readonly string[] }> {
    const { store } = this.#ports;
    const known = await this.#get(name);
    if (change.refreshToken !== undefined) await this.#makeRoomFor(change.refreshToken, known.id);
    return withExchangeLock(this.#ports, known, async (lease) => {
      for (let tries = 0; tries < 20; tries += 1) {
        const connection = await this.#same(known);
        const found = await store.getToken(connection.id);
        if (found === undefined) throw notFound(name);
        // What a dead process staged would be lost under another refresh token, or show that the given one is spent.
        const row = change.refreshToken === undefined ? found : await this.#recovered(connection, found);
        if (change.refreshToken !== undefined) refuseSpent(connection, row, change.refreshToken);
        const { next, token, discarded } = this.#changed(connection, row, change);
        // What was read may be spent by now, and what replaces it would stand over what took its place.
        if (token !== undefined && lease.remainingMs() <= 0) throw leaseLost(name);
        const events = [this.#event(connection.id, 'updated', discarded.length > 0 ? { discarded: discarded.join(', ') } : {})];
        if (await store.updateConnection(next, connection.revision, token, events)) return { connection: next, discarded };
      }
      throw new StoreError('store_locked', `${name} keeps being changed by others.`, { retryable: true });
    });
  }

  #changed(
    connection: ConnectionRow,
    row: TokenRow,
    change: ConnectionChange,
  ): { next: ConnectionRow; token: TokenRow | undefined; discarded: readonly string[] } {
    const { seal, clock, policy } = this.#ports;
    const before = connection.settings;
    // Whoever changes a connection has looked at what it has: what was replaced before is not tried any more.
    const old = withoutFormer(this.#credentials.secretsOf(connection));
    const merged: ConnectionSecrets = { ...old, ...defined(change.secrets) };
    const { certificate, ...others } = defined(change.settings);
    const { privateKey, nextPrivateKey } = change.secrets;
    // A certificate belongs to the key that comes with it.
    const isNext = nextPrivateKey !== undefined && privateKey === undefined;
    const certificates = {
      ...(nextPrivateKey !== undefined && { nextCertificate: isNext ? certificate : undefined }),
      ...(!isNext && defined({ certificate })),
    };
    const sameApp = others.clientId === undefined || others.clientId === before.clientId;
    const input: ConnectionInput = {
      ...before,
      ...(!sameApp && { appKind: undefined }),
      ...others,
      ...certificates,
      clientAuth: clientAuthAfter(before, change),
    };
    const probe = connectionSettings(input, merged, policy);
    const moved =
      probe.loginUrl !== before.loginUrl ||
      probe.clientId !== before.clientId ||
      probe.audience !== before.audience ||
      probe.grant !== before.grant;
    const secrets = moved ? defined(change.secrets) : merged;
    const plain = moved ? movedSettings(input, secrets, policy) : probe;
    const nowMs = clock.nowMs();
    const settings = { ...plain, secretsSetAtMs: secretTimes(secrets, old, before.secretsSetAtMs ?? {}, nowMs) };
    const discarded = moved
      ? Object.keys(old)
          .filter((key) => !(key in secrets))
          .concat(row.refreshToken !== undefined && change.refreshToken === undefined ? ['refreshToken'] : [])
      : [];
    this.#checkKeys(secrets, settings.certificate, certificate === undefined || isNext ? privateKey : secrets.privateKey);
    this.#checkKeys({}, settings.nextCertificate, nextPrivateKey);
    const revision = connection.revision + 1;
    const next: ConnectionRow = {
      ...connection,
      revision,
      settings,
      updatedAtMs: nowMs,
      secrets: seal.seal(secretsPlace({ id: connection.id, revision, settings }), JSON.stringify(secrets)),
    };
    // Tokens belong to the user that they were issued for.
    const otherUser = settings.grant === 'jwt-bearer' && settings.username !== before.username;
    return { next, token: this.#tokenAfter(row, moved || otherUser, change.refreshToken), discarded };
  }

  /**
   * A given refresh token begins a new grant, unless it is the one that is there; a move without one leaves no tokens at all. Versions never fall. What
   * ended the grant stands until a human gives the same token again on purpose.
   */
  #tokenAfter(row: TokenRow, moved: boolean, refreshToken: string | undefined): TokenRow | undefined {
    if (!moved && refreshToken === undefined) return undefined;
    const isSame = refreshToken !== undefined && openRefreshToken(row, this.#ports.seal) === refreshToken;
    if (isSame && !moved && row.exchange.phase !== 'reauthorization-required' && row.exchange.phase !== 'handed-over')
      return undefined;
    const fresh = newTokenRow(row.connectionId, this.#ports.seal);
    const bare: TokenRow = {
      ...fresh,
      revision: row.revision + 1,
      version: row.version + 1,
      generation: row.generation + 1,
      exchange: { ...superseded(row.exchange), spent: spentWith(row, this.#ports.seal) },
    };
    if (refreshToken === undefined) return bare;
    const adopted = newTokenRow(row.connectionId, this.#ports.seal, refreshToken, bare.version);
    return { ...bare, refreshToken: adopted.refreshToken };
  }

  /**
   * Revokes the connection's grant at Salesforce; the connection stays and must be authorized again.
   * @returns what Salesforce said of it
   * @throws AuthError when Salesforce could not be asked or refuses
   */
  async revoke(name: string): Promise<'revoked' | 'already-invalid' | 'nothing-to-revoke'> {
    const { store, clock } = this.#ports;
    const known = await this.#get(name);
    return withExchangeLock(this.#ports, known, async () => {
      const connection = await this.#same(known);
      const found = await store.getToken(connection.id);
      if (found === undefined) throw notFound(name);
      const row = await this.#recovered(connection, found);
      // What was handed over is another product's to revoke.
      if (row.exchange.phase === 'handed-over') return 'nothing-to-revoke';
      const outcome = await this.#revokeAtSalesforce(connection, row);
      const usesRefreshToken = row.refreshToken !== undefined;
      for (let current: TokenRow | undefined = row; current !== undefined; current = await store.getToken(connection.id)) {
        const next: TokenRow = {
          ...current,
          revision: current.revision + 1,
          accessToken: undefined,
          details: undefined,
          exchange: {
            ...current.exchange,
            ...(usesRefreshToken
              ? { phase: 'reauthorization-required' as const, reauthorization: 'refresh_token_dead' as const, attempt: undefined }
              : {}),
          },
        };
        const event: ConnectionEvent = { connectionId: connection.id, atMs: clock.nowMs(), type: 'revoked', detail: { outcome } };
        if (await store.updateToken(next, current.revision, [event])) break;
      }
      return outcome;
    });
  }

  /**
   * Removes a connection and frees its name. Unless `keepGrant`, its grant is revoked first; where that does not succeed the connection goes all the same,
   * and the revocation is kept and tried again.
   * @returns what became of the grant
   */
  async remove(name: string, options: { readonly keepGrant: boolean }): Promise<RemovedGrant> {
    const { store, spool, seal } = this.#ports;
    const known = await this.#get(name);
    return withExchangeLock(this.#ports, known, async () => {
      const connection = await this.#same(known);
      const found = (await store.getToken(connection.id)) ?? newTokenRow(connection.id, seal);
      const row = await this.#recovered(connection, found);
      const isKept = options.keepGrant || row.exchange.phase === 'handed-over';
      const outcome = isKept ? 'kept' : await this.#revokeAtSalesforce(connection, row).catch(notRevoked);
      const { connectionId, revision, version, generation, exchange } = row;
      const tombstone: TokenRow = { connectionId, revision: revision + 1, version, generation, exchange: deleted(exchange) };
      const token = outcome === 'not-reached' || outcome === 'refused' ? this.#revocable(connection, row) : undefined;
      const revocations = token === undefined ? [] : [this.#revocations.planned(connection, token, 'removed')];
      const events = [this.#event(connection.id, 'removed', { grant: outcome })];
      await store.deleteConnection(connection.id, tombstone, events, revocations);
      await spool.discard(connection.id);
      return outcome;
    });
  }

  async #revokeAtSalesforce(
    connection: ConnectionRow,
    row: TokenRow,
  ): Promise<'revoked' | 'already-invalid' | 'nothing-to-revoke'> {
    const { http } = this.#ports;
    const token = this.#revocable(connection, row);
    if (token === undefined) return 'nothing-to-revoke';
    const client = this.#credentials.clientOf(connection, this.#credentials.secretsOf(connection));
    const outcome = await revoke(client, token, { http, freshConnection: false, deadlineMs: REVOKE_DEADLINE_MS });
    if (outcome.kind === 'refused') throw refusalError(connection.name, 'refresh-token', outcome);
    return outcome.kind;
  }

  /** What revoking the connection's grant takes: its refresh token, which takes the access tokens with it, else its access token. */
  #revocable(connection: ConnectionRow, row: TokenRow): string | undefined {
    const { seal } = this.#ports;
    return openRefreshToken(row, seal) ?? openAccessToken(row, connection.name, seal)?.value;
  }

  /** A grant that somebody adopts is not to be revoked any more, and belongs to nobody else. */
  async #makeRoomFor(refreshToken: string, owner: string | undefined): Promise<void> {
    await refuseKnownGrant(this.#ports, refreshToken, owner);
    await this.#revocations.cancel(refreshToken);
  }

  /**
   * A staged answer may hold the only living refresh token: it is taken up before the grant is ended. What can't be taken up does not stop that, unless the
   * store fails: then nobody would know which token to end.
   */
  async #recovered(connection: ConnectionRow, row: TokenRow): Promise<TokenRow> {
    try {
      return await this.#recovery.recover(connection, row);
    } catch (error) {
      const isHopeless = error instanceof AuthError && (!(error instanceof StoreError) || error.code === 'unsealing_failed');
      if (!isHopeless) throw error;
      return (await this.#ports.store.getToken(connection.id)) ?? row;
    }
  }

  #checkKeys(secrets: ConnectionSecrets, certificate: string | undefined, itsKey: string | undefined): void {
    const { keys } = this.#ports;
    for (const pem of [secrets.privateKey, secrets.nextPrivateKey]) if (pem !== undefined) keys.signingKey(pem);
    if (certificate !== undefined && itsKey !== undefined) keys.checkCertificate(certificate, itsKey);
  }

  /** The connection as it is under its lock; another one may have taken its name meanwhile. */
  async #same(known: ConnectionRow): Promise<ConnectionRow> {
    const connection = await this.#get(known.name);
    if (connection.id === known.id) return connection;
    throw new ConfigurationError(
      'connection_changed',
      `${known.name} was replaced by another connection a moment ago; nothing was done to it.`,
      {
        diagnosis: {
          cause: 'Another process removed it and made a new one under the same name.',
          fix: [`Look at it, then decide again: forcemint show ${known.name}`],
          who: 'operator',
          retry: 'no',
        },
      },
    );
  }

  async #get(name: string): Promise<ConnectionRow> {
    const connection = await this.#ports.store.getConnection(name);
    if (connection === undefined) throw notFound(name);
    return connection;
  }

  #newId(): string {
    return Buffer.from(this.#ports.random.bytes(16)).toString('hex');
  }

  #event(connectionId: string, type: EventType, detail: ConnectionEvent['detail']): ConnectionEvent {
    return { connectionId, atMs: this.#ports.clock.nowMs(), type, detail };
  }
}

/** What became of a removed connection's grant. */
export type RemovedGrant = 'revoked' | 'already-invalid' | 'nothing-to-revoke' | 'kept' | 'not-reached' | 'refused';

/** A connection can be removed although its grant could not be revoked; how it could not be is said. */
function notRevoked(error: unknown): RemovedGrant {
  if (error instanceof TransportError) return 'not-reached';
  if (error instanceof AuthError) return 'refused';
  throw error;
}

function exists(name: string): ConfigurationError {
  return new ConfigurationError('connection_exists', `There is a connection ${name} already.`, {
    diagnosis: {
      cause: 'Names are unique in a store; another process may have made it a moment ago.',
      fix: [`Change it: forcemint update ${name} …`, 'Replace it: the same command with --replace', 'Or choose another name.'],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}
