/**
 * Salesforce record ids.
 *
 * A 15-character id is case-sensitive; the 18-character form adds one checksum character for each block of five.
 */

const CHECKSUM_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** The 18-character form of a 15-character id; an 18-character id is returned as it is. */
export function toId18(id: string): string {
  if (id.length === 18) return id;
  let suffix = '';
  for (let block = 0; block < 3; block++) {
    let bits = 0;
    for (let position = 0; position < 5; position++) {
      const character = id.charAt(block * 5 + position);
      if (character >= 'A' && character <= 'Z') bits |= 1 << position;
    }
    suffix += CHECKSUM_ALPHABET.charAt(bits);
  }
  return [id, suffix].join('');
}

/** An 18-character id of the emulator: key prefix, then zeros, `EMU` and a running number (1 … 46655). */
export function emulatorId(keyPrefix: string, serial: number): string {
  return toId18(`${keyPrefix}000000EMU${serial.toString(36).padStart(3, '0')}`);
}

/** True when both name the same record, whichever of the two lengths they have. */
export function sameId(left: string, right: string): boolean {
  return left.slice(0, 15) === right.slice(0, 15) && (left.length === 15 || left === toId18(left.slice(0, 15)));
}
