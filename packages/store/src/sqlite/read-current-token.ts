import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { ConnectionSettings } from '@forcemint/core/connections/connection';
import type { DataKeyRow } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { blob, json, text } from '../rows/columns.ts';
import { dataKeyFromRow, tokenFromRow } from '../rows/rows.ts';

/** Schema that the statements here are written for (`PRAGMA user_version`). */
const SCHEMA_VERSION = 3;
const BUSY_TIMEOUT_MS = 250;
const TRIES = 3;

/** Everything that is needed to hand out a stored token, still sealed. */
export interface CurrentToken {
  readonly storeId: string;
  /** For `MasterKey.verifyCheck`. */
  readonly check: Uint8Array;
  readonly dataKeys: readonly DataKeyRow[];
  readonly connection: { readonly id: string; readonly name: string; readonly settings: ConnectionSettings };
  readonly token: TokenRow;
}

/**
 * Reads a connection's current token with as little work as possible, while others may write. Changes nothing and creates no file.
 * @returns `undefined` when anything at all is in the way (no store, no such connection, another schema, a store that is being filled, a damaged or
 * insecure file): then `openSqliteStore` is the way, which says what is wrong
 */
export function readCurrentToken(request: {
  readonly storePath: string;
  readonly connectionName: string;
}): CurrentToken | undefined {
  try {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { current, consistent } = read(request.storePath, request.connectionName);
      if (consistent) return current;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/**
 * Opening a WAL database read-only creates its log where there is none. So without a log, which means that nobody has the store open, the file is read as
 * if it were immutable, and what was read counts only if the file is the same afterwards.
 */
function read(path: string, name: string): { readonly current: CurrentToken | undefined; readonly consistent: boolean } {
  const before = fileState(path);
  if (before === undefined) return { current: undefined, consistent: true };
  if (existsSync(`${path}-wal`)) {
    if (!existsSync(`${path}-shm`)) return { current: undefined, consistent: true };
    return { current: query(new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }), name), consistent: true };
  }
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  const current = query(new DatabaseSync(url, { readOnly: true }), name);
  return { current, consistent: fileState(path) === before && !existsSync(`${path}-wal`) };
}

/** Changes whenever the file does; `undefined` for a file that is missing or open to other users. */
function fileState(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined || (process.platform !== 'win32' && (stats.mode & 0o077n) !== 0n)) return undefined;
  return `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}

function query(database: DatabaseSync, name: string): CurrentToken | undefined {
  try {
    const row = database
      .prepare(
        `SELECT m.store_id, m.master_key_check, c.name, c.settings, t.*
         FROM connections c JOIN tokens t ON t.connection_id = c.id JOIN meta m ON m.id = 1
         WHERE c.name = ? AND m.condition ->> '$.is' <> 'filling' AND (SELECT user_version FROM pragma_user_version) = ${SCHEMA_VERSION}`,
      )
      .get(name);
    if (row === undefined) return undefined;
    return {
      storeId: text(row, 'store_id'),
      check: blob(row, 'master_key_check'),
      dataKeys: database.prepare('SELECT id, wrapped, created_at_ms FROM data_keys').all().map(dataKeyFromRow),
      connection: {
        id: text(row, 'connection_id'),
        name: text(row, 'name'),
        settings: json<ConnectionSettings>(row, 'settings'),
      },
      token: tokenFromRow(row),
    };
  } finally {
    database.close();
  }
}
