const BYTES = 32;
/** Salesforce’s Metadata API, ConnectedAppOauthConfig: consumerKey and consumerSecret. */
const ALLOWED = /^[A-Za-z0-9]{8,256}$/;

/**
 * A consumer key that no other app has: 64 hex digits. Good for a consumer secret too.
 * @param randomBytes such as that of node:crypto
 */
export function newConsumerKey(randomBytes: (size: number) => Uint8Array): string {
  return Buffer.from(randomBytes(BYTES)).toString('hex');
}

/** @throws TypeError for what Salesforce refuses; the message does not show it */
export function checkedCredential(argument: 'consumerKey' | 'consumerSecret', value: string): string {
  if (typeof value === 'string' && ALLOWED.test(value)) return value;
  throw new TypeError(`${argument} must have 8 to 256 letters and digits, and nothing else. newConsumerKey makes one that fits.`);
}
