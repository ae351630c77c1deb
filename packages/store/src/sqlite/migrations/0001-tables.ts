import type { Migration } from '../migrate.ts';

/** Connections, their tokens and their history. */
export const tables: Migration = {
  version: 1,
  sql: `
    CREATE TABLE meta (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      store_id TEXT NOT NULL,
      master_key_check BLOB,
      created_at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE data_keys (
      id INTEGER PRIMARY KEY,
      wrapped BLOB NOT NULL,
      created_at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE connections (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      revision INTEGER NOT NULL,
      settings TEXT NOT NULL,
      secrets BLOB NOT NULL,
      created_at_ms INTEGER NOT NULL,
      updated_at_ms INTEGER NOT NULL
    ) STRICT;

    -- Outlives its connection as a tombstone, so there is no foreign key.
    CREATE TABLE tokens (
      connection_id TEXT PRIMARY KEY,
      revision INTEGER NOT NULL,
      version INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      exchange TEXT NOT NULL,
      details TEXT,
      refresh_token BLOB,
      access_token BLOB,
      held_answer BLOB
    ) STRICT;

    CREATE TRIGGER tokens_version_never_falls BEFORE UPDATE ON tokens WHEN NEW.version < OLD.version
    BEGIN
      SELECT RAISE(ABORT, 'the version of a refresh token never falls');
    END;

    -- ordinal counts within the connection, so that old events are found without a scan.
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY,
      connection_id TEXT NOT NULL,
      ordinal INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      type TEXT NOT NULL,
      detail TEXT NOT NULL,
      UNIQUE (connection_id, ordinal)
    ) STRICT;
  `,
};
