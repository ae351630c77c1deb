import type { EventRow } from '../connections/connection.ts';
import type { PendingRevocation, StoredRow } from '../ports.ts';
import type { Seal } from '../seal/seal.ts';
import { grantPlace } from '../tokens/revocations.ts';
import { sealedFields } from './sealed-fields.ts';

/** A row with everything in it opened, however it is sealed. @throws StoreError `unsealing_failed` */
export function contentOfRow(row: StoredRow, seal: Seal): unknown {
  const opened: Record<string, string> = {};
  for (const { name, place, sealed } of sealedFields(row)) opened[name] = seal.open(place, sealed);
  const { secrets: _secrets, ...connection } = row.connection ?? { secrets: undefined };
  const { refreshToken: _refreshToken, accessToken: _accessToken, heldAnswer: _heldAnswer, ...token } = row.token;
  return { connection: row.connection && connection, token, opened };
}

/** @throws StoreError `unsealing_failed` */
export function contentOfRevocation({ sealed, ...revocation }: PendingRevocation, seal: Seal): unknown {
  return { ...revocation, opened: seal.open(grantPlace(revocation.id), sealed) };
}

/** An event without its place in the order. */
export function contentOfEvent({ seq: _seq, ...event }: EventRow): unknown {
  return event;
}
