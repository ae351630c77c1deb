import type { ConnectionEvent } from '@forcemint/core/connections/connection';
import type { PendingRevocation, StoreCondition } from '@forcemint/core/ports';
import { type WriteKind, writeRefusal } from '@forcemint/core/store-condition';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { raiseMark, shardOf } from './change-marks.ts';
import { type Column, names, type Parameters } from './parameters.ts';

/** Events kept for each connection. */
export const MAX_EVENTS = 1_000;

/** How many ids of writes a token row remembers, and how long each is (characters). */
const WRITE_IDS = 8;
const WRITE_ID_LENGTH = 16;

const ELSEWHERE = { storeId: '', url: '' };
const CONDITIONS: readonly StoreCondition[] = [
  { is: 'active' },
  { is: 'moving', to: ELSEWHERE },
  { is: 'moved', to: ELSEWHERE },
  { is: 'filling', from: ELSEWHERE },
  { is: 'quarantined', why: 'clone', evidence: '', sinceMs: 0 },
];

/** SQL for: the store's condition allows a write of this kind. */
export function allows(kind: WriteKind): string {
  return ALLOWS[kind];
}

const ALLOWS: Readonly<Record<WriteKind, string>> = {
  begin: allowing('begin'),
  settle: allowing('settle'),
  fill: allowing('fill'),
};

function allowing(kind: WriteKind): string {
  const conditions = CONDITIONS.filter((condition) => writeRefusal(condition, kind) === undefined);
  return `(SELECT m.condition ->> 'is' FROM forcemint.meta m WHERE m.id = 1) IN (${conditions.map(({ is }) => `'${is}'`).join(', ')})`;
}

/** Its exchange has not come to rest; what the index `tokens_unsettled` is of. */
export function isUnsettled({ exchange }: TokenRow): boolean {
  return exchange.phase === 'intent' || exchange.phase === 'unknown' || exchange.login !== undefined;
}

/** When its refresh token was last exchanged, epoch seconds; `null` where nothing lies idle. What the index `tokens_idle` is of. */
export function idleSince({ exchange, refreshToken, details }: TokenRow): number | null {
  return refreshToken !== undefined && exchange.phase === 'idle' ? (details?.issuedAt ?? null) : null;
}

/** Columns of a token row that a write replaces whatever it is. */
export const CONTENT: readonly Column<TokenRow>[] = [
  ['generation', 'bigint', ({ generation }) => generation],
  ['exchange', 'text', ({ exchange }) => JSON.stringify(exchange)],
  ['details', 'text', ({ details }) => details && JSON.stringify(details)],
  ['refresh_token', 'bytea', ({ refreshToken }) => refreshToken],
  ['access_token', 'bytea', ({ accessToken }) => accessToken],
  ['held_answer', 'bytea', ({ heldAnswer }) => heldAnswer],
  ['unsettled', 'boolean', isUnsettled],
  ['idle_since', 'bigint', idleSince],
];

/** Their names, in this order. */
export const TOKEN_CONTENT = names(CONTENT);

/** Values of `TOKEN_CONTENT`. */
export function tokenContent(p: Parameters, token: TokenRow): string {
  return CONTENT.map(([, type, of]) => p.add(of(token) ?? null, type)).join(', ');
}

/** The id of a write joins those that the row remembers. @param writeId a parameter */
export function rememberWrite(writeId: string, table = 't'): string {
  return `write_ids = left(${writeId} || ${table}.write_ids, ${WRITE_IDS * WRITE_ID_LENGTH})`;
}

/** Columns of an event, besides whose it is and which. */
export const EVENT: readonly Column<ConnectionEvent>[] = [
  ['at_ms', 'bigint', ({ atMs }) => atMs],
  ['type', 'text', ({ type }) => type],
  ['detail', 'text', ({ detail }) => JSON.stringify(detail)],
];

/** Columns of a revocation, besides the write that added it. */
export const REVOCATION: readonly Column<PendingRevocation>[] = [
  ['id', 'text', ({ id }) => id],
  ['connection_id', 'text', ({ connectionId }) => connectionId],
  ['reason', 'text', ({ reason }) => reason],
  ['sealed', 'bytea', ({ sealed }) => sealed],
  ['created_at_ms', 'bigint', ({ createdAtMs }) => createdAtMs],
  ['due_at_ms', 'bigint', ({ dueAtMs }) => dueAtMs],
  ['tries', 'bigint', ({ tries }) => tries],
];

/** What a write adds to a connection's history, from `written (connection_id, last_event)` on, which counts the new events already. */
export function addEvents(p: Parameters, events: readonly ConnectionEvent[], source = 'written'): string[] {
  if (events.length === 0) return [];
  const kept = events.slice(-MAX_EVENTS);
  return [
    `noted AS (INSERT INTO forcemint.events (connection_id, ordinal, at_ms, type, detail)
      SELECT w.connection_id, w.last_event - ${p.add(kept.length, 'bigint')} + e.n, e.at_ms, e.type, e.detail
      FROM ${source} w, ${p.rows(kept, EVENT)} WITH ORDINALITY AS e (${names(EVENT)}, n))`,
    `trimmed AS (DELETE FROM forcemint.events e USING ${source} w
      WHERE e.connection_id = w.connection_id AND e.ordinal <= w.last_event - ${MAX_EVENTS})`,
  ];
}

/** Adds revocations where `condition` holds; those that are there stay as they are. */
export function addRevocations(
  p: Parameters,
  revocations: readonly PendingRevocation[],
  writeId: string,
  condition: string,
): string[] {
  if (revocations.length === 0) return [];
  return [
    `revoked AS (INSERT INTO forcemint.revocations (${names(REVOCATION)}, write_id)
      SELECT r.*, ${writeId} FROM ${p.rows(revocations, REVOCATION)} AS r WHERE ${condition} ON CONFLICT (id) DO NOTHING RETURNING connection_id)`,
  ];
}

/** Puts the parts together; its row says whether it wrote, and what the store's condition was. */
export function writing(p: Parameters, connectionId: string, parts: readonly string[], more = ''): string {
  const all = [...parts, raiseMark(p.add(shardOf(connectionId), 'smallint'))];
  return `WITH ${all.join(',\n')}
    SELECT (SELECT count(*) FROM written)::int AS written, m.condition${more} FROM forcemint.meta m WHERE m.id = 1`;
}
