import type { ConnectionRow, EventRow, EventType } from '@forcemint/core/connections/connection';
import type { DataKeyRow, PendingRevocation, StoredRow } from '@forcemint/core/ports';
import type { AccessTokenDetails } from '@forcemint/core/tokens/access-token';
import type { ExchangeRecord } from '@forcemint/core/tokens/exchange';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { blob, integer, json, optionalBlob, type Row, text } from './columns.ts';

export function connectionFromRow(row: Row): ConnectionRow {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    revision: integer(row, 'revision'),
    settings: json<ConnectionRow['settings']>(row, 'settings'),
    secrets: blob(row, 'secrets'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms'),
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

export function storedRowFrom(token: Row, connection: Row | undefined): StoredRow {
  return { connection: connection && connectionFromRow(connection), token: tokenFromRow(token) };
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
