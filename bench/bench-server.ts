import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedPostgres } from '../test/support/postgres-binaries.ts';
import { PostgresServer } from '../test/support/postgres-server.ts';

/** A server as it is installed: everything durable, the defaults otherwise. `undefined`, and the reason told, where there is none for this machine. */
export async function benchServer(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer | undefined> {
  const found = embeddedPostgres();
  if ('missing' in found) {
    console.error(`no PostgreSQL: ${found.missing}`);
    return undefined;
  }
  return PostgresServer.start({ settings: { shared_buffers: '256MB', max_connections: '100', ...settings } });
}

const DEBIAN = '/usr/lib/postgresql';

/** `pgbench` of this machine; it does not come with the server from npm. */
export function pgbench(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  const installed = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  return [...installed.reverse(), ...folders].map((folder) => join(folder, 'pgbench')).find((path) => existsSync(path));
}
