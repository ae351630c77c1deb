/** What a client secret looks like, without telling it. */
export interface SecretShape {
  readonly characters: number;
  /** Why it can't be a consumer secret as Salesforce shows it, or only with luck; absent: nothing is odd about it. */
  readonly oddity?: SecretOddity;
}

/**
 * What people paste instead of the secret: the consumer key of the same app; PEM; a placeholder of a tutorial; the secret cut short, in quotes, URL-encoded,
 * or with spaces or other characters that no secret has.
 */
export type SecretOddity =
  | 'consumer-key'
  | 'pem'
  | 'placeholder'
  | 'too-short'
  | 'quoted'
  | 'url-encoded'
  | 'white-space'
  | 'other-characters';

/** Salesforce makes secrets of 64 hex digits, older ones of 16 to 19 digits; a chosen one has 8 to 256 letters and digits (Metadata API, `consumerSecret`). */
const LEAST_CHARACTERS = 8;

const ODDITIES: readonly (readonly [SecretOddity, (secret: string, clientId: string) => boolean])[] = [
  ['consumer-key', (secret, clientId) => secret === clientId || /^3MVG9/.test(secret)],
  ['pem', (secret) => /-----BEGIN/.test(secret)],
  ['white-space', (secret) => /\s/.test(secret)],
  ['quoted', (secret) => /^(["'`“‘]).*["'`”’]$/.test(secret)],
  [
    'placeholder',
    (secret) =>
      /^[<{[].*[>}\]]$|^(x+|\*+|\.+)$|^(your|my|the)[_-]?(client|consumer|app)?[_-]?secret$|^(client|consumer)?[_-]?secret$|changeme|redacted/i.test(
        secret,
      ),
  ],
  ['url-encoded', (secret) => /%[0-9a-f]{2}/i.test(secret)],
  ['too-short', (secret) => secret.length < LEAST_CHARACTERS],
  ['other-characters', (secret) => !/^[A-Za-z0-9]+$/.test(secret)],
];

/** @param clientId of the same app */
export function secretShape(secret: string, clientId: string): SecretShape {
  const oddity = ODDITIES.find(([, isSo]) => isSo(secret, clientId))?.[0];
  return { characters: secret.length, ...(oddity !== undefined && { oddity }) };
}
