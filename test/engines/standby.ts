import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresServer } from '../support/postgres-server.ts';
import { until } from '../support/until.ts';

/** A server that follows a primary by streaming replication (https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION). */
export class Standby {
  readonly server: PostgresServer;
  readonly #primary: PostgresServer;

  private constructor(server: PostgresServer, primary: PostgresServer) {
    this.server = server;
    this.#primary = primary;
  }

  /** The primary is halted for the moment in which its files are copied. */
  static async of(primary: PostgresServer, binDir: string | undefined): Promise<Standby> {
    await primary.halt();
    const { password, port } = primary;
    const copied = Promise.withResolvers<void>();
    const prepare = (directory: string): void => {
      cpSync(primary.dataDirectory, directory, { recursive: true });
      writeFileSync(join(directory, 'standby.signal'), '');
      const source = `host=127.0.0.1 port=${port} user=postgres password=${password}`;
      appendFileSync(join(directory, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
      copied.resolve();
    };
    const starting = PostgresServer.start({ ...(binDir !== undefined && { binDir }), password, prepare, fsync: false });
    await Promise.race([copied.promise, starting]);
    await primary.start();
    return new Standby(await starting, primary);
  }

  /** Resolves when it has everything that the primary has now. */
  async catchUp(): Promise<void> {
    const [row] = await this.#primary.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
    const sql = 'SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS is_there';
    await until('the standby to catch up', async () => {
      const [there] = await this.server.query<{ is_there: boolean }>(sql, [row?.lsn]);
      return there?.is_there === true;
    });
  }

  /** From now on nothing of what the primary commits arrives here. */
  async fallBehind(): Promise<void> {
    await this.server.query("ALTER SYSTEM SET primary_conninfo = ''");
    await this.server.query('SELECT pg_reload_conf()');
    await until('the standby to be cut off', async () => {
      return (await this.server.query('SELECT 1 FROM pg_stat_wal_receiver')).length === 0;
    });
  }

  async promote(): Promise<void> {
    await this.server.query('SELECT pg_promote(true, 60)');
    await until('the standby to be primary', async () => {
      const [row] = await this.server.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return row?.standby === false;
    });
  }
}
