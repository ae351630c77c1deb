import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

/** First byte of everything sealed, so that the format can change. */
export const ENVELOPE_VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Before each part of a place. */
const LENGTH_BYTES = 4;
/** `version(1) ‖ kekId(4) ‖ dekId(4) ‖ nonce(12)`, before the ciphertext; `tag(16)` after it. */
const HEADER_BYTES = 1 + KEY_ID_BYTES + KEY_ID_BYTES + NONCE_BYTES;

/** Where a sealed value belongs; moving it anywhere else makes it unreadable. */
export interface SealPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  /** The row's revision; for tokens their version. */
  readonly version: number;
}

export interface EnvelopeKeys {
  /** Identifies the master key. */
  readonly kekId: number;
  /** Identifies the data key; 0 = sealed by the master key itself. */
  readonly dekId: number;
}

/** Encrypts with AES-256-GCM (NIST SP 800-38D) under a fresh 96-bit nonce. */
export function encrypt(
  key: KeyObject,
  keys: EnvelopeKeys,
  plaintext: Uint8Array,
  aad: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(ENVELOPE_VERSION, 0);
  header.writeUInt32BE(keys.kekId, 1);
  header.writeUInt32BE(keys.dekId, 1 + KEY_ID_BYTES);
  header.set(nonce, 1 + 2 * KEY_ID_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([header, aad]));
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Which keys sealed a value; `undefined` if it is no envelope of a known version. */
export function envelopeKeys(sealed: Uint8Array): EnvelopeKeys | undefined {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== ENVELOPE_VERSION) return undefined;
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  return { kekId: view.getUint32(1), dekId: view.getUint32(1 + KEY_ID_BYTES) };
}

/**
 * The plaintext, or `undefined` if one bit of envelope, place or key is wrong. Nothing is released before the tag has been checked, and only
 * 16-byte tags are taken.
 */
export function decrypt(key: KeyObject, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  if (envelopeKeys(sealed) === undefined) return undefined;
  const header = sealed.subarray(0, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(1 + 2 * KEY_ID_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([header, aad]));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const unverified = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([unverified, decipher.final()]);
  } catch {
    unverified.fill(0);
    return undefined;
  }
}

/** Unambiguous bytes for a place in a store: each part is preceded by its length. */
export function placeBytes(storeId: string, place: SealPlace): Uint8Array {
  const parts = [storeId, place.table, place.row, place.column, String(place.version)];
  const lengths = parts.map((part) => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at = bytes.writeUInt32BE(lengths[index] ?? 0, at);
    at += bytes.write(part, at, 'utf8');
  }
  return bytes;
}
