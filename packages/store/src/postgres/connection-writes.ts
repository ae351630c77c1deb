import type { ConnectionEvent, ConnectionRow } from '@forcemint/core/connections/connection';
import type { PendingRevocation } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import type { Write } from './database.ts';
import { DURABLY } from './durability.ts';
import { Parameters } from './parameters.ts';
import { wasWritten } from './token-writes.ts';
import { addEvents, addRevocations, allows, rememberWrite, TOKEN_CONTENT, tokenContent, writing } from './write-parts.ts';

const TOKEN_COLUMNS = `connection_id, revision, version, ${TOKEN_CONTENT}, last_event, write_ids`;

/** Every write of a connection takes the lock of its token row first: with it, the version that is compared is the newest one, not the snapshot's. */
const locked = (id: string) =>
  `locked AS MATERIALIZED (SELECT t.connection_id, t.version FROM forcemint.tokens t WHERE t.connection_id = ${id} FOR UPDATE)`;

export function insertConnection(
  connection: ConnectionRow,
  token: TokenRow,
  events: readonly ConnectionEvent[],
  writeId: string,
): Write {
  const p = new Parameters();
  const columns = [
    p.add(connection.id, 'text'),
    p.add(connection.name, 'text'),
    p.add(connection.revision, 'bigint'),
    p.add(JSON.stringify(connection.settings), 'text'),
    p.add(connection.secrets, 'bytea'),
    p.add(connection.createdAtMs, 'bigint'),
    p.add(connection.updatedAtMs, 'bigint'),
  ];
  const parts = [
    `inserted AS (INSERT INTO forcemint.connections (id, name, revision, settings, secrets, created_at_ms, updated_at_ms)
      SELECT ${columns.join(', ')} WHERE ${allows('begin')} AND ${DURABLY} ON CONFLICT (name) DO NOTHING RETURNING id)`,
    `written AS (INSERT INTO forcemint.tokens (${TOKEN_COLUMNS})
      SELECT i.id, ${p.add(token.revision, 'bigint')}, ${p.add(token.version, 'bigint')}, ${tokenContent(p, token)}, ${p.add(events.length, 'bigint')},
        ${p.add(writeId, 'text')} FROM inserted i RETURNING connection_id, last_event)`,
    ...addEvents(p, events),
  ];
  return { text: writing(p, connection.id, parts), values: p.values, wasWritten: wasWritten(connection.id, writeId) };
}

export function updateConnection(
  connection: ConnectionRow,
  expectedRevision: number,
  token: TokenRow | undefined,
  events: readonly ConnectionEvent[],
  writeId: string,
): Write {
  const p = new Parameters();
  const id = p.add(connection.id, 'text');
  const version = token && p.add(token.version, 'bigint');
  // A revision that was used before would let a writer who still expects it overwrite the row.
  const replaced = token
    ? `revision = greatest(t.revision + 1, ${p.add(token.revision, 'bigint')}), version = ${version}, (${TOKEN_CONTENT}) = ROW (${tokenContent(p, token)}), `
    : '';
  const parts = [
    locked(id),
    `updated AS (
      UPDATE forcemint.connections c
      SET revision = ${p.add(connection.revision, 'bigint')}, settings = ${p.add(JSON.stringify(connection.settings), 'text')},
        secrets = ${p.add(connection.secrets, 'bytea')}, updated_at_ms = ${p.add(connection.updatedAtMs, 'bigint')}
      FROM locked l
      WHERE c.id = ${id} AND l.connection_id = c.id AND c.revision = ${p.add(expectedRevision, 'bigint')}
        ${version === undefined ? '' : `AND l.version <= ${version}`} AND ${allows('begin')} AND ${DURABLY}
      RETURNING c.id)`,
    `written AS (
      UPDATE forcemint.tokens t SET ${replaced} last_event = t.last_event + ${p.add(events.length, 'bigint')}, ${rememberWrite(p.add(writeId, 'text'))}
      FROM updated u WHERE t.connection_id = u.id RETURNING t.connection_id, t.last_event)`,
    ...addEvents(p, events),
  ];
  return { text: writing(p, connection.id, parts), values: p.values, wasWritten: wasWritten(connection.id, writeId) };
}

export function deleteConnection(
  connectionId: string,
  tombstone: TokenRow,
  events: readonly ConnectionEvent[],
  revocations: readonly PendingRevocation[],
  writeId: string,
): Write {
  const p = new Parameters();
  const id = p.add(connectionId, 'text');
  const write = p.add(writeId, 'text');
  const parts = [
    locked(id),
    `deleted AS (DELETE FROM forcemint.connections c USING locked l
      WHERE c.id = ${id} AND l.connection_id = c.id AND ${allows('begin')} AND ${DURABLY} RETURNING c.id)`,
    `written AS (
      UPDATE forcemint.tokens t
      SET revision = greatest(t.revision + 1, ${p.add(tombstone.revision, 'bigint')}),
        version = greatest(t.version, ${p.add(tombstone.version, 'bigint')}), (${TOKEN_CONTENT}) = ROW (${tokenContent(p, tombstone)}),
        last_event = t.last_event + ${p.add(events.length, 'bigint')}, ${rememberWrite(write)}
      FROM deleted d WHERE t.connection_id = d.id RETURNING t.connection_id, t.last_event)`,
    ...addRevocations(p, revocations, write, 'EXISTS (SELECT FROM written)'),
    ...addEvents(p, events),
    `unleased AS (DELETE FROM forcemint.leases l USING written w WHERE l.connection_id = w.connection_id AND l.until < clock_timestamp())`,
  ];
  return { text: writing(p, connectionId, parts), values: p.values, wasWritten: wasWritten(connectionId, writeId) };
}
