import type { ConnectionRow } from '../connections/connection.ts';
import type { PendingRevocation, StoredRow } from '../ports.ts';
import type { SealPlace } from '../seal/envelope.ts';
import type { Seal } from '../seal/seal.ts';
import { secretsPlace } from '../tokens/credentials.ts';
import { grantPlace } from '../tokens/revocations.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { accessTokenPlace, heldAnswerPlace, refreshTokenPlace } from '../tokens/token-seals.ts';

/** A value that is sealed in a row, and the place that it is bound to. */
export interface SealedField {
  readonly name: 'secrets' | 'refreshToken' | 'accessToken' | 'heldAnswer';
  readonly place: SealPlace;
  readonly sealed: Uint8Array;
}

/** Everything that is sealed in a row. */
export function sealedFields({ connection, token }: StoredRow): SealedField[] {
  const secrets = connection === undefined ? [] : [secretsOf(connection)];
  return [...secrets, ...sealedTokens(token)];
}

function secretsOf(connection: ConnectionRow): SealedField {
  return { name: 'secrets', place: secretsPlace(connection), sealed: connection.secrets };
}

export function sealedTokens(token: TokenRow): SealedField[] {
  const { connectionId, version, generation, details, refreshToken, accessToken, heldAnswer } = token;
  const fields: SealedField[] = [];
  if (refreshToken !== undefined) {
    fields.push({ name: 'refreshToken', place: refreshTokenPlace(connectionId, version), sealed: refreshToken });
  }
  if (accessToken !== undefined) {
    const place = accessTokenPlace(connectionId, generation, details?.instanceUrl ?? '');
    fields.push({ name: 'accessToken', place, sealed: accessToken });
  }
  if (heldAnswer !== undefined) {
    fields.push({ name: 'heldAnswer', place: heldAnswerPlace(connectionId, version), sealed: heldAnswer });
  }
  return fields;
}

/**
 * The connection with its secrets sealed by `to`. They are bound to the row's revision.
 * @param rise by how much the revision rises
 * @throws StoreError `unsealing_failed`, as all here
 */
export function resealedConnection(connection: ConnectionRow, from: Seal, to: Seal, rise: 0 | 1): ConnectionRow {
  const risen = { ...connection, revision: connection.revision + rise };
  return { ...risen, secrets: to.seal(secretsPlace(risen), from.open(secretsPlace(connection), connection.secrets)) };
}

/** The token row with everything in it sealed by `to`, bound to the same places. */
export function resealedToken(token: TokenRow, from: Seal, to: Seal, rise: 0 | 1): TokenRow {
  const anew: Partial<Record<SealedField['name'], Uint8Array>> = {};
  for (const { name, place, sealed } of sealedTokens(token)) anew[name] = to.seal(place, from.open(place, sealed));
  return { ...token, ...anew, revision: token.revision + rise };
}

export function resealedRevocation(revocation: PendingRevocation, from: Seal, to: Seal): PendingRevocation {
  const place = grantPlace(revocation.id);
  return { ...revocation, sealed: to.seal(place, from.open(place, revocation.sealed)) };
}
