import type { ConnectionRow, EventRow, EventType } from '@forcemint/core/connections/connection';
import type { DataKeyRow, LiveRow, PendingRevocation, StoredRow } from '@forcemint/core/ports';
import type { AccessTokenDetails } from '@forcemint/core/tokens/access-token';
import type { ExchangeRecord } from '@forcemint/core/tokens/exchange';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { blob, integer, json, optionalBlob, type Row, text } from './columns.ts';

/** @param prefix of its columns' names, where they stand beside others */
export function connectionFromRow(row: Row, prefix: '' | typeof BESIDE = ''): ConnectionRow {
  return {
    id: text(row, `${prefix}id`),
    name: text(row, `${prefix}name`),
    revision: integer(row, `${prefix}revision`),
    settings: json<ConnectionRow['settings']>(row, `${prefix}settings`),
    secrets: blob(row, `${prefix}secrets`),
    createdAtMs: integer(row, `${prefix}created_at_ms`),
    updatedAtMs: integer(row, `${prefix}updated_at_ms`),
  };
}

export function tokenFromRow(row: Row): TokenRow {
  const refreshToken = optionalBlob(row, 'refresh_token');
  const accessToken = optionalBlob(row, 'access_token');
  const heldAnswer = optionalBlob(row, 'held_answer');
  return {
    connectionId: text(row, 'connection_id'),
    revision: integer(row, 'revision'),
    version: integer(row, 'version'),
    generation: integer(row, 'generation'),
    exchange: json<ExchangeRecord>(row, 'exchange'),
    ...(row['details'] !== null && { details: json<AccessTokenDetails>(row, 'details') }),
    ...(refreshToken && { refreshToken }),
    ...(accessToken && { accessToken }),
    ...(heldAnswer && { heldAnswer }),
  };
}

/** Named parameters of a token row; `revision` and `version` as the caller wants them. */
export function tokenParameters(token: TokenRow): Record<string, string | number | Uint8Array | null> {
  return {
    connection_id: token.connectionId,
    revision: token.revision,
    version: token.version,
    generation: token.generation,
    exchange: JSON.stringify(token.exchange),
    details: token.details === undefined ? null : JSON.stringify(token.details),
    refresh_token: token.refreshToken ?? null,
    access_token: token.accessToken ?? null,
    held_answer: token.heldAnswer ?? null,
  };
}

const BESIDE = 'c_';
const CONNECTION_COLUMNS = ['id', 'name', 'revision', 'settings', 'secrets', 'created_at_ms', 'updated_at_ms'];

/** SQL: the columns of a connection beside those of a token row, for `storedRowFrom`. @param table its alias */
export function connectionColumns(table: string): string {
  return CONNECTION_COLUMNS.map((column) => `${table}.${column} AS ${BESIDE}${column}`).join(', ');
}

/** A token row with `connectionColumns`; they are null where the connection is gone. */
export function storedRowFrom(row: Row): StoredRow {
  const { connection, token } = row['c_id'] === null ? { connection: undefined, token: tokenFromRow(row) } : liveRowFrom(row);
  return { connection, token };
}

/** The same for a connection that is there. */
export function liveRowFrom(row: Row): LiveRow {
  return { connection: connectionFromRow(row, BESIDE), token: tokenFromRow(row) };
}

export function eventFromRow(row: Row): EventRow {
  return {
    seq: integer(row, 'seq'),
    connectionId: text(row, 'connection_id'),
    atMs: integer(row, 'at_ms'),
    type: text(row, 'type') as EventType,
    detail: json<EventRow['detail']>(row, 'detail'),
  };
}

export function revocationFromRow(row: Row): PendingRevocation {
  return {
    id: text(row, 'id'),
    connectionId: text(row, 'connection_id'),
    reason: text(row, 'reason') as PendingRevocation['reason'],
    sealed: blob(row, 'sealed'),
    createdAtMs: integer(row, 'created_at_ms'),
    dueAtMs: integer(row, 'due_at_ms'),
    tries: integer(row, 'tries'),
  };
}

export function dataKeyFromRow(row: Row): DataKeyRow {
  return { id: integer(row, 'id'), wrapped: blob(row, 'wrapped'), createdAtMs: integer(row, 'created_at_ms') };
}
