import { createHash } from 'node:crypto';
import type { SpooledAnswer } from '@forcemint/core/ports';

/** `magic(8) ‖ length of attempt id(4) ‖ length of sealed(4) ‖ attempt id ‖ sealed ‖ SHA-256 of all that(32)`; numbers big-endian. */
const MAGIC = Buffer.from('FMSPOOL1', 'latin1');
const HEADER_BYTES = MAGIC.length + 8;
const CHECKSUM_BYTES = 32;

/** Written over the start of an entry, it makes it none. */
export const EMPTY_HEADER: Uint8Array = new Uint8Array(HEADER_BYTES);

export function encodeEntry({ attemptId, sealed }: SpooledAnswer): Uint8Array {
  const id = Buffer.from(attemptId, 'utf8');
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(id.length, MAGIC.length);
  header.writeUInt32BE(sealed.length, MAGIC.length + 4);
  const content = Buffer.concat([header, id, sealed]);
  return Buffer.concat([content, checksum(content)]);
}

/** `undefined` unless a whole entry stands at the start of `bytes`; what follows it doesn't matter. */
export function decodeEntry(bytes: Uint8Array): SpooledAnswer | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const idEnd = HEADER_BYTES + file.readUInt32BE(MAGIC.length);
  const sealedEnd = idEnd + file.readUInt32BE(MAGIC.length + 4);
  if (sealedEnd + CHECKSUM_BYTES > file.length) return undefined;
  const stored = file.subarray(sealedEnd, sealedEnd + CHECKSUM_BYTES);
  if (!checksum(file.subarray(0, sealedEnd)).equals(stored)) return undefined;
  return {
    attemptId: file.toString('utf8', HEADER_BYTES, idEnd),
    sealed: new Uint8Array(file.subarray(idEnd, sealedEnd)),
  };
}

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
