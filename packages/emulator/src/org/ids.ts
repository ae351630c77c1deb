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

const SERIALS_OF_A_BLOCK = 36 ** 3;

/**
 * An 18-character id of the emulator: key prefix, block, `EMU`, and the running number in base 36. The block is 000000
 * up to 46655 and grows from there, so that ids of one prefix sort as their numbers do.
 */
export function emulatorId(keyPrefix: string, serial: number): string {
  const block = Math.floor(serial / SERIALS_OF_A_BLOCK);
  const rest = serial % SERIALS_OF_A_BLOCK;
  return toId18(`${keyPrefix}${block.toString(36).padStart(6, '0')}EMU${rest.toString(36).padStart(3, '0')}`);
}

/** The running number of an id that {@link emulatorId} made. */
export function serialOf(id: string): number | undefined {
  const [, block, rest] = /^.{3}([0-9a-z]{6})EMU([0-9a-z]{3})/.exec(id) ?? [];
  if (block === undefined || rest === undefined) return undefined;
  return Number.parseInt(block, 36) * SERIALS_OF_A_BLOCK + Number.parseInt(rest, 36);
}

/** The 18-character form of an id of either length; undefined for anything else, a wrong checksum included. */
export function canonicalId(text: string): string | undefined {
  if (!/^[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?$/.test(text)) return undefined;
  const id = toId18(text.slice(0, 15));
  return text.length === 15 || text === id ? id : undefined;
}

/** True when both name the same record, whichever of the two lengths they have. */
export function sameId(left: string, right: string): boolean {
  return left.slice(0, 15) === right.slice(0, 15) && (left.length === 15 || left === toId18(left.slice(0, 15)));
}
