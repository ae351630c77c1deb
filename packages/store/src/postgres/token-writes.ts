import type { ConnectionEvent } from '@forcemint/core/connections/connection';
import type { PendingRevocation } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import type { Database, Write } from './database.ts';
import { DURABLY } from './durability.ts';
import { Parameters } from './parameters.ts';
import { addEvents, addRevocations, allows, rememberWrite, TOKEN_CONTENT, tokenContent, writing } from './write-parts.ts';

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
 * One statement: row, events, revocations, change mark; an answer that was staged for an older version goes, too (what begins under a lease
 * leaves the version as it is). Its row has `leased` where a lease was
 * asked for.
 *
 * The lease is looked at, not locked. Suppose that it runs out between the look and the commit, and another takes it: whoever takes it reads the row
 * afterwards. If this write was committed by then, the other finds the attempt in the row. If not, both want to replace the same revision, and the row lock lets one of them
 * win: this one, and the other gets `false` and reads again; or the other, and nothing is written here. A holder whose write was slow knows so by
 * `remainingMs()`, which it asks between this write and its request: its own clock started before the server's, so the server never gives a lease away
 * that its holder still believes in.
 */
export function updateToken({ token, expectedRevision, events, revocations, leaseId, writeId }: TokenUpdate): Write {
  const p = new Parameters();
  const id = p.add(token.connectionId, 'text');
  const write = p.add(writeId, 'text');
  const version = p.add(token.version, 'bigint');
  const isLeased =
    leaseId === undefined
      ? 'true'
      : `EXISTS (SELECT FROM forcemint.leases l WHERE l.connection_id = ${id} AND l.lease_id = ${p.add(leaseId, 'text')} AND l.until > clock_timestamp())`;
  const written = `written AS (
    UPDATE forcemint.tokens t
    SET revision = ${p.add(token.revision, 'bigint')}, version = ${version}, (${TOKEN_CONTENT}) = ROW (${tokenContent(p, token)}),
      last_event = t.last_event + ${p.add(events.length, 'bigint')}, ${rememberWrite(write)}
    WHERE t.connection_id = ${id} AND t.revision = ${p.add(expectedRevision, 'bigint')} AND t.version <= ${version}
      AND ${allows(leaseId === undefined ? 'settle' : 'begin')} AND ${isLeased} AND ${DURABLY}
    RETURNING t.connection_id, t.last_event)`;
  const unstaged = `unstaged AS (DELETE FROM forcemint.staged_answers s USING written w
    WHERE s.connection_id = w.connection_id AND s.version < ${version})`;
  const parts = [
    written,
    ...(leaseId === undefined ? [unstaged] : []),
    ...addRevocations(p, revocations, write, 'EXISTS (SELECT FROM written)'),
    ...addEvents(p, events),
  ];
  const text = writing(p, token.connectionId, parts, leaseId === undefined ? '' : `, (${isLeased})::int AS leased`);
  return { text, values: p.values, wasWritten: wasWritten(token.connectionId, writeId) };
}
