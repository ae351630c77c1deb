import { createHash, createPrivateKey, sign } from 'node:crypto';
import type { ConnectionEvent, ConnectionRow, EventRow } from '../../src/connections/connection.ts';
import type {
  ChangeMarks,
  ExchangeLease,
  ExchangeLock,
  Keys,
  LiveRow,
  PendingRevocation,
  Random,
  SigningKey,
  Spool,
  SpooledAnswer,
  StoreCondition,
  StoredRow,
  TokenStore,
  TokenUpdateOptions,
} from '../../src/ports.ts';
import { type WriteKind, writeRefusal } from '../../src/store-condition.ts';
import { leaseLost } from '../../src/tokens/bars.ts';
import type { TokenRow } from '../../src/tokens/token-row.ts';

/** Bytes that repeat from run to run. */
export class SeededRandom implements Random {
  #counter = 0;
  readonly #seed: string;
  constructor(seed: string) {
    this.#seed = seed;
  }
  bytes(length: number): Uint8Array {
    const chunks: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      this.#counter += 1;
      chunks.push(createHash('sha256').update(`${this.#seed}/${this.#counter}`).digest());
    }
    return Buffer.concat(chunks).subarray(0, length);
  }
}

/** What survives the death of a process: the rows, the spool, and the kernel's locks (which do not). */
export class MemoryDisk {
  readonly connections = new Map<string, ConnectionRow>();
  /** Ids by name, so that ten thousand connections are found quickly. */
  readonly names = new Map<string, string>();
  readonly tokens = new Map<string, TokenRow>();
  readonly events: EventRow[] = [];
  readonly spool = new Map<string, SpooledAnswer>();
  readonly revocations = new Map<string, PendingRevocation>();
  /** Answers staged in the store itself, where it is a database. */
  readonly staged = new Map<string, SpooledAnswer>();
  readonly locks = new Map<string, object>();
  /** Leases that a database would keep, by connection; those of `MemoryLock` are kernel locks. */
  readonly leases = new Map<string, { readonly id: string; untilMs: number }>();
  /** How many leases were ever given. */
  leaseCount = 0;
  condition: StoreCondition = { is: 'active' };
  changes = 0;
  /** Called before each write; throws to make it fail. */
  beforeWrite: (what: Written) => void = () => undefined;
  /** Called after each write; throws to make its outcome unknown to who wrote. */
  afterWrite: (what: Written) => void = () => undefined;

  /** The store as it is now. @returns what makes it so again, as a backup or a lagging standby does; spools are elsewhere and stay */
  snapshot(): () => void {
    const { connections, names, tokens, revocations, staged } = this;
    const kept = [connections, names, tokens, revocations, staged].map((rows) => [rows, [...rows]] as const);
    const { length } = this.events;
    return () => {
      for (const [rows, entries] of kept) {
        rows.clear();
        for (const [key, value] of entries) (rows as Map<string, unknown>).set(key, value);
      }
      this.events.length = length;
      this.leases.clear();
      this.changes += 1;
    };
  }
}

export type Written = 'token' | 'connection' | 'spool';

export class MemoryStore implements TokenStore {
  readonly storeId = 'store-of-the-tests';
  readonly #disk: MemoryDisk;
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  async getConnection(name: string): Promise<ConnectionRow | undefined> {
    const known = this.#disk.connections.get(this.#disk.names.get(name) ?? '');
    return known?.name === name ? known : [...this.#disk.connections.values()].find((row) => row.name === name);
  }

  async getRow(name: string): Promise<LiveRow | undefined> {
    const connection = await this.getConnection(name);
    const token = connection && this.#disk.tokens.get(connection.id);
    return connection && token && { connection, token };
  }

  async listConnections(): Promise<readonly ConnectionRow[]> {
    return [...this.#disk.connections.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean> {
    this.#begin('connection', 'begin');
    if ((await this.getConnection(connection.name)) !== undefined) return false;
    this.#disk.names.set(connection.name, connection.id);
    this.#disk.connections.set(connection.id, connection);
    this.#disk.tokens.set(connection.id, token);
    this.#note('connection', events);
    return true;
  }

  async updateConnection(
    connection: ConnectionRow,
    expectedRevision: number,
    token: TokenRow | undefined,
    events: readonly ConnectionEvent[],
  ): Promise<boolean> {
    this.#begin('connection', 'begin');
    if (this.#disk.connections.get(connection.id)?.revision !== expectedRevision) return false;
    const stored = this.#disk.tokens.get(connection.id);
    if (token !== undefined && stored !== undefined) {
      if (token.version < stored.version) return false;
      this.#disk.tokens.set(connection.id, { ...token, revision: Math.max(token.revision, stored.revision + 1) });
    }
    this.#disk.connections.set(connection.id, connection);
    this.#note('connection', events);
    return true;
  }

  async deleteConnection(
    connectionId: string,
    tombstone: TokenRow,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    this.#begin('connection', 'begin');
    if (!this.#disk.connections.delete(connectionId)) return false;
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
    const { revision = 0, version = 0 } = this.#disk.tokens.get(connectionId) ?? {};
    this.#disk.tokens.set(connectionId, {
      ...tombstone,
      revision: Math.max(tombstone.revision, revision + 1),
      version: Math.max(tombstone.version, version),
    });
    this.#note('connection', events);
    return true;
  }

  async getToken(connectionId: string): Promise<TokenRow | undefined> {
    return this.#disk.tokens.get(connectionId);
  }

  async pageRows(after: string | undefined, limit: number): Promise<readonly StoredRow[]> {
    return [...this.#disk.tokens.values()]
      .filter(({ connectionId }) => after === undefined || connectionId > after)
      .sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1))
      .slice(0, limit)
      .map((token) => ({ connection: this.#disk.connections.get(token.connectionId), token }));
  }

  async updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    { revocations = [], lease }: TokenUpdateOptions = {},
  ): Promise<boolean> {
    this.#begin('token', lease === undefined ? 'settle' : 'begin');
    if (lease?.id !== undefined && this.#disk.leases.get(token.connectionId)?.id !== lease.id) throw leaseLost('a connection');
    const stored = this.#disk.tokens.get(token.connectionId);
    if (stored === undefined || stored.revision !== expectedRevision || token.version < stored.version) return false;
    this.#disk.tokens.set(token.connectionId, token);
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
    this.#note('token', events);
    return true;
  }

  async listUnsettled(limit: number): Promise<readonly string[]> {
    return this.#names(({ exchange }) => ['intent', 'unknown'].includes(exchange.phase) || exchange.login !== undefined).slice(
      0,
      limit,
    );
  }

  async listIdle(issuedBefore: number, limit: number): Promise<readonly string[]> {
    const isIdle = ({ refreshToken, exchange, details }: TokenRow) =>
      refreshToken !== undefined && exchange.phase === 'idle' && details !== undefined && details.issuedAt < issuedBefore;
    return this.#names(isIdle).slice(0, limit);
  }

  #names(fits: (row: TokenRow) => boolean): string[] {
    return [...this.#disk.connections.values()].flatMap(({ id, name }) => {
      const row = this.#disk.tokens.get(id);
      return row !== undefined && fits(row) ? [name] : [];
    });
  }

  async addRevocations(revocations: readonly PendingRevocation[]): Promise<void> {
    this.#begin('connection', 'begin');
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
    this.#disk.afterWrite('connection');
  }

  async listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]> {
    return [...this.#disk.revocations.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).slice(0, limit);
  }

  async listRevocations(connectionId: string): Promise<readonly PendingRevocation[]> {
    return [...this.#disk.revocations.values()].filter((revocation) => revocation.connectionId === connectionId);
  }

  async claimRevocation({ id, tries }: PendingRevocation, dueAtMs: number): Promise<boolean> {
    this.#begin('connection', 'begin');
    const stored = this.#disk.revocations.get(id);
    if (stored === undefined || stored.tries !== tries) return false;
    this.#disk.revocations.set(id, { ...stored, tries: tries + 1, dueAtMs });
    this.#disk.afterWrite('connection');
    return true;
  }

  async deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean> {
    this.#begin('connection', 'begin');
    const isThere = this.#disk.revocations.delete(id);
    this.#note('connection', events);
    return isThere;
  }

  async listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]> {
    return this.#disk.events
      .filter((event) => event.connectionId === connectionId)
      .reverse()
      .slice(0, limit);
  }

  async changeMarks(): Promise<ChangeMarks> {
    const { changes } = this.#disk;
    return { of: () => changes };
  }

  async condition(): Promise<StoreCondition> {
    return this.#disk.condition;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** @throws StoreError as the store's condition says */
  #begin(what: Written, kind: WriteKind): void {
    this.#disk.beforeWrite(what);
    const refusal = writeRefusal(this.#disk.condition, kind);
    if (refusal !== undefined) throw refusal;
  }

  #note(what: Written, events: readonly ConnectionEvent[]): void {
    this.#disk.changes += 1;
    for (const event of events) this.#disk.events.push({ ...event, seq: this.#disk.events.length + 1 });
    this.#disk.afterWrite(what);
  }
}

export class MemoryLock implements ExchangeLock {
  readonly #disk: MemoryDisk;
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }
  async tryAcquire(connectionId: string): Promise<ExchangeLease | undefined> {
    if (this.#disk.locks.has(connectionId)) return undefined;
    const holder = {};
    this.#disk.locks.set(connectionId, holder);
    return {
      condition: this.#disk.condition,
      remainingMs: () => Number.POSITIVE_INFINITY,
      release: async () => {
        if (this.#disk.locks.get(connectionId) === holder) this.#disk.locks.delete(connectionId);
      },
    };
  }
}

export class MemorySpool implements Spool {
  readonly #disk: Pick<MemoryDisk, 'spool' | 'beforeWrite'>;
  constructor(disk: Pick<MemoryDisk, 'spool' | 'beforeWrite'>) {
    this.#disk = disk;
  }
  async reserve(): Promise<void> {}
  async write(answer: SpooledAnswer): Promise<void> {
    this.#disk.beforeWrite('spool');
    this.#disk.spool.set(answer.connectionId, answer);
  }
  async read(connectionId: string): Promise<readonly SpooledAnswer[]> {
    return [this.#disk.spool.get(connectionId)].filter((answer) => answer !== undefined);
  }
  async *entries(): AsyncGenerator<SpooledAnswer> {
    yield* this.#disk.spool.values();
  }
  async clear(connectionId: string): Promise<void> {
    this.#disk.spool.delete(connectionId);
  }
  async discard(connectionId: string): Promise<void> {
    this.#disk.spool.delete(connectionId);
  }
}

export const memoryKeys: Keys = {
  signingKey(pem): SigningKey {
    const key = createPrivateKey(pem);
    return { sign: async (data) => sign('sha256', data, key) };
  },
  describeKey: () => ({ bits: 2048, publicKeySha256: '0'.repeat(64) }),
  checkCertificate: () => undefined,
};
