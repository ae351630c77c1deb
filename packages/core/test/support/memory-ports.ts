import { createHash, createPrivateKey, sign } from 'node:crypto';
import type { ConnectionEvent, ConnectionRow, EventRow } from '../../src/connections/connection.ts';
import type {
  ExchangeLock,
  Keys,
  PendingRevocation,
  Random,
  SigningKey,
  Spool,
  SpooledAnswer,
  TokenStore,
} from '../../src/ports.ts';
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
  readonly locks = new Map<string, object>();
  changes = 0;
  /** Called before each write; throws to make it fail. */
  beforeWrite: (what: 'token' | 'connection' | 'spool') => void = () => undefined;
}

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

  async listConnections(): Promise<readonly ConnectionRow[]> {
    return [...this.#disk.connections.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean> {
    this.#disk.beforeWrite('connection');
    if ((await this.getConnection(connection.name)) !== undefined) return false;
    this.#disk.names.set(connection.name, connection.id);
    this.#disk.connections.set(connection.id, connection);
    this.#disk.tokens.set(connection.id, token);
    this.#note(events);
    return true;
  }

  async updateConnection(
    connection: ConnectionRow,
    expectedRevision: number,
    token: TokenRow | undefined,
    events: readonly ConnectionEvent[],
  ): Promise<boolean> {
    this.#disk.beforeWrite('connection');
    if (this.#disk.connections.get(connection.id)?.revision !== expectedRevision) return false;
    const stored = this.#disk.tokens.get(connection.id);
    if (token !== undefined && stored !== undefined) {
      if (token.version < stored.version) return false;
      this.#disk.tokens.set(connection.id, { ...token, revision: Math.max(token.revision, stored.revision + 1) });
    }
    this.#disk.connections.set(connection.id, connection);
    this.#note(events);
    return true;
  }

  async deleteConnection(
    connectionId: string,
    tombstone: TokenRow,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    this.#disk.beforeWrite('connection');
    if (!this.#disk.connections.delete(connectionId)) return false;
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
    const { revision = 0, version = 0 } = this.#disk.tokens.get(connectionId) ?? {};
    this.#disk.tokens.set(connectionId, {
      ...tombstone,
      revision: Math.max(tombstone.revision, revision + 1),
      version: Math.max(tombstone.version, version),
    });
    this.#note(events);
    return true;
  }

  async getToken(connectionId: string): Promise<TokenRow | undefined> {
    return this.#disk.tokens.get(connectionId);
  }

  async updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    this.#disk.beforeWrite('token');
    const stored = this.#disk.tokens.get(token.connectionId);
    if (stored === undefined || stored.revision !== expectedRevision || token.version < stored.version) return false;
    this.#disk.tokens.set(token.connectionId, token);
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
    this.#note(events);
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
    this.#disk.beforeWrite('connection');
    for (const revocation of revocations) this.#disk.revocations.set(revocation.id, revocation);
  }

  async listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]> {
    return [...this.#disk.revocations.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).slice(0, limit);
  }

  async listRevocations(connectionId: string): Promise<readonly PendingRevocation[]> {
    return [...this.#disk.revocations.values()].filter((revocation) => revocation.connectionId === connectionId);
  }

  async claimRevocation({ id, tries }: PendingRevocation, dueAtMs: number): Promise<boolean> {
    this.#disk.beforeWrite('connection');
    const stored = this.#disk.revocations.get(id);
    if (stored === undefined || stored.tries !== tries) return false;
    this.#disk.revocations.set(id, { ...stored, tries: tries + 1, dueAtMs });
    return true;
  }

  async deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean> {
    this.#disk.beforeWrite('connection');
    this.#note(events);
    return this.#disk.revocations.delete(id);
  }

  async listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]> {
    return this.#disk.events
      .filter((event) => event.connectionId === connectionId)
      .reverse()
      .slice(0, limit);
  }

  async changeCounter(): Promise<number> {
    return this.#disk.changes;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #note(events: readonly ConnectionEvent[]): void {
    this.#disk.changes += 1;
    for (const event of events) this.#disk.events.push({ ...event, seq: this.#disk.events.length + 1 });
  }
}

export class MemoryLock implements ExchangeLock {
  readonly #disk: MemoryDisk;
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }
  async tryAcquire(connectionId: string): Promise<{ release(): Promise<void> } | undefined> {
    if (this.#disk.locks.has(connectionId)) return undefined;
    const holder = {};
    this.#disk.locks.set(connectionId, holder);
    return {
      release: async () => {
        if (this.#disk.locks.get(connectionId) === holder) this.#disk.locks.delete(connectionId);
      },
    };
  }
}

export class MemorySpool implements Spool {
  readonly #disk: MemoryDisk;
  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }
  async reserve(): Promise<void> {}
  async write(connectionId: string, answer: SpooledAnswer): Promise<void> {
    this.#disk.beforeWrite('spool');
    this.#disk.spool.set(connectionId, answer);
  }
  async read(connectionId: string): Promise<SpooledAnswer | undefined> {
    return this.#disk.spool.get(connectionId);
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
  checkCertificate: () => undefined,
};
