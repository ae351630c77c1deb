import { createHash } from 'node:crypto';
import type { SpooledAnswer } from '@forcemint/core/ports';

/**
 * `magic(8) ‖ length of connection id(4) ‖ length of attempt id(4) ‖ length of sealed(4) ‖ version(8) ‖ epoch milliseconds(8) ‖ connection id ‖ attempt id ‖
 * sealed ‖ SHA-256 of all that(32)`; numbers big-endian.
 */
const MAGIC = Buffer.from('FMSPOOL2', 'latin1');
const HEADER_BYTES = MAGIC.length + 3 * 4 + 2 * 8;
/** What the first format began with: `magic(8) ‖ length of attempt id(4) ‖ length of sealed(4) ‖ attempt id ‖ sealed ‖ SHA-256(32)`. */
const FIRST_MAGIC = Buffer.from('FMSPOOL1', 'latin1');
const FIRST_HEADER_BYTES = FIRST_MAGIC.length + 8;
const CHECKSUM_BYTES = 32;

/** Written over the start of an entry, it makes it none. */
export const EMPTY_HEADER: Uint8Array = new Uint8Array(HEADER_BYTES);

export function encodeEntry({ connectionId, attemptId, version, stagedAtMs, sealed }: SpooledAnswer): Uint8Array {
  const connection = Buffer.from(connectionId, 'utf8');
  const attempt = Buffer.from(attemptId, 'utf8');
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(connection.length, 8);
  header.writeUInt32BE(attempt.length, 12);
  header.writeUInt32BE(sealed.length, 16);
  header.writeBigInt64BE(BigInt(version), 20);
  header.writeBigInt64BE(BigInt(stagedAtMs), 28);
  const content = Buffer.concat([header, connection, attempt, sealed]);
  return Buffer.concat([content, checksum(content)]);
}

/**
 * `undefined` unless a whole entry stands at the start of `bytes`; what follows it doesn't matter.
 * @param connectionId of an entry of the first format, which does not say it; without it such an entry is none
 */
export function decodeEntry(bytes: Uint8Array, connectionId?: string): SpooledAnswer | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(file, FIRST_MAGIC, FIRST_HEADER_BYTES))
    return connectionId === undefined ? undefined : first(file, connectionId);
  if (!startsWith(file, MAGIC, HEADER_BYTES)) return undefined;
  const connectionEnd = HEADER_BYTES + file.readUInt32BE(8);
  const attemptEnd = connectionEnd + file.readUInt32BE(12);
  const sealedEnd = attemptEnd + file.readUInt32BE(16);
  if (!isWhole(file, sealedEnd)) return undefined;
  return {
    connectionId: file.toString('utf8', HEADER_BYTES, connectionEnd),
    attemptId: file.toString('utf8', connectionEnd, attemptEnd),
    version: Number(file.readBigInt64BE(20)),
    stagedAtMs: Number(file.readBigInt64BE(28)),
    sealed: new Uint8Array(file.subarray(attemptEnd, sealedEnd)),
  };
}

function first(file: Buffer, connectionId: string): SpooledAnswer | undefined {
  const attemptEnd = FIRST_HEADER_BYTES + file.readUInt32BE(8);
  const sealedEnd = attemptEnd + file.readUInt32BE(12);
  if (!isWhole(file, sealedEnd)) return undefined;
  return {
    connectionId,
    attemptId: file.toString('utf8', FIRST_HEADER_BYTES, attemptEnd),
    version: -1,
    stagedAtMs: 0,
    sealed: new Uint8Array(file.subarray(attemptEnd, sealedEnd)),
  };
}

function startsWith(file: Buffer, magic: Buffer, headerBytes: number): boolean {
  return file.length >= headerBytes && file.subarray(0, magic.length).equals(magic);
}

function isWhole(file: Buffer, end: number): boolean {
  if (end + CHECKSUM_BYTES > file.length) return false;
  return checksum(file.subarray(0, end)).equals(file.subarray(end, end + CHECKSUM_BYTES));
}

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
