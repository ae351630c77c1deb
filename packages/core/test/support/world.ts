import { Administration } from '../../src/administration/administration.ts';
import { HandOver } from '../../src/administration/hand-over.ts';
import { Login } from '../../src/administration/login.ts';
import type { ConnectionRow } from '../../src/connections/connection.ts';
import type { ConnectionInput } from '../../src/connections/settings.ts';
import { MasterKey, Seal } from '../../src/seal/seal.ts';
import { AfterPublish } from '../../src/tokens/after-publish.ts';
import { Answers } from '../../src/tokens/answers.ts';
import { Credentials } from '../../src/tokens/credentials.ts';
import { type Durations, durationsWith } from '../../src/tokens/durations.ts';
import type { ExchangePorts } from '../../src/tokens/exchange-ports.ts';
import { ExchangeRunner } from '../../src/tokens/exchange-runner.ts';
import { InUse } from '../../src/tokens/in-use.ts';
import { Posting } from '../../src/tokens/post-once.ts';
import { Recovery } from '../../src/tokens/recovery.ts';
import { RenewAhead } from '../../src/tokens/renew-ahead.ts';
import { Renewals } from '../../src/tokens/renewals.ts';
import { Revocations } from '../../src/tokens/revocations.ts';
import { TokenManager } from '../../src/tokens/token-manager.ts';
import type { TokenRow } from '../../src/tokens/token-row.ts';
import { openRefreshToken } from '../../src/tokens/token-seals.ts';
import { Underway } from '../../src/tokens/underway.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk, MemoryLock, MemorySpool, MemoryStore, memoryKeys, SeededRandom } from './memory-ports.ts';
import { ORIGIN, SECRET, SimulatedSalesforce } from './simulated-salesforce.ts';

/** One process of ours: its memory is gone when it dies, the disk is not. */
export interface Process {
  readonly ports: ExchangePorts;
  readonly manager: TokenManager;
  readonly administration: Administration;
  readonly login: Login;
  readonly handOver: HandOver;
  readonly afterPublish: AfterPublish;
  readonly runner: ExchangeRunner;
  readonly renewals: Renewals;
  /** Not started. */
  readonly renewAhead: RenewAhead;
}

/** A simulated machine: one disk, one clock, one Salesforce, any number of processes. */
export class World {
  readonly clock = new ManualClock();
  readonly disk = new MemoryDisk();
  readonly salesforce: SimulatedSalesforce;
  /** Time at the database, where there is one: true time. */
  readonly databaseClock: ManualClock;
  readonly #random: SeededRandom;
  readonly #seal: Seal;
  readonly #durations: Durations;
  /** Refresh tokens by their sealed bytes: judges ask for the same one again and again. */
  readonly #opened = new WeakMap<Uint8Array, string>();

  /** @param options `salesforceClock`: time at Salesforce, where it is not that of this machine */
  constructor(
    options: { readonly seed?: string; readonly durations?: Partial<Durations>; readonly salesforceClock?: ManualClock } = {},
  ) {
    this.salesforce = new SimulatedSalesforce(options.salesforceClock ?? this.clock);
    this.databaseClock = options.salesforceClock ?? this.clock;
    this.#random = new SeededRandom(options.seed ?? 'world');
    this.#durations = durationsWith(options.durations);
    const master = new MasterKey(this.#random.bytes(32), this.#random);
    this.#seal = new Seal('store-of-the-tests', master, [master.makeDataKey('store-of-the-tests', 1, 0)], this.#random);
  }

  process(changes: Partial<ExchangePorts> = {}): Process {
    const ports: ExchangePorts = {
      store: new MemoryStore(this.disk),
      seal: this.#seal,
      lock: new MemoryLock(this.disk),
      spool: new MemorySpool(this.disk),
      http: this.salesforce,
      clock: this.clock,
      random: this.#random,
      keys: memoryKeys,
      policy: { extraOrigins: [], sovereign: false },
      durations: this.#durations,
      underway: new Underway(),
      warn: () => undefined,
      ...changes,
    };
    const credentials = new Credentials(ports);
    const revocations = new Revocations(ports);
    const afterPublish = new AfterPublish(ports, credentials, revocations);
    const answers = new Answers(ports, afterPublish, revocations);
    const posting = new Posting(ports, credentials, answers);
    const recovery = new Recovery(ports, credentials, answers);
    const runner = new ExchangeRunner(ports, posting, recovery);
    const renewals = new Renewals(runner);
    const inUse = new InUse(ports);
    const renewAhead = new RenewAhead(ports, { runner, renewals, inUse, revocations });
    return {
      ports,
      manager: new TokenManager(ports, renewals, inUse),
      renewals,
      renewAhead,
      runner,
      administration: new Administration(ports, credentials, recovery, revocations),
      login: new Login(ports, credentials, posting, answers, recovery),
      handOver: new HandOver(ports, credentials, recovery),
      afterPublish,
    };
  }

  /** A connection that renews with a refresh token, without a token yet. */
  async adopt(settings: Partial<ConnectionInput> = {}): Promise<ConnectionRow> {
    return this.process().administration.connect('acme', {
      settings: { grant: 'refresh-token', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off', ...settings },
      secrets: { clientSecret: SECRET },
      refreshToken: this.salesforce.currentRefreshToken,
    });
  }

  /** A connection of the client credentials grant, without a token yet. */
  async connectClientCredentials(settings: Partial<ConnectionInput> = {}): Promise<ConnectionRow> {
    return this.process().administration.connect('acme', {
      settings: {
        grant: 'client-credentials',
        loginUrl: ORIGIN,
        clientId: 'synthetic-consumer-key',
        introspect: 'off',
        ...settings,
      },
      secrets: { clientSecret: SECRET },
    });
  }

  row(): TokenRow {
    const row = [...this.disk.tokens.values()][0];
    if (row === undefined) throw new Error('no connection was made');
    return row;
  }

  storedRefreshToken(row: TokenRow = this.row()): string | undefined {
    if (row.refreshToken === undefined) return undefined;
    const opened = this.#opened.get(row.refreshToken) ?? openRefreshToken(row, this.#seal);
    if (opened !== undefined) this.#opened.set(row.refreshToken, opened);
    return opened;
  }

  /** Who holds the connection's exchange lock: of a lease, whether or not its time is over, who took it last. */
  holderOf(connectionId: string): unknown {
    return this.disk.locks.get(connectionId) ?? this.disk.leases.get(connectionId)?.id;
  }

  /** Whether anybody may be in the middle of an exchange. */
  get isLocked(): boolean {
    const nowMs = this.databaseClock.nowMs();
    return this.disk.locks.size > 0 || [...this.disk.leases.values()].some(({ untilMs }) => untilMs > nowMs);
  }

  /** The process that held a lock is gone: the kernel frees what it held. */
  freeLocks(): void {
    this.disk.locks.clear();
  }
}
