import type { Clock, Random } from '@forcemint/core/ports';
import { integer, text } from '../rows/columns.ts';
import { Database } from './database.ts';
import { timelineOf } from './failover.ts';
import { migrate, refuseNewer, refuseOlder, type SchemaState, schemaState } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { PostgresAddress } from './parse-postgres-url.ts';
import { refusal } from './postgres-errors.ts';
import { PostgresStore } from './postgres-store.ts';

export interface PostgresStoreOptions {
  /** See `parsePostgresUrl`. PgBouncer may stand between, in transaction mode. */
  readonly url: PostgresAddress;
  /** The server itself where `url` is a pooler: for hints, which a pooler in transaction mode can't pass on. */
  readonly direct?: PostgresAddress;
  readonly clock: Clock;
  readonly random: Random;
  /** Bring the schema up to date, or make it, where that is needed. Default `true`. */
  readonly migrate?: boolean;
  /** Connections at most. Default 10. */
  readonly poolSize?: number;
  /** How long a call waits for a free connection, or for the server to take one. Default 10,000. */
  readonly connectWaitMs?: number;
  /** How long a statement may take before its connection is given up. Default 15,000. */
  readonly queryWaitMs?: number;
}

/**
 * Opens the store in a PostgreSQL database. Any number of processes on any number of machines may do so at the same moment.
 * @throws StoreError `store_unavailable`, `store_no_rights`, `store_read_only`, `store_newer`, `store_schema_older`, `store_corrupt`
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { url: address, clock, random, migrate: mayMigrate = true } = options;
  const database = await Database.create({ ...options, address });
  try {
    await refuseUnfit(database);
    let state = await currentState(database);
    refuseNewer(state, MIGRATIONS, database.safeUrl);
    if (isOutdated(state)) {
      if (!mayMigrate) refuseOlder(state, MIGRATIONS, database.safeUrl);
      await migrate(database, MIGRATIONS, { storeId: Buffer.from(random.bytes(16)).toString('hex'), createdAtMs: clock.nowMs() });
      state = await currentState(database);
      refuseOlder(state, MIGRATIONS, database.safeUrl);
    }
    const storeId = state.is === 'store' ? state.storeId : '';
    return new PostgresStore({ ...options, database, storeId, timeline: await timelineOf(database) });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function currentState(database: Database): Promise<SchemaState> {
  return schemaState({ query: (text, values) => database.read(text, values) });
}

function isOutdated(state: SchemaState): boolean {
  return state.is === 'fresh' || state.version < (MIGRATIONS.at(-1)?.version ?? 0);
}

/** What would let the store lose or misread something, or never write. @throws StoreError */
async function refuseUnfit(database: Database): Promise<void> {
  const [row] = await database.read(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('default_transaction_isolation') AS isolation,
       pg_is_in_recovery()::int AS standby, (current_setting('default_transaction_read_only') = 'on')::int AS read_only`,
  );
  const encoding = text(row, 'encoding');
  if (encoding !== 'UTF8') {
    throw refusal(
      'store_unavailable',
      `${database.safeUrl} has the encoding ${encoding}, and a store needs UTF8.`,
      'The encoding of a database is chosen when it is created.',
      ["Create another database for the store: `CREATE DATABASE forcemint ENCODING 'UTF8' TEMPLATE template0`."],
    );
  }
  const isolation = text(row, 'isolation');
  if (isolation !== 'read committed') {
    throw refusal(
      'store_unavailable',
      `${database.safeUrl} has the default isolation level ${isolation}, and a store needs read committed.`,
      'default_transaction_isolation was set for the server, the role or the database.',
      ["Set it back for the role: `ALTER ROLE … SET default_transaction_isolation = 'read committed'`."],
    );
  }
  if (integer(row, 'standby') === 1) {
    throw refusal(
      'store_read_only',
      `${database.safeUrl} is a standby, which takes no writes.`,
      'The database URL points to a replica of the primary.',
      ['Point it to the primary.'],
    );
  }
  if (integer(row, 'read_only') === 1) {
    throw refusal(
      'store_read_only',
      `${database.safeUrl} takes no writes.`,
      'default_transaction_read_only is on for the server, the role or the database.',
      ['Switch it off for the role: `ALTER ROLE … SET default_transaction_read_only = off`.'],
    );
  }
}
