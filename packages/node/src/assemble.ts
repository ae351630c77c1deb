import {
  type AccessToken,
  Administration,
  AfterPublish,
  Answers,
  AuthError,
  type ConnectionRow,
  type ConnectionSecrets,
  type ConnectionStatus,
  type CredentialFacts,
  Credentials,
  credentialFacts,
  describeConnection,
  type EventRow,
  type ExchangePorts,
  ExchangeRunner,
  everyRow,
  type GetTokenOptions,
  HandOver,
  InUse,
  Login,
  notFound,
  Posting,
  Recovery,
  RenewAhead,
  Renewals,
  type RenewOptions,
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
/** Exchanges that are taken up on opening, at most; the others follow when they are needed. */
const MAX_TAKEN_UP = 10_000;

/** The ports of one process, and what to do with them. */
export interface Assembly {
  readonly ports: ExchangePorts;
  /** Begin renewals ahead of expiry while tokens still work. */
  readonly renewAhead: boolean;
  /** Gives back what the ports hold; called once nothing is under way any more. */
  close(): Promise<void>;
}

/** What the machine it runs on asks of a Forcemint, beside what its users do. */
export interface AssembledForcemint extends Forcemint {
  /** Takes up the exchanges that this replica began and did not bring to rest. */
  takeUpOwn(): Promise<void>;
  /** Brings back whatever the spool has and the store lacks. @returns `false`: not all of it, and another try may do more */
  replaySpool(): Promise<boolean>;
  /** Gives up what the spool keeps of connections that were removed on other machines. */
  sweepSpool(): Promise<void>;
  /** Takes up the exchanges of these connections that nobody is working on. */
  settle(names: readonly string[]): Promise<void>;
}

/** Puts the parts of core together over these ports. */
export function assembleForcemint(assembly: Assembly): AssembledForcemint {
  return new Assembled(assembly);
}

class Assembled implements AssembledForcemint {
  readonly administration: Administration;
  readonly login: Login;
  readonly handOver: HandOver;
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #close: () => Promise<void>;
  readonly #manager: TokenManager;
  readonly #renewals: Renewals;
  readonly #renewAhead: RenewAhead;
  readonly #runner: ExchangeRunner;

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
    this.#runner = runner;
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

  renew(connection: string, options?: RenewOptions): Promise<AccessToken> {
    return this.#manager.renew(connection, options);
  }

  async credentials(name: string): Promise<CredentialFacts> {
    const found = await this.#ports.store.getConnection(name);
    if (found === undefined) throw notFound(name);
    return credentialFacts(found, this.#credentials.secretsOf(found), this.#ports.keys);
  }

  async status(name: string): Promise<ConnectionStatus> {
    const { store, clock } = this.#ports;
    const found = await store.getRow(name);
    if (found === undefined) throw notFound(name);
    const { connection, token: row } = found;
    const { length } = await store.listRevocations(connection.id);
    return describeConnection(connection, row, await this.#surroundings(connection, row, length), clock.nowMs());
  }

  async list(): Promise<readonly ConnectionStatus[]> {
    const { store, clock } = this.#ports;
    const nowMs = clock.nowMs();
    const waiting = Map.groupBy(await store.listDueRevocations(Number.MAX_SAFE_INTEGER, MAX_COUNTED), (one) => one.connectionId);
    const described: ConnectionStatus[] = [];
    for await (const { connection, token: row } of everyRow(store)) {
      if (connection === undefined) continue;
      const surroundings = await this.#surroundings(connection, row, waiting.get(connection.id)?.length ?? 0);
      described.push(describeConnection(connection, row, surroundings, nowMs));
    }
    return described.sort((a, b) => (a.connection.name < b.connection.name ? -1 : 1));
  }

  async #surroundings(connection: ConnectionRow, row: TokenRow, pendingRevocations: number): Promise<Surroundings> {
    const { spool, durations } = this.#ports;
    const attempts = [row.exchange.attempt, row.exchange.login].filter((attempt) => attempt !== undefined);
    const ids = attempts.map(({ id }) => id);
    const staged = ids.length > 0 ? await spool.read(connection.id, ids) : [];
    return {
      secrets: this.#openedSecrets(connection),
      hasStagedAnswer: staged.some(({ attemptId }) => ids.includes(attemptId)),
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

  async takeUpOwn(): Promise<void> {
    const { store, replicas } = this.#ports;
    for (const name of await store.listUnsettled(MAX_TAKEN_UP)) {
      const found = await store.getRow(name);
      const attempts = [found?.token.exchange.attempt, found?.token.exchange.login];
      const isOwn = attempts.some((attempt) => attempt !== undefined && attempt.replica === replicas?.ownId);
      if (found !== undefined && isOwn) await this.#takeUp(found.connection);
    }
  }

  async replaySpool(): Promise<boolean> {
    let isWhole = true;
    const { store, spool } = this.#ports;
    const connections = new Map((await store.listConnections()).map((connection) => [connection.id, connection]));
    for await (const { connectionId } of spool.entries()) {
      const connection = connections.get(connectionId);
      if (connection !== undefined && !(await this.#takeUp(connection))) isWhole = false;
    }
    return isWhole;
  }

  async sweepSpool(): Promise<void> {
    const { store, spool } = this.#ports;
    for await (const { connectionId } of spool.entries()) {
      const token = await store.getToken(connectionId);
      if (token?.exchange.phase === 'deleted') await spool.discard(connectionId);
    }
  }

  async settle(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const connection = await this.#ports.store.getConnection(name);
      if (connection !== undefined) await this.#takeUp(connection);
    }
  }

  /**
   * What stands in the way of one connection is told to whoever needs it, and does not hold up the others.
   * @returns `false`: another has its lock, or the store failed, so that it may be worth another try
   */
  async #takeUp(connection: ConnectionRow): Promise<boolean> {
    try {
      return (await this.#runner.takeUp(connection)) !== undefined;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      this.#ports.warn(`what the spool holds of ${connection.name} could not be taken up: ${error.message}`);
      return !(error instanceof StoreError);
    }
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
