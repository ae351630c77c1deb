/** Distinguished Encoding Rules (ITU-T X.690) for writing, as much as certificates need. */

const UNIVERSAL = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(UNIVERSAL.sequence, ...contents);
}

/** A SET of one element: more would have to be sorted. */
export function setOfOne(content: Uint8Array): Buffer {
  return element(UNIVERSAL.set, content);
}

export function boolean(value: boolean): Buffer {
  return element(UNIVERSAL.boolean, Buffer.from([value ? 0xff : 0]));
}

/** A number that is not negative, from its bytes, the most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start < 0 ? Buffer.of(0) : bytes.subarray(start);
  const sign = (significant[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.of();
  return element(UNIVERSAL.integer, sign, significant);
}

/** @param dotted such as `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(UNIVERSAL.objectIdentifier, Buffer.from([first * 40 + second, ...others].flatMap(base128)));
}

/** Seven bits in each octet; all but the last have the top bit set. */
function base128(value: number): number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return octets;
}

/** A BIT STRING of whole octets. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(UNIVERSAL.bitString, Buffer.of(0), bytes);
}

/** A BIT STRING whose bits have names: these are set (bit 0 is the first), and it ends with the last of them. */
export function namedBits(bits: readonly number[]): Buffer {
  const length = Math.max(-1, ...bits) + 1;
  const octets = Buffer.alloc(Math.ceil(length / 8));
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return element(UNIVERSAL.bitString, Buffer.of(octets.length * 8 - length), octets);
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(UNIVERSAL.octetString, bytes);
}

export function nothing(): Buffer {
  return element(UNIVERSAL.null);
}

export function utf8String(text: string): Buffer {
  return element(UNIVERSAL.utf8String, Buffer.from(text));
}

/** Epoch milliseconds, to the second: UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
export function time(epochMs: number): Buffer {
  const date = new Date(epochMs);
  const digits = `${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? element(UNIVERSAL.utcTime, Buffer.from(digits.slice(2)))
    : element(UNIVERSAL.generalizedTime, Buffer.from(digits));
}

/** `[tag]` around whole elements: an EXPLICIT tag, or an IMPLICIT one of a SEQUENCE. */
export function context(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  return element(CONTEXT | CONSTRUCTED | tag, ...contents);
}

/** `[tag]` IMPLICIT of a primitive type: its bytes alone. */
export function contextPrimitive(tag: number, bytes: Uint8Array): Buffer {
  return element(CONTEXT | tag, bytes);
}
