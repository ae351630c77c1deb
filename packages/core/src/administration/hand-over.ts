import type { ConnectionEvent, ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { ConfigurationError, TransportError } from '../errors.ts';
import type { ExchangeLease } from '../ports.ts';
import { spentWith } from '../tokens/accept-answer.ts';
import { fingerprint } from '../tokens/access-token.ts';
import type { Credentials } from '../tokens/credentials.ts';
import { handedOver, takenBack } from '../tokens/exchange.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';
import { errorFrom, notFound, reauthorizationRequired, wayToAuthorize } from '../tokens/failures.ts';
import type { Recovery } from '../tokens/recovery.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { openRefreshToken } from '../tokens/token-seals.ts';
import { withExchangeLock } from './exchange-lock.ts';

/** A grant that leaves this store: everything that another product needs to renew it. Holds secrets. */
export interface ReleasedGrant {
  readonly connection: string;
  readonly loginUrl: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly refreshToken: string;
  /** Origin of the org's REST API, as the last answer named it. */
  readonly instanceUrl: string | undefined;
  readonly scope: string | undefined;
  /** Whether the new owner must keep the refresh token of each answer. */
  readonly rotates: 'yes' | 'no' | 'unseen';
}

/**
 * Hands the grant of a connection to another product, in two steps, so that at no moment two own it and at none nobody has it: `release` ends our use of it
 * for good, `forget` erases it once it is safe elsewhere; `takeBack` undoes a release that came to nothing.
 */
export class HandOver {
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #recovery: Recovery;

  constructor(ports: ExchangePorts, credentials: Credentials, recovery: Recovery) {
    this.#ports = ports;
    this.#credentials = credentials;
    this.#recovery = recovery;
  }

  /**
   * From here on the connection is `handed-over`: it is not renewed and hands out no token. Until `forget` this may be called again and gives the same.
   * @throws ConfigurationError `invalid_setting` for a grant without refresh token; TransportError `outcome_unknown`; ReauthorizationRequired where there
   * is no living refresh token, `handed_over` where it was handed over and forgotten
   */
  async release(name: string): Promise<ReleasedGrant> {
    const known = await this.#get(name);
    return withExchangeLock(this.#ports, known, async (lease) => {
      const connection = await this.#get(name);
      if (connection.id !== known.id) throw notFound(name);
      if (!usesRefreshToken(connection.settings)) throw nothingToHandOver(connection);
      const found = await this.#row(connection);
      if (found.exchange.phase !== 'handed-over') await this.#recovery.recover(connection, found);
      // Of the row that is written over: a late answer may have brought another refresh token since.
      return this.#change(
        connection,
        (current) => {
          const grant = this.#grantOf(connection, current);
          return {
            row: { ...current, accessToken: undefined, heldAnswer: undefined, exchange: handedOver(current.exchange) },
            detail: { step: 'released', refresh_token: fingerprint(grant.refreshToken) },
            result: grant,
          };
        },
        lease,
      );
    });
  }

  /** The grant is safe at its new owner: it is erased here. @throws as `release`; TypeError unless it was released */
  async forget(name: string): Promise<void> {
    const connection = await this.#get(name);
    await withExchangeLock(this.#ports, connection, async () => {
      await this.#change(connection, (current) => {
        if (current.exchange.phase !== 'handed-over') throw new TypeError(`${name} was not released`);
        const spent = spentWith(current, this.#ports.seal);
        return {
          row: { ...current, refreshToken: undefined, exchange: { ...current.exchange, spent } },
          detail: { step: 'forgotten' },
          result: undefined,
        };
      });
      // The last answer that brought a refresh token lies there.
      await this.#ports.spool.clear(connection.id);
    });
  }

  /**
   * The grant could not be given to anybody: it is used here as before.
   * @throws as `release`; TypeError unless it was released, and not forgotten
   */
  async takeBack(name: string): Promise<void> {
    const connection = await this.#get(name);
    await withExchangeLock(this.#ports, connection, () =>
      this.#change(connection, (current) => {
        const isReleased = current.exchange.phase === 'handed-over' && current.refreshToken !== undefined;
        if (!isReleased) throw new TypeError(`${name} was not released, or is forgotten`);
        return { row: { ...current, exchange: takenBack(current.exchange) }, detail: { step: 'taken back' }, result: undefined };
      }),
    );
  }

  #grantOf(connection: ConnectionRow, row: TokenRow): ReleasedGrant {
    const { name, settings } = connection;
    const { phase, reauthorization, heldFailure } = row.exchange;
    if (phase === 'reauthorization-required') throw reauthorizationRequired(connection, reauthorization ?? 'refresh_token_dead');
    if (phase === 'intent' || phase === 'unknown') throw outcomeUnknown(connection);
    if (phase === 'held' && heldFailure !== undefined) throw errorFrom(heldFailure);
    const refreshToken = openRefreshToken(row, this.#ports.seal);
    if (refreshToken === undefined) {
      throw reauthorizationRequired(connection, phase === 'handed-over' ? 'handed_over' : 'never_authorized');
    }
    const { loginUrl, clientId } = settings;
    const { clientSecret } = this.#credentials.secretsOf(connection);
    const { instanceUrl, scope } = row.details ?? {};
    const { rotation } = row.exchange;
    const rotates = settings.rotates === 'auto' ? rotation : settings.rotates;
    return { connection: name, loginUrl, clientId, clientSecret, refreshToken, instanceUrl, scope, rotates };
  }

  async #change<T>(
    connection: ConnectionRow,
    change: (row: TokenRow) => { row: TokenRow; detail: ConnectionEvent['detail']; result: T },
    lease?: ExchangeLease,
  ): Promise<T> {
    const { store, clock } = this.#ports;
    for (;;) {
      const current = await this.#row(connection);
      const { row, detail, result } = change(current);
      const event: ConnectionEvent = { connectionId: connection.id, atMs: clock.nowMs(), type: 'handed-over', detail };
      const next = { ...row, revision: current.revision + 1 };
      if (await store.updateToken(next, current.revision, [event], lease && { lease })) return result;
    }
  }

  async #row({ id, name }: ConnectionRow): Promise<TokenRow> {
    const row = await this.#ports.store.getToken(id);
    if (row === undefined || row.exchange.phase === 'deleted') throw notFound(name);
    return row;
  }

  async #get(name: string): Promise<ConnectionRow> {
    const connection = await this.#ports.store.getConnection(name);
    if (connection === undefined) throw notFound(name);
    return connection;
  }
}

function nothingToHandOver({ name, settings }: ConnectionRow): ConfigurationError {
  return new ConfigurationError('invalid_setting', `${name} has the grant ${settings.grant}, which has no refresh token.`, {
    diagnosis: {
      cause: 'Only a login, or an adopted refresh token, leaves a grant that another product can go on renewing.',
      fix: ['Give the other product credentials of its own: this grant needs no human, and several may use it at once.'],
      who: 'developer',
      retry: 'no',
    },
  });
}

function outcomeUnknown(connection: ConnectionRow): TransportError {
  return new TransportError(
    'outcome_unknown',
    'no',
    `The last renewal of ${connection.name} left and no answer came: its refresh token may be spent, and is not handed over.`,
    {
      diagnosis: {
        cause: 'A refresh token works once; whoever got a spent one would end the grant with it.',
        fix: [
          `See when it is tried again: forcemint status ${connection.name}`,
          `Or authorize again and hand that over: ${wayToAuthorize(connection)}`,
        ],
        who: 'nobody',
        retry: 'wait',
      },
    },
  );
}
