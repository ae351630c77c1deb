import fc from 'fast-check';
import { INJECTED_HEADER, INJECTED_MARKUP } from './oracles.ts';

/** Texts that have broken servers before. */
const NASTY: readonly string[] = [
  '',
  ' ',
  '\0',
  '\r\n',
  `\r\n${INJECTED_HEADER}: 1`,
  `%0d%0a${INJECTED_HEADER}:%201`,
  `"><${INJECTED_MARKUP}>`,
  `' ${INJECTED_MARKUP}='`,
  `" ${INJECTED_MARKUP}="`,
  `</title><script ${INJECTED_MARKUP}>`,
  `javascript:${INJECTED_MARKUP}`,
  '&lt;&#x3c;',
  '%',
  '%zz',
  '%00',
  '%c0%ae%c0%ae/',
  '%ED%A0%80',
  '\u202e\ufeff\ufffe\uffff',
  '../../etc/passwd',
  '..%2f..%2f',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '1e999',
  '-1',
  '99999999999999999999',
  "' OR 1=1 --",
  '{{7*7}}',
  'a'.repeat(5_000),
  '['.repeat(1_500),
  '\u{1f600}',
];

/** Any text: short and random, or one of those above. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 40 }),
);

export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });

/** What node:http lets a client send as a header's value. */
export function headerValue(value: string): string {
  return value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** The characters of which node:http reads a path; those it refuses by itself are for the raw sockets. */
export function wirePath(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()));
}

export const METHODS: readonly string[] = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
