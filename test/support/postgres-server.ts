import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { freePort } from './free-port.ts';
import { embeddedPostgres, SERVER_USER } from './postgres-binaries.ts';
import { until } from './until.ts';

export interface PostgresServerOptions {
  /** Programs of another PostgreSQL than the one from npm. */
  readonly binDir?: string;
  /** `false`: nothing survives a crash of the machine, but everything is quicker. A kill of the server alone loses nothing either way. Default `true`. */
  readonly fsync?: boolean;
  /** Settings as in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM: the server then speaks TLS to those who ask for it. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Makes the data directory, given its path; whoever the server runs as becomes its owner. By default `initdb` makes it. */
  readonly prepare?: (dataDirectory: string) => void;
  /** Of the role `postgres`, where `prepare` brings one. */
  readonly password?: string;
}

/** Ends the server and removes its folder when the pipe to whoever started it closes: with SIGKILL, too. */
const REAPER = `
cat >/dev/null
cd / || exit
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -f "$1/starting" ] && [ ! -f "$1/data/postmaster.pid" ] || break
  sleep 0.1
done
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2>/dev/null
  while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
fi
rm -rf "$1"
`;

/** A real PostgreSQL server on the loopback, with a folder of its own; the role `postgres` may do everything. */
export class PostgresServer implements AsyncDisposable {
  readonly directory: string;
  readonly password: string;
  readonly port: number;
  readonly #binDir: string;
  readonly #options: PostgresServerOptions;
  readonly #reaper: ChildProcess;
  #postmaster: ChildProcess | undefined;
  #databases = 0;

  private constructor(binDir: string, port: number, options: PostgresServerOptions) {
    this.#binDir = binDir;
    this.port = port;
    this.#options = options;
    this.password = options.password ?? `synthetic-${randomBytes(12).toString('hex')}`;
    this.directory = mkdtempSync(join(tmpdir(), 'forcemint-postgres-'));
    chmodSync(this.directory, 0o700);
    if (SERVER_USER.uid !== undefined) chownSync(this.directory, SERVER_USER.uid, SERVER_USER.gid ?? SERVER_USER.uid);
    this.#reaper = spawn('sh', ['-c', REAPER, 'sh', this.directory], {
      ...SERVER_USER,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#reaper.unref();
    if (this.#reaper.stdin && 'unref' in this.#reaper.stdin) (this.#reaper.stdin as { unref(): void }).unref();
  }

  /** @throws Error when there is no server program; ask `embeddedPostgres` first */
  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(options.binDir ?? embeddedBinDir(), await freePort(), options);
    try {
      server.#prepare();
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  /** Whether the server, as it was last started, still runs. */
  get runs(): boolean {
    return this.#postmaster !== undefined && this.#postmaster.exitCode === null && this.#postmaster.signalCode === null;
  }

  /** `postgres://…`, over TCP, with the password. */
  url(database = 'postgres', role = 'postgres', password = this.password): string {
    return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  /** The same over the Unix socket. */
  socketUrl(database = 'postgres', role = 'postgres', password = this.password): string {
    return `postgres://${role}:${encodeURIComponent(password)}@/${database}?host=${encodeURIComponent(this.directory)}&port=${this.port}`;
  }

  /** A new, empty database. @param clause e.g. `ENCODING 'SQL_ASCII' TEMPLATE template0` @returns its name */
  async createDatabase(name = `db${++this.#databases}`, clause = ''): Promise<string> {
    await this.query(`CREATE DATABASE ${name} ${clause}`);
    return name;
  }

  async dropDatabase(name: string): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  /** Runs SQL as `postgres`. */
  async query<R extends object>(sql: string, parameters: readonly unknown[] = [], database = 'postgres'): Promise<R[]> {
    const client = new Client(this.#adminConfig(database));
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql, [...parameters])).rows as R[];
    } finally {
      await client.end();
    }
  }

  /** Cuts connections. @param where on `pg_stat_activity` @returns how many */
  async terminateBackends(where: string): Promise<number> {
    const rows = await this.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND (${where})`,
    );
    return rows.length;
  }

  /** Ends it in an orderly way (connections are cut, nothing is lost) and starts it anew on the same port. */
  async restart(): Promise<void> {
    await this.halt();
    await this.start();
  }

  /** Ends it in an orderly way; the data stay. */
  async halt(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster === undefined || !this.runs) return;
    postmaster.ref();
    const ended = once(postmaster, 'exit');
    postmaster.kill(signal);
    await ended;
  }

  /** Starts it again, on the same data. */
  async start(): Promise<void> {
    await this.#launch();
  }

  /** SIGKILL for the server and all its processes, as a crash would. */
  async kill(): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster?.pid === undefined || !this.runs) return;
    postmaster.ref();
    const ended = once(postmaster, 'exit');
    const children = childrenOf(postmaster.pid);
    postmaster.kill('SIGKILL');
    for (const pid of children) killQuietly(pid);
    await ended;
    await until('the killed server’s processes are gone', () => children.every((pid) => !isAlive(pid)));
  }

  /** Ends it and removes everything. */
  async stop(): Promise<void> {
    await this.halt('SIGQUIT');
    if (this.#reaper.exitCode !== null) return;
    const ended = once(this.#reaper, 'exit');
    this.#reaper.ref();
    this.#reaper.stdin?.end();
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #prepare(): void {
    const { prepare, tls } = this.#options;
    if (prepare === undefined) this.#initdb();
    else {
      prepare(this.dataDirectory);
      ownAll(this.dataDirectory);
      chmodSync(this.dataDirectory, 0o700);
    }
    if (tls === undefined) return;
    writeOwned(join(this.dataDirectory, 'server.crt'), tls.certificate);
    writeOwned(join(this.dataDirectory, 'server.key'), tls.key);
  }

  #initdb(): void {
    const passwordFile = join(this.directory, 'password');
    writeOwned(passwordFile, this.password);
    const done = spawnSync(
      join(this.#binDir, 'initdb'),
      [
        '-D',
        this.dataDirectory,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        '--pwfile',
        passwordFile,
        '--no-sync',
        '--locale=C',
        '--encoding=UTF8',
      ],
      { ...SERVER_USER, cwd: '/', encoding: 'utf8' },
    );
    if (done.status !== 0) throw new Error(`initdb failed: ${done.error?.message ?? done.stderr}`);
  }

  async #launch(): Promise<void> {
    const { fsync = true, settings = {}, tls } = this.#options;
    writeOwned(join(this.directory, 'starting'), '');
    const all: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: this.directory,
      fsync: fsync ? 'on' : 'off',
      ...(!fsync && { full_page_writes: 'off' }),
      ...(tls && { ssl: 'on' }),
      shared_buffers: '32MB',
      max_connections: '200',
      autovacuum_naptime: '5s',
      log_min_messages: 'log',
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const postmaster = spawn(join(this.#binDir, 'postgres'), ['-D', this.dataDirectory, ...flags], {
      ...SERVER_USER,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#postmaster = postmaster;
    let log = '';
    postmaster.stderr.on('data', (chunk: Buffer) => {
      log = `${log}${chunk}`.slice(-20_000);
      this.log = log;
    });
    postmaster.unref();
    (postmaster.stderr as unknown as { unref(): void }).unref();
    await until('the server takes connections', async () => {
      if (!this.runs) throw new Error(`PostgreSQL ended while it started: ${log}`);
      return this.#answers();
    });
    rmSync(join(this.directory, 'starting'), { force: true });
  }

  /** The end of what the server has logged. */
  log = '';

  async #answers(): Promise<boolean> {
    return answers(this.#adminConfig('postgres'));
  }

  #adminConfig(database: string): ClientConfig {
    return { host: this.directory, port: this.port, user: 'postgres', password: this.password, database };
  }
}

/** Whether a server, or a pooler, lets somebody in. */
export async function answers(config: ClientConfig): Promise<boolean> {
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function embeddedBinDir(): string {
  const found = embeddedPostgres();
  if ('missing' in found) throw new Error(found.missing);
  return found.binDir;
}

function ownAll(path: string): void {
  const { uid, gid } = SERVER_USER;
  if (uid === undefined || gid === undefined) return;
  for (const entry of ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })]) chownSync(join(path, entry), uid, gid);
}

function writeOwned(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  if (SERVER_USER.uid !== undefined) chownSync(path, SERVER_USER.uid, SERVER_USER.gid ?? SERVER_USER.uid);
}

/** Processes that this one has started. Linux only. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
