import type { DatabaseSync } from 'node:sqlite';
import { connectionColumns } from '../rows/rows.ts';
import { TOKEN_COLUMNS, TOKEN_VALUES } from './statements.ts';

export type MaintenanceStatements = ReturnType<typeof prepareMaintenanceStatements>;

/** The statements of work on the store as a whole. */
export function prepareMaintenanceStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    check: prepare('SELECT master_key_check FROM meta WHERE id = 1'),
    initialise: prepare('UPDATE meta SET master_key_check = ? WHERE id = 1 AND master_key_check IS NULL'),
    setCheck: prepare('UPDATE meta SET master_key_check = ? WHERE id = 1 AND master_key_check = ?'),
    isEmpty: prepare(
      `SELECT (SELECT master_key_check IS NULL FROM meta WHERE id = 1)
          AND NOT EXISTS (SELECT 1 FROM data_keys)
          AND NOT EXISTS (SELECT 1 FROM connections)
          AND NOT EXISTS (SELECT 1 FROM tokens) AS empty`,
    ),
    dataKeys: prepare('SELECT id, wrapped, created_at_ms FROM data_keys ORDER BY id'),
    insertDataKey: prepare('INSERT INTO data_keys (id, wrapped, created_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    rewrapDataKey: prepare('UPDATE data_keys SET wrapped = ? WHERE id = ?'),
    deleteDataKey: prepare('DELETE FROM data_keys WHERE id = ?'),

    formerMasterKeys: prepare('SELECT id, key_check, sealed_key, replaced_at_ms FROM former_master_keys ORDER BY seq'),
    insertFormerMasterKey: prepare(
      'INSERT INTO former_master_keys (id, key_check, sealed_key, replaced_at_ms) VALUES (?, ?, ?, ?)',
    ),
    deleteFormerMasterKey: prepare('DELETE FROM former_master_keys WHERE id = ?'),
    formerDataKeys: prepare('SELECT id, wrapped, created_at_ms FROM former_data_keys WHERE master_key_id = ? ORDER BY id'),
    insertFormerDataKey: prepare(
      `INSERT INTO former_data_keys (master_key_id, id, wrapped, created_at_ms)
       SELECT id, ?, ?, ? FROM former_master_keys WHERE id = ?`,
    ),
    deleteFormerDataKey: prepare('DELETE FROM former_data_keys WHERE id = ?'),
    deleteFormerDataKeysOf: prepare('DELETE FROM former_data_keys WHERE master_key_id = ?'),

    standing: prepare('SELECT store_id, label, generation, condition FROM meta WHERE id = 1'),
    setCondition: prepare('UPDATE meta SET condition = ? WHERE id = 1'),
    setLabel: prepare('UPDATE meta SET label = ? WHERE id = 1'),
    raiseGeneration: prepare('UPDATE meta SET generation = max(generation + 1, ?) WHERE id = 1 RETURNING generation'),
    size: prepare(
      `SELECT (SELECT count(*) FROM connections) AS connections, (SELECT count(*) FROM tokens) AS tokens,
              (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM revocations) AS revocations`,
    ),

    rowsAfter: prepare(
      `SELECT t.*, ${connectionColumns('c')} FROM tokens t LEFT JOIN connections c ON c.id = t.connection_id
       WHERE t.connection_id > ? ORDER BY t.connection_id LIMIT ?`,
    ),
    connectionsWithoutToken: prepare(
      'SELECT name FROM connections WHERE id NOT IN (SELECT connection_id FROM tokens) ORDER BY name',
    ),
    eventsAfter: prepare('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?'),
    revocationsAfter: prepare('SELECT * FROM revocations WHERE id > ? ORDER BY id LIMIT ?'),

    resealSecrets: prepare('UPDATE connections SET revision = ?, secrets = ? WHERE id = ? AND revision = ?'),
    resealTokens: prepare(
      `UPDATE tokens SET revision = ?, refresh_token = ?, access_token = ?, held_answer = ?
       WHERE connection_id = ? AND revision = ? AND version = ? AND generation = ?`,
    ),
    tokenRevision: prepare('SELECT revision FROM tokens WHERE connection_id = ?'),
    connectionRevision: prepare('SELECT revision FROM connections WHERE id = ?'),
    resealRevocation: prepare('UPDATE revocations SET sealed = ? WHERE id = ? AND tries = ?'),

    fillConnection: prepare(
      `INSERT INTO connections (id, name, revision, settings, secrets, created_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision,
         settings = excluded.settings, secrets = excluded.secrets, created_at_ms = excluded.created_at_ms,
         updated_at_ms = excluded.updated_at_ms`,
    ),
    deleteConnection: prepare('DELETE FROM connections WHERE id = ?'),
    fillToken: prepare(`INSERT OR REPLACE INTO tokens (${TOKEN_COLUMNS}) VALUES (${TOKEN_VALUES})`),
    fillRevocation: prepare(
      `INSERT OR REPLACE INTO revocations (id, connection_id, reason, sealed, created_at_ms, due_at_ms, tries)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    emptyEvents: prepare('DELETE FROM events WHERE seq IN (SELECT seq FROM events LIMIT ?)'),
    emptyRevocations: prepare('DELETE FROM revocations WHERE id IN (SELECT id FROM revocations LIMIT ?)'),
    emptyConnections: prepare('DELETE FROM connections WHERE id IN (SELECT id FROM connections LIMIT ?)'),
    emptyTokens: prepare('DELETE FROM tokens WHERE connection_id IN (SELECT connection_id FROM tokens LIMIT ?)'),
  };
}
