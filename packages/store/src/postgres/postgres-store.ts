import type { ConnectionEvent, ConnectionRow, EventRow } from '@forcemint/core/connections/connection';
import { StoreError } from '@forcemint/core/errors';
import type {
  ChangeMarks,
  ExchangeLock,
  LiveRow,
  PendingRevocation,
  Pick,
  Replicas,
  TokenStore,
  TokenUpdateOptions,
} from '@forcemint/core/ports';
import type { WriteKind } from '@forcemint/core/store-condition';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { type Row, text } from '../rows/columns.ts';
import { mustBelong, mustFollow } from '../rows/row-rules.ts';
import { connectionFromRow, eventFromRow, revocationFromRow } from '../rows/rows.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import { deleteConnection, insertConnection, updateConnection } from './connection-writes.ts';
import type { Write } from './database.ts';
import { Hints } from './hints.ts';
import type { PostgresAddress } from './parse-postgres-url.ts';
import { listIdle, listUnsettled } from './picks.ts';
import { PostgresMaintenance, type PostgresParts } from './postgres-maintenance.ts';
import { type Beat, beat, type Heard, ReplicaRows } from './replica-rows.ts';
import { claimRevocation, deleteRevocation, insertRevocations } from './revocation-writes.ts';
import { RowLeases } from './row-lease.ts';
import { RowReads } from './row-reads.ts';
import { Staging } from './staging.ts';
import { TokenWrites } from './token-writes.ts';
import { MAX_EVENTS } from './write-parts.ts';

/** The store in a PostgreSQL database. Each write is one statement, and so one transaction; reads see what is committed. */
export class PostgresStore extends PostgresMaintenance implements TokenStore {
  /** Raw answers that other machines may need. */
  readonly staging: Staging;
  readonly #hints: Hints;
  readonly #reads: RowReads;
  readonly #tokens: TokenWrites;

  /** Use `openPostgresStore`. */
  constructor(parts: PostgresParts & { readonly direct?: PostgresAddress }) {
    super(parts);
    const { database, clock, random, direct } = parts;
    this.staging = new Staging(database, clock);
    this.#reads = new RowReads(database, clock);
    this.#tokens = new TokenWrites(database, clock);
    this.#hints = new Hints({ database, newListener: () => database.newClient(direct), clock, random });
  }

  /** The right to start exchanges, as rows of this store. @param replicaId of the machine that asks */
  exchangeLock(replicaId: string): ExchangeLock {
    return new RowLeases({ ...this.parts, replicaId });
  }

  /** The machines that use this store. @param ownId of the machine that asks */
  replicas(ownId: string): Replicas {
    return new ReplicaRows(this.parts.database, this.parts.clock, ownId);
  }

  /**
   * Says that a replica is there; every few seconds, and once before it serves.
   * @throws StoreError
   */
  beat(replica: Beat): Promise<Heard> {
    return this.doing(() => beat(this.parts.database, this.parts.timeline, replica));
  }

  async getConnection(name: string): Promise<ConnectionRow | undefined> {
    const [row] = await this.#read('SELECT * FROM forcemint.connections WHERE name = $1', [name]);
    return row && connectionFromRow(row);
  }

  async getRow(name: string): Promise<LiveRow | undefined> {
    return this.doing(() => this.#reads.row(name));
  }

  async listConnections(): Promise<readonly ConnectionRow[]> {
    return (await this.#read('SELECT * FROM forcemint.connections ORDER BY name')).map((row) => connectionFromRow(row));
  }

  async insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean> {
    mustBelong(connection.id, [token, ...events]);
    return this.#write('begin', [connection.id], (writeId) => insertConnection(connection, token, events, writeId));
  }

  /** Name and creation time stay. `false` also if `token` would lower the stored version; the row's revision rises even if `token` brings a lower one. */
  async updateConnection(
    connection: ConnectionRow,
    expectedRevision: number,
    token: TokenRow | undefined,
    events: readonly ConnectionEvent[],
  ): Promise<boolean> {
    mustFollow(connection.revision, expectedRevision);
    mustBelong(connection.id, token === undefined ? events : [token, ...events]);
    return this.#write('begin', [connection.id], (writeId) =>
      updateConnection(connection, expectedRevision, token, events, writeId),
    );
  }

  /** The tombstone keeps the stored version where that is higher than its own. */
  async deleteConnection(
    connectionId: string,
    tombstone: TokenRow,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    mustBelong(connectionId, [tombstone, ...events]);
    return this.#write('begin', [connectionId], (writeId) =>
      deleteConnection(connectionId, tombstone, events, revocations, writeId),
    );
  }

  async getToken(connectionId: string): Promise<TokenRow | undefined> {
    return this.doing(() => this.#reads.token(connectionId));
  }

  async updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    { revocations = [], lease }: TokenUpdateOptions = {},
  ): Promise<boolean> {
    mustFollow(token.revision, expectedRevision);
    mustBelong(token.connectionId, events);
    const update = { token, expectedRevision, events, revocations, leaseId: lease && (lease.id ?? ''), writeId: this.#writeId() };
    const row = await this.doing(() => this.#tokens.write(update));
    return this.#isDone(row, lease === undefined ? 'settle' : 'begin', [token.connectionId]);
  }

  async listUnsettled(limit: number, pick?: Pick): Promise<readonly string[]> {
    const { text: sql, values } = listUnsettled(limit, pick);
    return (await this.#read(sql, values)).map((row) => text(row, 'name'));
  }

  async listIdle(issuedBefore: number, limit: number, pick?: Pick): Promise<readonly string[]> {
    const { text: sql, values } = listIdle(issuedBefore, limit, pick);
    return (await this.#read(sql, values)).map((row) => text(row, 'name'));
  }

  async addRevocations(revocations: readonly PendingRevocation[]): Promise<void> {
    if (revocations.length > 0) {
      const ids = revocations.map(({ connectionId }) => connectionId);
      await this.#write('begin', ids, (writeId) => insertRevocations(revocations, writeId));
    }
  }

  async listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]> {
    const sql = 'SELECT * FROM forcemint.revocations WHERE due_at_ms <= $1::bigint ORDER BY due_at_ms LIMIT $2::bigint';
    return (await this.#read(sql, [nowMs, limit])).map(revocationFromRow);
  }

  async listRevocations(connectionId: string): Promise<readonly PendingRevocation[]> {
    const sql = 'SELECT * FROM forcemint.revocations WHERE connection_id = $1 ORDER BY created_at_ms';
    return (await this.#read(sql, [connectionId])).map(revocationFromRow);
  }

  claimRevocation(revocation: PendingRevocation, dueAtMs: number): Promise<boolean> {
    return this.#write('begin', [revocation.connectionId], (writeId) => claimRevocation(revocation, dueAtMs, writeId));
  }

  async deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean> {
    mustBelong(events[0]?.connectionId ?? '', events);
    return this.#write('begin', events.map(({ connectionId }) => connectionId).slice(0, 1), (writeId) =>
      deleteRevocation(id, events, writeId),
    );
  }

  async listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]> {
    const sql = 'SELECT * FROM forcemint.events WHERE connection_id = $1 ORDER BY ordinal DESC LIMIT $2::bigint';
    return (await this.#read(sql, [connectionId, Math.min(limit, MAX_EVENTS)])).map(eventFromRow);
  }

  async changeMarks(): Promise<ChangeMarks> {
    return this.doing(() => this.#reads.marks());
  }

  /** Word from others comes only over a direct connection: where a pooler stands between and no other address was given, never. */
  onHint(hear: () => void): Disposable {
    return this.#hints.hear(hear);
  }

  protected override async close(): Promise<void> {
    await this.#hints[Symbol.asyncDispose]();
    await super.close();
  }

  async #write(kind: WriteKind, connectionIds: readonly string[], write: (writeId: string) => Write): Promise<boolean> {
    const row = await this.doing(() => this.parts.database.write(write(this.#writeId())));
    return this.#isDone(row, kind, connectionIds);
  }

  #isDone(row: Row, kind: WriteKind, connectionIds: readonly string[]): boolean {
    if (row['written'] !== 0) {
      this.#hints.tell(connectionIds);
      return true;
    }
    refuseWrite(kind, conditionOf(row));
    if (row['leased'] === 0) throw leaseLost();
    return false;
  }

  #read(sql: string, values: unknown[] = []): Promise<readonly Row[]> {
    return this.doing(() => this.parts.database.read(sql, values));
  }

  /** As many characters as a token row keeps of each. */
  #writeId(): string {
    return Buffer.from(this.parts.random.bytes(8)).toString('hex');
  }
}

function leaseLost(): StoreError {
  return new StoreError('lease_lost', 'The right to start this exchange ran out before it began.', {
    retryable: true,
    diagnosis: {
      cause: 'This process was held up for longer than its lease, and another may have it by now.',
      fix: ['Try again; if it happens often, look for what stops this process: too little memory or CPU, suspended machines.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}
