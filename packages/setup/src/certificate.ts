import { createHash, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { lineOfText, oneOf, shown } from './checks.ts';
import { certificateIn, privateKeyIn } from './read-pem.ts';

const DAY_MS = 86_400_000;
/** Clocks differ, and a certificate that is not valid yet is refused. */
const CLOCK_SKEW_MS = 5 * 60_000;
const DEFAULT_DAYS = 365;
/** What browsers allowed for longest; about two years and a quarter. */
const MOST_DAYS = 825;
/** X.520 (upper bounds of commonName and organizationName). */
const MOST_NAME_CHARACTERS = 64;
/** Salesforce Help, “Enable OAuth Settings for API Integration”: the certificate of an app has at most 4 KB. */
const MOST_CERTIFICATE_BYTES = 4096;
const SERIAL_NUMBER_BYTES = 16;

/** For {@link createKeyPair}. */
export interface KeyPairOptions {
  /** Whom the certificate names, such as `Forcemint nightly-sync`: 1 to 64 characters. */
  readonly commonName: string;
  /** Up to 64 characters. Default: none. */
  readonly organization?: string | undefined;
  /** How long the certificate is valid: 1 to 825. Default 365. */
  readonly days?: number | undefined;
  /** Length of the RSA key. Default 2048. */
  readonly bits?: 2048 | 3072 | 4096 | undefined;
  /** The time, in epoch milliseconds. */
  readonly nowMs: number;
}

/** An RSA key and the certificate that an app gets for it. */
export interface KeyPair {
  /** Secret. PKCS#8, without a passphrase. */
  readonly privateKeyPem: string;
  /** Self-signed with SHA-256; at most 4096 bytes. */
  readonly certificatePem: string;
  /** When the certificate ends, in epoch milliseconds. */
  readonly notAfterMs: number;
}

/**
 * A new key pair for the JWT bearer flow. The certificate is valid from five minutes before `nowMs` on.
 * @throws TypeError for a name that is empty or over 64 characters, for days outside 1 to 825, for another length of key
 */
export async function createKeyPair(options: KeyPairOptions): Promise<KeyPair> {
  const { days = DEFAULT_DAYS, bits = 2048, organization, nowMs } = options;
  const subject = {
    commonName: lineOfText('commonName', options.commonName, MOST_NAME_CHARACTERS),
    organization: organization === undefined ? undefined : lineOfText('organization', organization, MOST_NAME_CHARACTERS),
  };
  const modulusLength = Number(oneOf('bits', String(bits), ['2048', '3072', '4096']));
  const secondMs = wholeSecond(nowMs);
  const notAfterMs = secondMs + checkedDays(days) * DAY_MS;
  // Only here: reading certificates needs nothing of what making them does.
  const { selfSignedCertificate } = await import('./self-signed.ts');
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength });
  const validity = { notBeforeMs: secondMs - CLOCK_SKEW_MS, notAfterMs };
  const certificatePem = await selfSignedCertificate({ subject, ...keys, serialNumber: newSerialNumber(), ...validity });
  checkCertificateSize(certificatePem);
  return { privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificatePem, notAfterMs };
}

function wholeSecond(nowMs: number): number {
  if (!Number.isFinite(nowMs) || nowMs < 0 || new Date(nowMs).getUTCFullYear() > 9000) {
    throw new TypeError(`nowMs is ${shown(nowMs)}: give the time in epoch milliseconds, such as Date.now().`);
  }
  return Math.floor(nowMs / 1000) * 1000;
}

function checkedDays(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return days;
  if (!(days > MOST_DAYS)) throw new TypeError(`days is ${shown(days)}: give a whole number of days, 1 to ${MOST_DAYS}.`);
  throw new TypeError(
    `days is ${shown(days)}: a certificate that long is never renewed in time, because nobody remembers how, and a stolen key works for as long. ` +
      `Choose at most ${MOST_DAYS} days (${DEFAULT_DAYS} is the default) and rotate.`,
  );
}

/** @throws TypeError when Salesforce would refuse it for its size */
export function checkCertificateSize(certificatePem: string): void {
  const bytes = Buffer.byteLength(certificatePem);
  if (bytes <= MOST_CERTIFICATE_BYTES) return;
  throw new TypeError(
    `The certificate has ${bytes} bytes as PEM, and Salesforce takes at most ${MOST_CERTIFICATE_BYTES}. ` +
      'Take a self-signed one, with a shorter key or fewer extensions.',
  );
}

/** Positive, and with no zero byte in front. */
function newSerialNumber(): Uint8Array {
  const bytes = randomBytes(SERIAL_NUMBER_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** What {@link readCertificate} finds. */
export interface CertificateFacts {
  /** Attributes in the order of the certificate, such as `O=Acme, CN=nightly-sync`. */
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
  /** SHA-256 of the SubjectPublicKeyInfo, in hex: the same for every certificate of one key. */
  readonly publicKeySha256: string;
  /** Length of the RSA key. */
  readonly bits: number;
  /** SHA-256 of the whole certificate, in hex. */
  readonly fingerprintSha256: string;
  readonly isSelfSigned: boolean;
}

/**
 * Reads a certificate, in whatever shape {@link normalPem} takes. Of a chain it is the first one.
 * @throws TypeError when it is something else (a private key, a signing request), damaged, or has no RSA key; the message never shows the text
 */
export function readCertificate(pem: string): CertificateFacts {
  const certificate = new X509Certificate(certificateIn(pem));
  const { publicKey } = certificate;
  const bits = publicKey.asymmetricKeyType === 'rsa' ? publicKey.asymmetricKeyDetails?.modulusLength : undefined;
  if (bits === undefined) {
    throw new TypeError('The certificate is not for an RSA key, and Salesforce takes only RS256. Give one for an RSA key.');
  }
  return {
    subject: certificate.subject.split('\n').join(', '),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    publicKeySha256: createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    bits,
    fingerprintSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    isSelfSigned: certificate.subject === certificate.issuer && certificate.verify(publicKey),
  };
}

/**
 * Whether a private key is the one that a certificate is for. Both in whatever shape {@link normalPem} takes.
 * @throws TypeError when one of them cannot be read, has a passphrase, or is the other; the message never shows the text
 */
export function belongTogether(privateKeyPem: string, certificatePem: string): boolean {
  return new X509Certificate(certificateIn(certificatePem)).checkPrivateKey(privateKeyIn(privateKeyPem));
}
