import { StoreError } from '@forcemint/core/errors';
import type { Clock, Random } from '@forcemint/core/ports';
import type { Client, ClientConfig, Pool, PoolClient } from 'pg';
import type { Row } from '../rows/columns.ts';
import { Deadlines } from './deadlines.ts';
import { DURABLY } from './durability.ts';
import type { PostgresAddress } from './parse-postgres-url.ts';
import {
  asStoreError,
  ConnectionCut,
  isConnectionCut,
  isOfOneRow,
  isRepeatable,
  poolExhausted,
  unreachable,
} from './postgres-errors.ts';
import { Prepared } from './prepared.ts';

export interface DatabaseOptions {
  readonly address: PostgresAddress;
  readonly clock: Clock;
  readonly random: Random;
  /** Connections at most. Default 10. */
  readonly poolSize?: number;
  /** How long a caller waits for a connection, whether none is free or the server doesn't answer. Default 10,000. */
  readonly connectWaitMs?: number;
  /** How long a statement may take before its connection is given up. Default 15,000. */
  readonly queryWaitMs?: number;
}

export interface Query {
  readonly text: string;
  readonly values: unknown[];
}

/** A statement that writes, and how to find out whether it did. Its one row has a column `written`, an integer. */
export interface Write extends Query {
  /** Whether a statement just like this was committed, asked when its connection was cut. */
  readonly wasWritten: (database: Database) => Promise<boolean>;
}

/** Writes of one kind that share a statement. */
export interface Writes<T> {
  /** Its rows are as those of a `Write`, one for each. */
  readonly statement: (writes: readonly T[]) => Query;
  /** As `Write.wasWritten`, for each. */
  readonly wereWritten: (database: Database, writes: readonly T[]) => Promise<readonly boolean[]>;
}

const ONE: Writes<Write> = {
  statement: ([write]) => write as Write,
  wereWritten: async (database, [write]) => [await (write as Write).wasWritten(database)],
};

/** One connection within a transaction. */
export interface Transaction {
  query(text: string, values?: unknown[]): Promise<readonly Row[]>;
  /** Its COMMIT waits for the disk, whatever server, database or role say. */
  durable(): Promise<void>;
}

export interface TransactionOptions<T> {
  /** How long one statement of it may take. */
  readonly waitMs?: number;
  /** The connection was cut, and perhaps after the COMMIT: reads what came of it. `undefined`: nothing was committed, or it can't be told. */
  readonly whenCut?: () => Promise<T | undefined>;
}

/** What is used of the driver, which is loaded only when a store in PostgreSQL is opened. */
type Driver = Pick<typeof import('pg'), 'Client' | 'Pool' | 'types'>;

const REPEATS = 10;
const CUT_REPEATS = 3;
/** Object ids of types, in `pg_type`. */
const BYTEA = 17;
const INT8 = 20;

/**
 * Connections to one PostgreSQL database. Nothing that must outlive a transaction: any PgBouncer may stand between.
 * All methods throw `StoreError`.
 */
export class Database {
  readonly safeUrl: string;
  readonly #pool: Pool;
  readonly #newClient: (address?: PostgresAddress) => Client;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #prepared = new Prepared();
  readonly #random: Random;
  readonly #size: number;
  readonly #connectWaitMs: number;
  readonly #queryWaitMs: number;

  private constructor(pg: Driver, options: DatabaseOptions) {
    const { address, clock, random, poolSize = 10, connectWaitMs = 10_000, queryWaitMs = 15_000 } = options;
    // Behind this store's own patience, so that nothing that connects is left behind.
    const limits = { connectionTimeoutMillis: connectWaitMs + 1_000 };
    const config = { ...clientConfig(pg, address), ...limits };
    this.safeUrl = address.safeUrl;
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
    this.#random = random;
    this.#size = poolSize;
    this.#connectWaitMs = connectWaitMs;
    this.#queryWaitMs = queryWaitMs;
    this.#pool = new pg.Pool({ ...config, max: poolSize, idleTimeoutMillis: 60_000, allowExitOnIdle: true });
    // A connection that dies while nobody waits for it leaves the pool; without listeners it would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#newClient = (other) => new pg.Client(other === undefined ? config : { ...clientConfig(pg, other), ...limits });
  }

  /** Connects to nothing yet. @throws StoreError when the driver is not installed */
  static async create(options: DatabaseOptions): Promise<Database> {
    return new Database(await driver(), options);
  }

  /** Rows of a statement that changes nothing; repeated once, over a fresh connection, where the first was cut. */
  async read(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    try {
      return await this.#pooled({ text, values });
    } catch (error) {
      if (!isConnectionCut(error)) throw this.#meaning(error);
    }
    return this.readFresh(text, values);
  }

  /** The same over a connection that nobody used before. */
  async readFresh(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    const client = this.#newClient();
    client.on('error', () => {});
    try {
      await this.#within(this.#connectWaitMs, client.connect());
      return (await this.#within(this.#queryWaitMs, client.query({ text, values }))).rows;
    } catch (error) {
      throw this.#meaning(error);
    } finally {
      client.end().catch(() => {});
    }
  }

  /** The row that a writing statement returns; see `writeAll`. */
  write(write: Write): Promise<Row> {
    return this.#writeAlone(write, ONE);
  }

  /**
   * What became of each of several writes. Deadlocks and the like are repeated. Where the connection is cut before the answer, what became of the statement is
   * read before anything else, over a fresh connection; what was not committed is sent once more. Where a value of one of them is refused, each is sent alone.
   */
  async writeAll<T>(writes: readonly T[], how: Writes<T>): Promise<readonly PromiseSettledResult<Row>[]> {
    const outcomes = new Map<T, PromiseSettledResult<Row>>();
    const done = (write: T, value: Row): unknown => outcomes.set(write, { status: 'fulfilled', value });
    let cut = false;
    for (let tries = 1; outcomes.size < writes.length; tries += 1) {
      const open = writes.filter((write) => !outcomes.has(write));
      try {
        for (const [write, row] of await this.#written(open, how, cut)) done(write, row);
      } catch (error) {
        if (isRepeatable(error) && tries < REPEATS) {
          await this.#pause(tries);
        } else if (isOfOneRow(error) && open.length > 1) {
          const alone = await Promise.allSettled(open.map((write) => this.#writeAlone(write, how)));
          for (const [index, outcome] of alone.entries()) outcomes.set(open[index] as T, outcome);
        } else {
          const reason = this.#meaning(error);
          if (!isConnectionCut(error)) throw reason;
          const found = await how.wereWritten(this, open);
          for (const [index, write] of open.entries()) {
            if (found[index] === true) done(write, { written: 1 });
            else if (cut) outcomes.set(write, { status: 'rejected', reason });
          }
          cut = true;
        }
      }
    }
    return writes.map((write) => outcomes.get(write) as PromiseSettledResult<Row>);
  }

  async #writeAlone<T>(write: T, how: Writes<T>): Promise<Row> {
    const [outcome] = await this.writeAll([write], how);
    if (outcome?.status !== 'fulfilled') throw outcome?.reason;
    return outcome.value;
  }

  /** Sends them together. @param again the same was cut before, and may come through behind it */
  async #written<T>(open: readonly T[], how: Writes<T>, again: boolean): Promise<(readonly [T, Row])[]> {
    const rows = await this.#pooled(how.statement(open));
    if (rows.length !== open.length) throw new TypeError('a writing statement returns one row for each write');
    const found = again && rows.some((row) => row['written'] === 0) ? await how.wereWritten(this, open) : [];
    return open.map((write, index) => [write, found[index] === true ? { ...rows[index], written: 1 } : (rows[index] as Row)]);
  }

  /** A statement whose loss does no harm and whose repetition neither: it is sent once more when its connection is cut, or it met a deadlock. */
  async send(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    try {
      return await this.#pooled({ text, values });
    } catch (error) {
      if (!isConnectionCut(error) && !isRepeatable(error)) throw this.#meaning(error);
    }
    try {
      return await this.#pooled({ text, values });
    } catch (error) {
      throw this.#meaning(error);
    }
  }

  /** Several statements in one transaction; repeated as a whole after deadlocks and the like, and when its connection is cut before the COMMIT. */
  async transaction<T>(body: (transaction: Transaction) => Promise<T>, options: TransactionOptions<T> = {}): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const progress = { isCommitting: false };
      try {
        return await this.#oneTransaction(body, options.waitMs ?? this.#queryWaitMs, progress);
      } catch (error) {
        const isCut = isConnectionCut(error);
        if ((isRepeatable(error) && tries < REPEATS) || (isCut && !progress.isCommitting && tries < CUT_REPEATS)) {
          await this.#pause(tries);
          continue;
        }
        const outcome = isCut && progress.isCommitting ? await options.whenCut?.() : undefined;
        if (outcome === undefined) throw this.#meaning(error);
        return outcome;
      }
    }
  }

  /** A connection of its own, not connected yet, to the same place or to another. */
  newClient(address?: PostgresAddress): Client {
    return this.#newClient(address);
  }

  /** Doesn't wait for a server that doesn't answer. */
  async close(): Promise<void> {
    await this.#within(this.#connectWaitMs, this.#pool.end()).catch(() => {});
  }

  async #oneTransaction<T>(
    body: (transaction: Transaction) => Promise<T>,
    waitMs: number,
    progress: { isCommitting: boolean },
  ): Promise<T> {
    const client = await this.#connect();
    const query = async (text: string, values: unknown[] = []) =>
      (await this.#within(waitMs, values.length === 0 ? client.query(text) : client.query({ text, values }))).rows;
    try {
      await query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const durable = async () => void (await query(`SELECT ${DURABLY}`));
      const result = await body({ query, durable });
      progress.isCommitting = true;
      await query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // A connection whose ROLLBACK can't be trusted is not used again.
      const isUsable =
        !isConnectionCut(error) &&
        (await query('ROLLBACK').then(
          () => true,
          () => false,
        ));
      client.release(!isUsable);
      throw error;
    }
  }

  #pause(tries: number): Promise<void> {
    return this.#clock.sleep(1 + ((this.#random.bytes(1)[0] ?? 0) % (10 * tries)));
  }

  async #pooled(query: Query): Promise<readonly Row[]> {
    const name = this.#prepared.nameOf(query.text);
    try {
      return await this.#onPooled(query, name);
    } catch (error) {
      if (name === undefined || !this.#prepared.wasLost(error)) throw error;
      return this.#onPooled(query, undefined);
    }
  }

  async #onPooled({ text, values }: Query, name: string | undefined): Promise<readonly Row[]> {
    const client = await this.#connect();
    try {
      const { rows } = await this.#within(this.#queryWaitMs, client.query({ ...(name !== undefined && { name }), text, values }));
      client.release();
      return rows;
    } catch (error) {
      client.release(isConnectionCut(error));
      throw error;
    }
  }

  async #connect(): Promise<PoolClient> {
    const connecting = this.#pool.connect();
    try {
      return await this.#within(this.#connectWaitMs, connecting);
    } catch (error) {
      if (!(error instanceof ConnectionCut)) throw asStoreError(error, this.safeUrl);
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      const isFull = this.#pool.totalCount >= this.#size && this.#pool.waitingCount > 0;
      throw isFull ? poolExhausted(this.safeUrl, this.#size, this.#connectWaitMs) : unreachable(error, this.safeUrl);
    }
  }

  #within<T>(waitMs: number, doing: Promise<T>): Promise<T> {
    return this.#deadlines.within(waitMs, doing);
  }

  #meaning(error: unknown): unknown {
    return asStoreError(error, this.safeUrl);
  }
}

function clientConfig(pg: Driver, address: PostgresAddress): ClientConfig {
  const { host, port, database, user, password, tls } = address;
  return {
    host,
    port,
    database,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ssl: tls ?? false,
    application_name: 'forcemint',
    keepAlive: true,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') => {
        const parse = pg.types.getTypeParser(id, format as 'text');
        if (format === 'binary') return parse;
        if (id === INT8) return Number;
        return id === BYTEA ? (value: string) => bytesOf(parse(value)) : parse;
      },
    },
  };
}

/** Bytes as every store gives them, not as this driver does. */
function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

async function driver(): Promise<Driver> {
  try {
    const loaded = await import('pg');
    return loaded.default;
  } catch (cause) {
    throw new StoreError('store_unavailable', 'The PostgreSQL driver is not installed.', {
      cause,
      diagnosis: {
        cause: 'The package `pg` is an optional peer dependency, needed only for stores in PostgreSQL.',
        fix: ['Install it beside Forcemint: `npm install pg`.'],
        who: 'developer',
        retry: 'fix-first',
      },
    });
  }
}
