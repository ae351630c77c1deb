import type { DatabaseSync } from 'node:sqlite';
import { connectionColumns } from '../rows/rows.ts';

/** Events kept for each connection. */
export const MAX_EVENTS = 1_000;

export const TOKEN_COLUMNS =
  'connection_id, revision, version, generation, exchange, details, refresh_token, access_token, held_answer';
export const TOKEN_VALUES =
  ':connection_id, :revision, :version, :generation, :exchange, :details, :refresh_token, :access_token, :held_answer';
const TOKEN_CONTENT = `generation = :generation, exchange = :exchange, details = :details, refresh_token = :refresh_token,
  access_token = :access_token, held_answer = :held_answer`;

export type Statements = ReturnType<typeof prepareStatements>;

/** The statements of everyday use, prepared once. */
export function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    meta: prepare('SELECT store_id FROM meta WHERE id = 1'),
    condition: prepare('SELECT condition FROM meta WHERE id = 1'),
    dataVersion: prepare('PRAGMA data_version'),

    connection: prepare('SELECT * FROM connections WHERE name = ?'),
    row: prepare(
      `SELECT t.*, ${connectionColumns('c')} FROM connections c JOIN tokens t ON t.connection_id = c.id WHERE c.name = ?`,
    ),
    connections: prepare('SELECT * FROM connections ORDER BY name'),
    insertConnection: prepare(
      `INSERT INTO connections (id, name, revision, settings, secrets, created_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
    ),
    updateConnection: prepare(
      'UPDATE connections SET revision = ?, settings = ?, secrets = ?, updated_at_ms = ? WHERE id = ? AND revision = ?',
    ),
    deleteConnection: prepare('DELETE FROM connections WHERE id = ?'),

    token: prepare('SELECT * FROM tokens WHERE connection_id = ?'),
    insertToken: prepare(`INSERT INTO tokens (${TOKEN_COLUMNS}) VALUES (${TOKEN_VALUES})`),
    updateToken: prepare(
      `UPDATE tokens SET revision = :revision, version = :version, ${TOKEN_CONTENT}
       WHERE connection_id = :connection_id AND revision = :expected_revision AND version <= :version`,
    ),
    // A revision that was used before would let a writer who still expects it overwrite this row.
    replaceToken: prepare(
      `UPDATE tokens SET revision = max(revision + 1, :revision), version = :version, ${TOKEN_CONTENT}
       WHERE connection_id = :connection_id`,
    ),
    buryToken: prepare(
      `INSERT INTO tokens (${TOKEN_COLUMNS}) VALUES (${TOKEN_VALUES}) ON CONFLICT (connection_id) DO UPDATE
       SET revision = max(revision + 1, :revision), version = max(version, :version), ${TOKEN_CONTENT}`,
    ),

    unsettled: prepare(
      `SELECT c.name FROM tokens t JOIN connections c ON c.id = t.connection_id
       WHERE t.exchange ->> '$.phase' IN ('intent', 'unknown') OR t.exchange ->> '$.login' IS NOT NULL
       ORDER BY t.connection_id LIMIT ?`,
    ),
    idle: prepare(
      `SELECT c.name FROM tokens t JOIN connections c ON c.id = t.connection_id
       WHERE t.refresh_token IS NOT NULL AND t.exchange ->> '$.phase' = 'idle'
         AND t.details ->> '$.issuedAt' < ?
       ORDER BY t.details ->> '$.issuedAt' LIMIT ?`,
    ),

    insertRevocation: prepare(
      `INSERT INTO revocations (id, connection_id, reason, sealed, created_at_ms, due_at_ms, tries)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    dueRevocations: prepare('SELECT * FROM revocations WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?'),
    revocations: prepare('SELECT * FROM revocations WHERE connection_id = ? ORDER BY created_at_ms'),
    claimRevocation: prepare('UPDATE revocations SET tries = tries + 1, due_at_ms = ? WHERE id = ? AND tries = ?'),
    deleteRevocation: prepare('DELETE FROM revocations WHERE id = ?'),

    insertEvent: prepare(
      `INSERT INTO events (connection_id, ordinal, at_ms, type, detail)
       SELECT :connection_id, coalesce(max(ordinal), 0) + 1, :at_ms, :type, :detail FROM events WHERE connection_id = :connection_id`,
    ),
    trimEvents: prepare(
      `DELETE FROM events WHERE connection_id = :connection_id
          AND ordinal <= (SELECT max(ordinal) FROM events WHERE connection_id = :connection_id) - ${MAX_EVENTS}`,
    ),
    events: prepare('SELECT * FROM events WHERE connection_id = ? ORDER BY ordinal DESC LIMIT ?'),
  };
}
