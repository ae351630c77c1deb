import type { Migration } from '../migrate.ts';

/** Grants that are still to be revoked, and what whoever renews ahead of time looks for: exchanges that did not come to rest, and refresh tokens that lie idle. */
export const revocationsAndRenewal: Migration = {
  version: 2,
  sql: `
    -- Outlives its connection, so there is no foreign key.
    CREATE TABLE revocations (
      id TEXT PRIMARY KEY,
      connection_id TEXT NOT NULL,
      reason TEXT NOT NULL,
      sealed BLOB NOT NULL,
      created_at_ms INTEGER NOT NULL,
      due_at_ms INTEGER NOT NULL,
      tries INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX revocations_by_due ON revocations (due_at_ms);
    CREATE INDEX revocations_by_connection ON revocations (connection_id);

    CREATE INDEX tokens_unsettled ON tokens (connection_id)
      WHERE exchange ->> '$.phase' IN ('intent', 'unknown') OR exchange ->> '$.login' IS NOT NULL;
    CREATE INDEX tokens_idle ON tokens (details ->> '$.issuedAt')
      WHERE refresh_token IS NOT NULL AND exchange ->> '$.phase' = 'idle';
  `,
};
