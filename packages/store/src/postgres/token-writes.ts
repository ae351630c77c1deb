import type { ConnectionEvent } from '@forcemint/core/connections/connection';
import type { Clock, PendingRevocation } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import type { Row } from '../rows/columns.ts';
import { text } from '../rows/columns.ts';
import { Batch } from './batch.ts';
import { RAISED, shardOf } from './change-marks.ts';
import type { Database, Query, Write, Writes } from './database.ts';
import { DURABLY } from './durability.ts';
import { type Column, names, Parameters } from './parameters.ts';
import { allows, CONTENT, EVENT, MAX_EVENTS, REVOCATION, rememberWrite, TOKEN_CONTENT } from './write-parts.ts';

/** Whether a write of that id is among the last ones of a connection. */
export function wasWritten(connectionId: string, writeId: string): Write['wasWritten'] {
  return async (database: Database) => {
    const sql = 'SELECT 1 AS found FROM forcemint.tokens WHERE connection_id = $1 AND position($2 IN write_ids) > 0';
    return (await database.readFresh(sql, [connectionId, writeId])).length > 0;
  };
}

export interface TokenUpdate {
  readonly token: TokenRow;
  readonly expectedRevision: number;
  readonly events: readonly ConnectionEvent[];
  readonly revocations: readonly PendingRevocation[];
  /** The write begins something that only this lease allows. */
  readonly leaseId: string | undefined;
  readonly writeId: string;
}

/**
 * Writes of token rows: row, events, revocations, change mark. Those that come while others are under way share a statement, and so one flush to the disk.
 */
export class TokenWrites {
  readonly #batch: Batch<TokenUpdate, PromiseSettledResult<Row>>;

  constructor(database: Database, clock: Clock) {
    this.#batch = new Batch((updates) => writeAll(database, updates), clock);
  }

  /** The row that tells what became of it: `written`, `condition`, and where a lease was asked for `leased`. @throws StoreError */
  async write(update: TokenUpdate): Promise<Row> {
    const outcome = await this.#batch.call(update);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
}

/** Of two that want to replace the same row, the second is written after the first: one statement writes a row once. */
async function writeAll(database: Database, updates: readonly TokenUpdate[]): Promise<readonly PromiseSettledResult<Row>[]> {
  const first = new Map(updates.map((update) => [update.token.connectionId, update] as const).reverse());
  const outcomes = new Map<TokenUpdate, PromiseSettledResult<Row>>();
  // In one order for everybody, so that no two statements wait for each other.
  const together = [...first.values()].sort((a, b) => (a.token.connectionId < b.token.connectionId ? -1 : 1));
  const rest = updates.filter((update) => first.get(update.token.connectionId) !== update);
  for (const part of [together, ...rest.map((update) => [update])]) {
    const settled = await database.writeAll(part, TOKEN_WRITES);
    for (const [index, update] of part.entries()) outcomes.set(update, settled[index] as PromiseSettledResult<Row>);
  }
  return updates.map((update) => outcomes.get(update) as PromiseSettledResult<Row>);
}

const TOKEN_WRITES: Writes<TokenUpdate> = {
  statement: updateTokens,
  wereWritten: async (database, updates) => {
    const sql = `SELECT g.write_id FROM unnest($1::text[], $2::text[]) AS g (connection_id, write_id) JOIN forcemint.tokens t USING (connection_id)
      WHERE position(g.write_id IN t.write_ids) > 0`;
    const ids = updates.map(({ writeId }) => writeId);
    const rows = await database.readFresh(sql, [updates.map(({ token }) => token.connectionId), ids]);
    const found = new Set(rows.map((row) => text(row, 'write_id')));
    return ids.map((id) => found.has(id));
  },
};

const GIVEN: readonly Column<TokenUpdate>[] = [
  ['connection_id', 'text', ({ token }) => token.connectionId],
  ['revision', 'bigint', ({ token }) => token.revision],
  ['version', 'bigint', ({ token }) => token.version],
  ['expected_revision', 'bigint', ({ expectedRevision }) => expectedRevision],
  ['lease_id', 'text', ({ leaseId }) => leaseId],
  ['write_id', 'text', ({ writeId }) => writeId],
  ['events', 'bigint', ({ events }) => events.length],
  ['shard', 'smallint', ({ token }) => shardOf(token.connectionId)],
  ...CONTENT.map(([name, type, of]): Column<TokenUpdate> => [name, type, ({ token }) => of(token)]),
];

/** The `n`th write is the one that something belongs to. */
interface Of<T> {
  readonly n: number;
  readonly one: T;
}

const REVOCATIONS: readonly Column<Of<PendingRevocation>>[] = [
  ['n', 'bigint', ({ n }) => n],
  ...REVOCATION.map(([name, type, of]): Column<Of<PendingRevocation>> => [name, type, ({ one }) => of(one)]),
];

const EVENTS: readonly Column<Of<{ readonly event: ConnectionEvent; readonly after: number }>>[] = [
  ['n', 'bigint', ({ n }) => n],
  ['after', 'bigint', ({ one }) => one.after],
  ...EVENT.map(([name, type, of]): (typeof EVENTS)[number] => [name, type, ({ one }) => of(one.event)]),
];

const LEASED = `EXISTS (SELECT FROM forcemint.leases l WHERE l.connection_id = g.connection_id AND l.lease_id = g.lease_id AND l.until > clock_timestamp())`;

/**
 * One statement; an answer that was staged for an older version goes, too (what begins under a lease leaves the version as it is).
 *
 * The lease is looked at, not locked. Suppose that it runs out between the look and the commit, and another takes it: whoever takes it reads the row
 * afterwards. If this write was committed by then, the other finds the attempt in the row. If not, both want to replace the same revision, and the row lock lets one of them
 * win: this one, and the other gets `false` and reads again; or the other, and nothing is written here. A holder whose write was slow knows so by
 * `remainingMs()`, which it asks between this write and its request: its own clock started before the server's, so the server never gives a lease away
 * that its holder still believes in.
 */
function updateTokens(updates: readonly TokenUpdate[]): Query {
  const p = new Parameters();
  const parts = [
    `given AS MATERIALIZED (SELECT * FROM ${p.rows(updates, GIVEN)} WITH ORDINALITY AS g (${names(GIVEN)}, n))`,
    `written AS (
      UPDATE forcemint.tokens t
      SET revision = g.revision, version = g.version, (${TOKEN_CONTENT}) = ROW (${CONTENT.map(([name]) => `g.${name}`).join(', ')}),
        last_event = t.last_event + g.events, ${rememberWrite('g.write_id')}
      FROM given g
      WHERE t.connection_id = g.connection_id AND t.revision = g.expected_revision AND t.version <= g.version
        AND CASE WHEN g.lease_id IS NULL THEN ${allows('settle')} ELSE ${allows('begin')} AND ${LEASED} END AND ${DURABLY}
      RETURNING g.n, t.connection_id, t.version, t.last_event, g.lease_id, g.write_id, g.shard)`,
    `unstaged AS (DELETE FROM forcemint.staged_answers s USING written w
      WHERE w.lease_id IS NULL AND s.connection_id = w.connection_id AND s.version < w.version)`,
    ...addEvents(p, updates),
    ...addRevocations(p, updates),
    `counted AS MATERIALIZED (SELECT c.shard FROM forcemint.changes c WHERE c.shard IN (SELECT w.shard FROM written w)
      ORDER BY c.shard FOR UPDATE)`,
    `marked AS (UPDATE forcemint.changes c SET ${RAISED} FROM counted k WHERE c.shard = k.shard)`,
  ];
  const sql = `WITH ${parts.join(',\n')}
    SELECT (w.n IS NOT NULL)::int AS written, m.condition, CASE WHEN w.n IS NULL AND g.lease_id IS NOT NULL THEN (${LEASED})::int END AS leased
    FROM given g LEFT JOIN written w ON w.n = g.n CROSS JOIN forcemint.meta m WHERE m.id = 1 ORDER BY g.n`;
  return { text: sql, values: p.values };
}

/** Each new event pushes out the one that is `MAX_EVENTS` before it. */
function addEvents(p: Parameters, updates: readonly TokenUpdate[]): string[] {
  const events = updates.flatMap(({ events: all }, index) => {
    const kept = all.slice(-MAX_EVENTS);
    return kept.map((event, place) => ({ n: index + 1, one: { event, after: kept.length - 1 - place } }));
  });
  if (events.length === 0) return [];
  return [
    `noted AS (INSERT INTO forcemint.events (connection_id, ordinal, ${names(EVENT)})
      SELECT w.connection_id, w.last_event - e.after, ${EVENT.map(([name]) => `e.${name}`).join(', ')}
      FROM written w JOIN ${p.rows(events, EVENTS)} AS e (${names(EVENTS)}) ON e.n = w.n ORDER BY e.n, e.after DESC
      RETURNING connection_id, ordinal)`,
    `trimmed AS (DELETE FROM forcemint.events e USING noted o WHERE e.connection_id = o.connection_id AND e.ordinal = o.ordinal - ${MAX_EVENTS})`,
  ];
}

/** Those that are there stay as they are. */
function addRevocations(p: Parameters, updates: readonly TokenUpdate[]): string[] {
  const revocations = updates.flatMap((update, index) => update.revocations.map((one) => ({ n: index + 1, one })));
  if (revocations.length === 0) return [];
  return [
    `revoked AS (INSERT INTO forcemint.revocations (${names(REVOCATION)}, write_id)
      SELECT ${REVOCATION.map(([name]) => `r.${name}`).join(', ')}, w.write_id
      FROM written w JOIN ${p.rows(revocations, REVOCATIONS)} AS r (${names(REVOCATIONS)}) ON r.n = w.n ON CONFLICT (id) DO NOTHING)`,
  ];
}
