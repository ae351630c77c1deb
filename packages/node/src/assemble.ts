import {
  type AccessToken,
  Administration,
  AfterPublish,
  Answers,
  type ConnectionRow,
  type ConnectionSecrets,
  type ConnectionStatus,
  Credentials,
  describeConnection,
  type EventRow,
  type ExchangePorts,
  ExchangeRunner,
  type GetTokenOptions,
  HandOver,
  InUse,
  Login,
  notFound,
  Posting,
  Recovery,
  RenewAhead,
  Renewals,
  Revocations,
  StoreError,
  type Surroundings,
  TokenManager,
  type TokenRow,
} from '@forcemint/core';
import type { Forcemint } from './forcemint.ts';

const DEFAULT_EVENTS = 50;
/** Revocations that a list of all connections counts at most. */
const MAX_COUNTED = 10_000;

/** The ports of one process, and what to do with them. */
export interface Assembly {
  readonly ports: ExchangePorts;
  /** Begin renewals ahead of expiry while tokens still work. */
  readonly renewAhead: boolean;
  /** Gives back what the ports hold; called once nothing is under way any more. */
  close(): Promise<void>;
}

/** Puts the parts of core together over these ports. */
export function assembleForcemint(assembly: Assembly): Forcemint {
  return new AssembledForcemint(assembly);
}

class AssembledForcemint implements Forcemint {
  readonly administration: Administration;
  readonly login: Login;
  readonly handOver: HandOver;
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #close: () => Promise<void>;
  readonly #manager: TokenManager;
  readonly #renewals: Renewals;
  readonly #renewAhead: RenewAhead;

  constructor({ ports, close, renewAhead }: Assembly) {
    const credentials = new Credentials(ports);
    const revocations = new Revocations(ports);
    this.#ports = ports;
    this.#credentials = credentials;
    this.#close = close;
    const answers = new Answers(ports, new AfterPublish(ports, credentials, revocations), revocations);
    const posting = new Posting(ports, credentials, answers);
    const recovery = new Recovery(ports, credentials, answers);
    const runner = new ExchangeRunner(ports, posting, recovery);
    this.#renewals = new Renewals(runner);
    const inUse = new InUse(ports);
    this.#manager = new TokenManager(ports, this.#renewals, inUse);
    this.#renewAhead = new RenewAhead(ports, { runner, renewals: this.#renewals, inUse, revocations });
    if (renewAhead) this.#renewAhead.start();
    this.administration = new Administration(ports, credentials, recovery, revocations);
    this.login = new Login(ports, credentials, posting, answers, recovery);
    this.handOver = new HandOver(ports, credentials, recovery);
  }

  getToken(connection: string, options?: GetTokenOptions): Promise<AccessToken> {
    return this.#manager.getToken(connection, options);
  }

  reportInvalid(connection: string, rejected: string): Promise<void> {
    return this.#manager.reportInvalid(connection, rejected);
  }

  renew(connection: string): Promise<AccessToken> {
    return this.#manager.renew(connection);
  }

  async status(name: string): Promise<ConnectionStatus> {
    const { store, clock } = this.#ports;
    const connection = await store.getConnection(name);
    const row = connection && (await store.getToken(connection.id));
    if (connection === undefined || row === undefined) throw notFound(name);
    const { length } = await store.listRevocations(connection.id);
    return describeConnection(connection, row, await this.#surroundings(connection, row, length), clock.nowMs());
  }

  async list(): Promise<readonly ConnectionStatus[]> {
    const { store, clock } = this.#ports;
    const nowMs = clock.nowMs();
    const waiting = Map.groupBy(await store.listDueRevocations(Number.MAX_SAFE_INTEGER, MAX_COUNTED), (one) => one.connectionId);
    const described: ConnectionStatus[] = [];
    for (const connection of await store.listConnections()) {
      const row = await store.getToken(connection.id);
      if (row === undefined) continue;
      const surroundings = await this.#surroundings(connection, row, waiting.get(connection.id)?.length ?? 0);
      described.push(describeConnection(connection, row, surroundings, nowMs));
    }
    return described;
  }

  async #surroundings(connection: ConnectionRow, row: TokenRow, pendingRevocations: number): Promise<Surroundings> {
    const { spool, durations } = this.#ports;
    const attempts = [row.exchange.attempt, row.exchange.login].filter((attempt) => attempt !== undefined);
    const staged = attempts.length > 0 ? await spool.read(connection.id) : undefined;
    return {
      secrets: this.#openedSecrets(connection),
      hasStagedAnswer: attempts.some(({ id }) => id === staged?.attemptId),
      pendingRevocations,
      durations,
    };
  }

  /** A connection whose secrets do not open can still be looked at, and removed. */
  #openedSecrets(connection: ConnectionRow): ConnectionSecrets | undefined {
    try {
      return this.#credentials.secretsOf(connection);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  async events(name: string, limit = DEFAULT_EVENTS): Promise<readonly EventRow[]> {
    const connection = await this.#ports.store.getConnection(name);
    if (connection === undefined) throw notFound(name);
    return this.#ports.store.listEvents(connection.id, limit);
  }

  async idle(): Promise<void> {
    await this.#manager.idle();
    await this.#ports.underway.idle();
  }

  async drain(): Promise<void> {
    this.#renewals.close();
    await this.#renewAhead.stop();
    await this.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.#close();
  }
}
