import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { SERVER_USER } from '../support/postgres-binaries.ts';
import { answers, type PostgresServer } from '../support/postgres-server.ts';
import { until } from '../support/until.ts';
import { librariesOf } from './find-engines.ts';

/** Connections to the server that all clients of a database share. */
const POOL_SIZE = 2;

/** Runs a pooler for as long as its stdin is open, and removes its folder. */
const KEEPER = `"$1" "$2/pgbouncer.ini" >"$2/log" 2>&1 & pid=$!
cat >/dev/null
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
rm -rf "$2"`;

/** PgBouncer in transaction mode, in front of a server. */
export class Pooler {
  readonly port: number;
  readonly #keeper: ChildProcess;

  private constructor(port: number, keeper: ChildProcess) {
    this.port = port;
    this.#keeper = keeper;
  }

  /** @param folder of the unpacked packages */
  static async start(folder: string, server: PostgresServer): Promise<Pooler> {
    const directory = mkdtempSync(join(tmpdir(), 'forcemint-pooler-'));
    const port = await freePort();
    const config = join(directory, 'pgbouncer.ini');
    const lines = [
      '[databases]',
      `* = host=127.0.0.1 port=${server.port} user=postgres password=${server.password}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      `default_pool_size = ${POOL_SIZE}`,
      'max_client_conn = 500',
    ];
    writeFileSync(config, lines.join('\n'), { mode: 0o600 });
    const { uid, gid } = SERVER_USER;
    if (uid !== undefined && gid !== undefined) for (const path of [directory, config]) chownSync(path, uid, gid);
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', join(folder, 'usr/sbin/pgbouncer'), directory], {
      ...SERVER_USER,
      cwd: '/',
      env: librariesOf(folder),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const pooler = new Pooler(port, keeper);
    await until('the pooler takes connections', () => pooler.#answers());
    return pooler;
  }

  url(database: string): string {
    return `postgres://synthetic@127.0.0.1:${this.port}/${database}`;
  }

  async stop(): Promise<void> {
    const ended = once(this.#keeper, 'exit');
    this.#keeper.stdin?.end();
    await ended;
  }

  async #answers(): Promise<boolean> {
    return answers({ connectionString: this.url('postgres') });
  }
}
