import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { embeddedPostgres } from './postgres-binaries.ts';
import { PostgresServer, type PostgresServerOptions } from './postgres-server.ts';
import { closeReaders, type StoreHome, storeIdAt } from './stored-row.ts';
import { type Ending, temporaryHome } from './temporary-home.ts';

/** A store that the processes of a test share, and what only the test can do to it. */
export interface StorePlace {
  /** Where a process of that machine opens it. An SQLite store has one machine; each replica of a database has a home, and so a spool, of its own. */
  machine(name?: string): StoreHome;
  /** Lets the time pass after which what a dead process of that machine held can be taken. The kernel frees it at once; a database waits for its lease. */
  letLeaseRunOut(machine?: string): Promise<void>;
  /** Lets the time pass after which nobody waits for a dead machine's answers any more. */
  letFallSilent(machine: string): Promise<void>;
}

export interface StoreKind {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** Why it can't be had here; for `skip`. */
  readonly skip: string | false;
  /** A new store, gone with the test. */
  place(t: Ending): Promise<StorePlace>;
}

/** One store in a file; every process is on the machine that has it. */
const SQLITE: StoreKind = {
  name: 'SQLite',
  skip: false,
  async place(t) {
    const home = temporaryHome(t);
    return {
      machine: () => ({ home }),
      letLeaseRunOut: () => Promise.resolve(),
      letFallSilent: () => Promise.resolve(),
    };
  },
};

/** The kinds of store that a suite runs on. Called once by each file: the database server that it starts when it is needed ends with the file. */
export function storeKinds(options?: PostgresServerOptions): readonly StoreKind[] {
  return [SQLITE, postgresKind(options)];
}

/** @param options crashes of processes alone lose nothing that was written, so files are not synced unless a suite asks for it */
export function postgresKind(
  options: PostgresServerOptions = { fsync: false },
): StoreKind & { server(): Promise<PostgresServer> } {
  const found = embeddedPostgres();
  let starting: Promise<PostgresServer> | undefined;
  const server = () => {
    starting ??= PostgresServer.start(options);
    return starting;
  };
  after(async () => (await starting)?.stop());
  return {
    name: 'PostgreSQL',
    skip: 'missing' in found ? found.missing : false,
    server,
    place: async (t) => databasePlace(t, await server()),
  };
}

/** A database of its own. @param urlOf what the machines know the database by, where it is not the server's own address */
export async function databasePlace(
  t: Ending,
  server: PostgresServer,
  urlOf: (database: string) => string = (database) => server.socketUrl(database),
): Promise<StorePlace & { readonly database: string }> {
  const database = await server.createDatabase();
  const store = urlOf(database);
  const key = randomBytes(32).toString('base64');
  const machines = new Map<string, StoreHome>();
  t.after(() => closeReaders(store));
  const machine = (name = 'one'): StoreHome => {
    const known = machines.get(name);
    if (known !== undefined) return known;
    const home = temporaryHome(t);
    writeFileSync(join(home, 'master.key'), `${key}\n`, { mode: 0o600 });
    machines.set(name, { home, store });
    return { home, store };
  };
  const replicaId = async (name: string): Promise<string> => {
    const { home } = machine(name);
    return readFileSync(join(home, 'spool', await storeIdAt(machine(name)), 'replica-id'), 'latin1').trim();
  };
  return {
    database,
    machine,
    async letLeaseRunOut(name = 'one') {
      const sql = `UPDATE forcemint.leases SET until = '-infinity' WHERE replica_id = $1`;
      await server.query(sql, [await replicaId(name)], database);
    },
    async letFallSilent(name) {
      const sql = `UPDATE forcemint.replicas SET seen_at = clock_timestamp() - interval '1 hour' WHERE id = $1 RETURNING id`;
      const silent = await server.query(sql, [await replicaId(name)], database);
      if (silent.length === 0) throw new TypeError(`${name} was never heard of`);
    },
  };
}
