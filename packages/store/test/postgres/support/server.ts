import { after, before } from 'node:test';
import { Client } from 'pg';
import { embeddedPostgres } from '../../../../../test/support/postgres-binaries.ts';
import { PostgresServer, type PostgresServerOptions } from '../../../../../test/support/postgres-server.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../../src/postgres/parse-postgres-url.ts';
import type { PostgresStore } from '../../../src/postgres/postgres-store.ts';
import { clock, random } from '../../support/machine.ts';
import type { MakePlace } from '../../support/promises.ts';

const found = embeddedPostgres();

/** Why there is no server here; for `skip`. */
export const missing: string | false = 'missing' in found ? found.missing : false;

/** One server for all tests of a file. */
export class TestServer {
  #server: PostgresServer | undefined;

  constructor(options: PostgresServerOptions = { fsync: false }) {
    if (missing !== false) return;
    before(async () => {
      this.#server = await PostgresServer.start(options);
    });
    after(() => this.#server?.stop());
  }

  get server(): PostgresServer {
    if (this.#server === undefined) throw new Error('the server was not started');
    return this.#server;
  }

  /** A store in a new database of its own; every handle is closed by whoever opened it. */
  readonly place: MakePlace = async () => {
    const database = await this.server.createDatabase();
    return { connect: () => this.open(database) };
  };

  /** A connection for SQL of the test's own, closed when it ends. */
  async client(t: { after(done: () => unknown): void }, database: string): Promise<Client> {
    const client = new Client({ connectionString: this.server.url(database) });
    client.on('error', () => {});
    t.after(() => client.end());
    await client.connect();
    return client;
  }

  open(database: string, options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
    return openPostgresStore({ url: parsePostgresUrl(this.server.url(database)), clock, random, ...options });
  }

  /** A store in a new database, closed when the test ends. */
  async store(t: { after(done: () => unknown): void }, options: Partial<PostgresStoreOptions> = {}) {
    const database = await this.server.createDatabase();
    const handles: PostgresStore[] = [];
    t.after(async () => {
      for (const handle of handles) await handle[Symbol.asyncDispose]();
    });
    const connect = async (more: Partial<PostgresStoreOptions> = {}) => {
      const handle = await this.open(database, { ...options, ...more });
      handles.push(handle);
      return handle;
    };
    return { store: await connect(), connect, database, query: this.server.query.bind(this.server) };
  }
}
