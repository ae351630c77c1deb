import { createPrivateKey } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Secrets by name, e.g. `client secret` → its text. */
export type Secrets = ReadonlyMap<string, string>;

/** Something that a run left behind. */
export interface Remains {
  readonly place: string;
  readonly bytes: Buffer;
  /** Secrets that belong here. */
  readonly allowed?: (secret: string) => boolean;
}

/** Characters at the end of a secret that give it away: its beginning may be common to all of its kind. */
const TELLTALE_CHARACTERS = 20;

/** A secret in the forms in which it could lie around. */
export function encodingsOf(secret: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = new Map<string, string | Buffer>([
    ['raw', secret],
    ['its end', secret.slice(-TELLTALE_CHARACTERS)],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['URL-encoded', encodeURIComponent(secret)],
    ['form-encoded', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    ['JSON in JSON', JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)],
    ['UTF-16LE', Buffer.from(secret, 'utf16le')],
  ]);
  for (const offset of [0, 1, 2]) {
    const base64 = withoutNeighbours(bytes, offset);
    forms.set(`Base64 at offset ${offset}`, base64);
    forms.set(`Base64url at offset ${offset}`, base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  if (secret.includes('PRIVATE KEY')) {
    for (const [name, form] of keyForms(secret)) forms.set(name, form);
  }
  return new Map([...forms].map(([name, form]) => [name, Buffer.from(form)]));
}

/** The Base64 characters that only the secret decides, whatever stands before and after it. */
function withoutNeighbours(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  return whole.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((whole.length * 8) / 6));
}

/** A key's middle, line by line as in PEM, in one line, and as the bytes it stands for. */
function keyForms(pem: string): [string, string | Buffer][] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const der = createPrivateKey(pem).export({ type: 'pkcs1', format: 'der' });
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  return [
    ['a line of the PEM', lines[Math.floor(lines.length / 2)] ?? ''],
    ['two lines in one', lines.slice(5, 7).join('')],
    ['DER', der.subarray(64, 128)],
    ['the private exponent of the JWK', (jwk.d ?? '').slice(0, 64)],
  ];
}

/** Where secrets lie that should not, `place: secret (encoding)`. */
export function findCanaries(secrets: Secrets, remains: readonly Remains[]): string[] {
  const found: string[] = [];
  for (const [name, secret] of secrets) {
    const encodings = encodingsOf(secret);
    for (const { place, bytes, allowed } of remains) {
      if (allowed?.(name) === true) continue;
      for (const [encoding, form] of encodings) {
        if (bytes.includes(form)) found.push(`${place}: ${name} (${encoding})`);
      }
    }
  }
  return found;
}

/** Every file below a directory, and the names of all. */
export function filesBelow(directory: string, except: (path: string) => boolean = () => false): Remains[] {
  const remains: Remains[] = [];
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, entry);
    remains.push({ place: `name of ${entry}`, bytes: Buffer.from(entry) });
    if (!except(path) && lstatSync(path).isFile()) remains.push({ place: relative(directory, path), bytes: readFileSync(path) });
  }
  return remains;
}
