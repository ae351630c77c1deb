import type { Migration } from '../migrate.ts';

/**
 * Everything, in one schema. What a query needs to find rows by stands in columns of its own: JSON is text that only this program reads, so that no
 * engine's idea of JSON has a say in it. Instants end in `_ms` when the caller's clock made them; the others are the server's.
 */
export const tables: Migration = {
  version: 1,
  sql: `
    CREATE TABLE forcemint.meta (
      id smallint PRIMARY KEY CHECK (id = 1),
      schema_version integer NOT NULL,
      store_id text NOT NULL,
      label text,
      generation bigint NOT NULL DEFAULT 0,
      condition jsonb NOT NULL DEFAULT '{"is": "active"}',
      master_key_check bytea,
      created_at_ms bigint NOT NULL,
      timeline text,
      failed_over_at timestamptz
    );

    CREATE TABLE forcemint.data_keys (
      id bigint PRIMARY KEY,
      wrapped bytea NOT NULL,
      created_at_ms bigint NOT NULL
    );

    CREATE TABLE forcemint.former_master_keys (
      seq bigint GENERATED ALWAYS AS IDENTITY,
      id bigint PRIMARY KEY,
      key_check bytea NOT NULL,
      sealed_key bytea NOT NULL,
      replaced_at_ms bigint NOT NULL
    );

    CREATE TABLE forcemint.former_data_keys (
      master_key_id bigint NOT NULL,
      id bigint NOT NULL,
      wrapped bytea NOT NULL,
      created_at_ms bigint NOT NULL,
      PRIMARY KEY (master_key_id, id)
    );

    CREATE TABLE forcemint.connections (
      id text COLLATE "C" PRIMARY KEY,
      name text COLLATE "C" NOT NULL UNIQUE,
      revision bigint NOT NULL,
      settings text NOT NULL,
      secrets bytea NOT NULL,
      created_at_ms bigint NOT NULL,
      updated_at_ms bigint NOT NULL
    );

    -- Outlives its connection as a tombstone, so there is no foreign key. Every write of a connection writes its row here: it puts them in order.
    -- last_event: ordinal of the newest event. write_ids: of the last writes, newest first, so that one whose COMMIT was not answered can be found out.
    CREATE TABLE forcemint.tokens (
      connection_id text COLLATE "C" PRIMARY KEY,
      revision bigint NOT NULL,
      version bigint NOT NULL,
      generation bigint NOT NULL,
      exchange text NOT NULL,
      details text,
      refresh_token bytea,
      access_token bytea,
      held_answer bytea,
      unsettled boolean NOT NULL,
      idle_since bigint,
      last_event bigint NOT NULL DEFAULT 0,
      write_ids text NOT NULL
    ) WITH (fillfactor = 70);
    CREATE INDEX tokens_unsettled ON forcemint.tokens (connection_id) WHERE unsettled;
    CREATE INDEX tokens_idle ON forcemint.tokens (idle_since) WHERE idle_since IS NOT NULL;

    CREATE TABLE forcemint.events (
      seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      connection_id text COLLATE "C" NOT NULL,
      ordinal bigint NOT NULL,
      at_ms bigint NOT NULL,
      type text NOT NULL,
      detail text NOT NULL,
      PRIMARY KEY (connection_id, ordinal)
    );

    -- Outlives its connection, so there is no foreign key.
    CREATE TABLE forcemint.revocations (
      id text COLLATE "C" PRIMARY KEY,
      connection_id text COLLATE "C" NOT NULL,
      reason text NOT NULL,
      sealed bytea NOT NULL,
      created_at_ms bigint NOT NULL,
      due_at_ms bigint NOT NULL,
      tries bigint NOT NULL,
      write_id text NOT NULL
    );
    CREATE INDEX revocations_by_due ON forcemint.revocations (due_at_ms);
    CREATE INDEX revocations_by_connection ON forcemint.revocations (connection_id);

    CREATE TABLE forcemint.changes (
      shard smallint PRIMARY KEY,
      n bigint NOT NULL
    ) WITH (fillfactor = 20);
    INSERT INTO forcemint.changes (shard, n) SELECT shard, 0 FROM generate_series(0, 255) AS shard;

    CREATE TABLE forcemint.leases (
      connection_id text COLLATE "C" PRIMARY KEY,
      lease_id text NOT NULL,
      replica_id text NOT NULL,
      until timestamptz NOT NULL,
      picked_by text,
      picked_until timestamptz
    ) WITH (fillfactor = 50);

    CREATE TABLE forcemint.staged_answers (
      connection_id text COLLATE "C" PRIMARY KEY,
      attempt_id text NOT NULL,
      version bigint NOT NULL,
      staged_at_ms bigint NOT NULL,
      sealed bytea NOT NULL
    ) WITH (fillfactor = 70);

    CREATE TABLE forcemint.replicas (
      id text COLLATE "C" PRIMARY KEY,
      host text NOT NULL,
      seen_at timestamptz NOT NULL,
      master_key_id bigint NOT NULL,
      former_entries bigint NOT NULL,
      replayed_timeline text
    ) WITH (fillfactor = 50);

    -- Sealed values look random: there is nothing to compress.
    ALTER TABLE forcemint.connections ALTER COLUMN secrets SET STORAGE EXTERNAL;
    ALTER TABLE forcemint.tokens ALTER COLUMN refresh_token SET STORAGE EXTERNAL;
    ALTER TABLE forcemint.tokens ALTER COLUMN access_token SET STORAGE EXTERNAL;
    ALTER TABLE forcemint.tokens ALTER COLUMN held_answer SET STORAGE EXTERNAL;
    ALTER TABLE forcemint.revocations ALTER COLUMN sealed SET STORAGE EXTERNAL;
    ALTER TABLE forcemint.staged_answers ALTER COLUMN sealed SET STORAGE EXTERNAL;
  `,
};
