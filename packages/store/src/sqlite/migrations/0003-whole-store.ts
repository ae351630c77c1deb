import type { Migration } from '../migrate.ts';

/** What concerns the store as a whole: its name, its generation, whether it is used, and the master keys that it had before. */
export const wholeStore: Migration = {
  version: 3,
  sql: `
    ALTER TABLE meta ADD COLUMN label TEXT;
    ALTER TABLE meta ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE meta ADD COLUMN condition TEXT NOT NULL DEFAULT '{"is":"active"}';

    -- seq: the order in which they were replaced.
    CREATE TABLE former_master_keys (
      seq INTEGER PRIMARY KEY,
      id INTEGER NOT NULL UNIQUE,
      key_check BLOB NOT NULL,
      sealed_key BLOB NOT NULL,
      replaced_at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE former_data_keys (
      master_key_id INTEGER NOT NULL,
      id INTEGER NOT NULL,
      wrapped BLOB NOT NULL,
      created_at_ms INTEGER NOT NULL,
      PRIMARY KEY (master_key_id, id)
    ) STRICT, WITHOUT ROWID;
  `,
};
