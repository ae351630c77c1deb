import type { Defect } from './defect.ts';

const POSTGRES = 'packages/store/src/postgres';
const ROW_LEASE = `${POSTGRES}/row-lease.ts`;
const ROW_LEASE_TEST = 'packages/store/test/postgres/row-lease.test.ts';
const OUTCOME_TEST = 'packages/store/test/postgres/outcome.test.ts';

/** Mistakes that let two replicas use one refresh token, or lose what was committed, each with the test that notices. */
export const POSTGRES_DEFECTS: readonly Defect[] = [
  {
    name: 'the compare and set of the lease dropped',
    edits: [
      {
        file: ROW_LEASE,
        find: 'NOT EXISTS (SELECT FROM forcemint.leases h WHERE h.connection_id = w.connection_id AND h.until >= clock_timestamp() AND h.lease_id <> w.lease_id)',
        replace: 'true',
      },
      { file: ROW_LEASE, find: 'WHERE l.until < clock_timestamp() OR l.lease_id = excluded.lease_id\n', replace: '\n' },
    ],
    testFile: ROW_LEASE_TEST,
    testName: 'of many who claim one connection at once, over many handles, one gets the lease',
  },
  {
    name: 'a lease that ends by the clock of its client',
    edits: [
      {
        file: ROW_LEASE,
        find: "clock_timestamp() + w.for_ms * interval '1 millisecond'",
        replace: 'to_timestamp(w.for_ms / 1000.0)',
      },
      { file: ROW_LEASE, find: 'Math.trunc(forMs)', replace: 'Math.trunc(this.#options.clock.nowMs() + forMs)' },
    ],
    testFile: ROW_LEASE_TEST,
    testName: 'a client’s clock that is hours off neither takes a lease early nor keeps it longer',
  },
  {
    name: 'an advisory lock in the place of the lease',
    edits: [
      {
        file: ROW_LEASE,
        find: '=> `WITH claimed AS (\n    INSERT',
        replace: `=> \`WITH claimed AS (SELECT w.lease_id FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w (connection_id, lease_id, for_ms)
      WHERE $4::text <> '' AND pg_try_advisory_lock(hashtext(w.connection_id))), unused AS (
    INSERT`,
      },
      { file: ROW_LEASE, find: 'WHERE NOT EXISTS', replace: 'WHERE false AND NOT EXISTS' },
    ],
    testFile: ROW_LEASE_TEST,
    testName: 'a lease that ran out by the server’s clock can be taken, and its former holder can’t give the new one back',
  },
  {
    name: 'an intent that is written without a look at its lease',
    edits: [
      {
        file: `${POSTGRES}/token-writes.ts`,
        find: 'l.connection_id = g.connection_id AND l.lease_id = g.lease_id AND l.until > clock_timestamp()',
        replace: 'l.connection_id = g.connection_id OR l.lease_id <> g.lease_id',
      },
    ],
    testFile: ROW_LEASE_TEST,
    testName: 'a leased write needs the lease as the server sees it',
  },
  {
    name: 'a write whose COMMIT was not answered taken for one that was not done',
    edits: [
      {
        file: `${POSTGRES}/database.ts`,
        find: 'if (found[index] === true) done(write, { written: 1 });\n            else if (cut)',
        replace: 'if (cut)',
      },
      {
        file: `${POSTGRES}/database.ts`,
        find: "again && rows.some((row) => row['written'] === 0)",
        replace: 'again && rows.length === 0',
      },
    ],
    testFile: OUTCOME_TEST,
    testName: 'a write that was committed is known even when others have written on top of it before it was looked for',
  },
  {
    name: 'writes that were cut together taken for done together',
    edits: [{ file: `${POSTGRES}/token-writes.ts`, find: 'found.has(id)', replace: 'found.size > 0 && id.length > 0' }],
    testFile: OUTCOME_TEST,
    testName: 'several writes in one statement whose answer is lost: each is there once, and known to be',
  },
  {
    name: 'one refused value that takes every write beside it down',
    edits: [
      {
        file: `${POSTGRES}/database.ts`,
        find: 'isOfOneRow(error) && open.length > 1',
        replace: 'isOfOneRow(error) && open.length < 1',
      },
    ],
    testFile: OUTCOME_TEST,
    testName: 'of several writes in one statement, one that the server refuses fails alone',
  },
  {
    name: 'the answers of another replica not waited for although it lives',
    edits: [
      {
        file: `${POSTGRES}/replica-rows.ts`,
        find: "return Math.min(integer(row, 'remaining_ms'), ANSWERS_WAIT_MS);",
        replace: 'return 0;',
      },
    ],
    testFile: 'test/fault/replicas.test.ts',
    testName:
      'fault 43, its spool out of reach, and nothing staged in the database: others hold back while it may still come; it comes back and brings it',
  },
];
