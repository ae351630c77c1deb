import {
  type AccessToken,
  Administration,
  AfterPublish,
  type ConnectionRow,
  type ConnectionSecrets,
  type ConnectionStatus,
  Credentials,
  describeConnection,
  durationsWith,
  type EventRow,
  type ExchangePorts,
  ExchangeRunner,
  type GetTokenOptions,
  type HostPolicy,
  Login,
  MasterKey,
  notFound,
  Posting,
  parseExtraHosts,
  Recovery,
  Renewals,
  Seal,
  StoreError,
  TokenManager,
  Underway,
} from '@forcemint/core';
import { openSqliteStore, type SqliteStore } from '@forcemint/store';
import { systemClock } from './clock.ts';
import type { Forcemint, OpenOptions } from './forcemint.ts';
import { createHttp, type NodeHttp } from './http.ts';
import { createKernelLock, type NodeExchangeLock } from './kernel-lock.ts';
import { nodeKeys } from './keys.ts';
import { loadMasterKey } from './master-key.ts';
import { type Paths, resolvePaths } from './paths.ts';
import { systemRandom } from './random.ts';
import { createSpool } from './spool.ts';

const DEFAULT_EVENTS = 50;

/**
 * Opens the store and everything around it; makes store and master key where there are none yet.
 * @throws StoreError when the store, its key or its files do not work; ConfigurationError for a bad entry in `FORCEMINT_EXTRA_HOSTS`; TypeError for
 * durations that break their order
 */
export async function openForcemint(options: OpenOptions = {}): Promise<Forcemint> {
  const env = { ...(options.env ?? process.env) };
  if (options.home !== undefined) env['FORCEMINT_HOME'] = options.home;
  if (options.store !== undefined) env['FORCEMINT_STORE'] = options.store;
  const durations = durationsWith(options.durations);
  const policy: HostPolicy = {
    extraOrigins: [...parseExtraHosts(env['FORCEMINT_EXTRA_HOSTS']), ...parseExtraHosts(options.extraHosts?.join(','))],
    sovereign: env['FORCEMINT_SOVEREIGN_HOSTS'] === '1',
  };
  const paths = resolvePaths(env);
  const store = await openSqliteStore({ path: paths.storePath, clock: systemClock, random: systemRandom });
  try {
    const seal = await openSeal(store, paths, env, options.onWarning ?? ((text) => process.emitWarning(text)));
    const http = createHttp({ env });
    const lock = createKernelLock({ storePath: paths.storePath });
    const ports: ExchangePorts = {
      store,
      seal,
      http,
      lock,
      spool: createSpool({ directory: paths.spoolDir }),
      clock: systemClock,
      random: systemRandom,
      keys: nodeKeys,
      policy,
      durations,
      underway: new Underway(),
    };
    return new OpenForcemint(ports, { store, http, lock }, options.renewAhead ?? true);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** The seal of a store, which its first user binds to the master key. A wrong key is noticed here, before it can do harm. */
async function openSeal(
  store: SqliteStore,
  paths: Paths,
  env: Readonly<NodeJS.ProcessEnv>,
  onWarning: (text: string) => void,
): Promise<Seal> {
  const storeIsEmpty = store.masterKeyCheck() === undefined && store.isEmpty();
  const found = loadMasterKey({ env, masterKeyFile: paths.masterKeyFile, storeIsEmpty, random: systemRandom });
  for (const text of found.warnings) onWarning(text);
  const master = new MasterKey(found.key, systemRandom);
  if (store.masterKeyCheck() === undefined) {
    const dataKey = master.makeDataKey(store.storeId, 1, systemClock.nowMs());
    await store.initialise({ check: master.makeCheck(store.storeId), dataKey });
  }
  master.verifyCheck(store.storeId, store.masterKeyCheck() ?? new Uint8Array());
  return new Seal(store.storeId, master, store.dataKeys(), systemRandom);
}

/** What is closed at the end. */
interface Machine {
  readonly store: SqliteStore;
  readonly http: NodeHttp;
  readonly lock: NodeExchangeLock;
}

class OpenForcemint implements Forcemint {
  readonly administration: Administration;
  readonly login: Login;
  readonly #ports: ExchangePorts;
  readonly #credentials: Credentials;
  readonly #store: SqliteStore;
  readonly #machine: Machine;
  readonly #manager: TokenManager;

  constructor(ports: ExchangePorts, machine: Machine, renewAhead: boolean) {
    const credentials = new Credentials(ports);
    this.#ports = ports;
    this.#credentials = credentials;
    this.#store = machine.store;
    this.#machine = machine;
    const posting = new Posting(ports, credentials, new AfterPublish(ports, credentials));
    const recovery = new Recovery(ports, credentials, posting);
    const runner = new ExchangeRunner(ports, posting, recovery);
    this.#manager = new TokenManager(ports, new Renewals(runner), { renewAhead });
    this.administration = new Administration(ports, credentials, recovery);
    this.login = new Login(ports, credentials, posting, recovery);
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
    const connection = await this.#store.getConnection(name);
    const row = connection && (await this.#store.getToken(connection.id));
    if (connection === undefined || row === undefined) throw notFound(name);
    return describeConnection(connection, row, this.#openedSecrets(connection), this.#ports.clock.nowMs());
  }

  async list(): Promise<readonly ConnectionStatus[]> {
    const nowMs = this.#ports.clock.nowMs();
    const connections = await this.#store.listConnections();
    const rows = await Promise.all(connections.map((connection) => this.#store.getToken(connection.id)));
    return connections.flatMap((connection, index) => {
      const row = rows[index];
      return row === undefined ? [] : [describeConnection(connection, row, this.#openedSecrets(connection), nowMs)];
    });
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
    const connection = await this.#store.getConnection(name);
    if (connection === undefined) throw notFound(name);
    return this.#store.listEvents(connection.id, limit);
  }

  async idle(): Promise<void> {
    await this.#manager.idle();
    await this.#ports.underway.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.idle();
    const { http, lock, store } = this.#machine;
    await http[Symbol.asyncDispose]();
    lock[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
  }
}
