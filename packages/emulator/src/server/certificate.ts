import { type KeyObject, sign } from 'node:crypto';
import * as der from './der.ts';

/** X.509 v3 certificates (RFC 5280), because node:crypto reads certificates and can't make them. */

const ORGANIZATION_NAME = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

export interface DistinguishedName {
  readonly organization: string;
  readonly commonName: string;
}

function distinguishedName({ organization, commonName }: DistinguishedName): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    der.setOfOne(der.sequence(der.objectIdentifier(type), der.utf8String(value)));
  return der.sequence(attribute(ORGANIZATION_NAME, organization), attribute(COMMON_NAME, commonName));
}

/** What {@link createCertificate} puts into the certificate. */
export interface CertificateOptions {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  /** Default: the subject itself. */
  readonly issuer?: DistinguishedName;
  /** The issuer's private key: RSA, or an elliptic curve. */
  readonly issuerKey: KeyObject;
  /** 1 to 19 bytes. */
  readonly serialNumber: Uint8Array;
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
  readonly extensions?: readonly Buffer[];
}

/** PEM of a certificate, signed with SHA-256. */
export function createCertificate(options: CertificateOptions): string {
  const { subject, issuer = subject, issuerKey, extensions = [] } = options;
  const algorithm = signatureAlgorithm(issuerKey);
  const toBeSigned = der.sequence(
    der.context(0, der.integer(Buffer.of(2))),
    // A first octet of 1 keeps the number positive and from being zero, whatever the others are (section 4.1.2.2).
    der.integer(Buffer.from([1, ...options.serialNumber])),
    algorithm,
    distinguishedName(issuer),
    der.sequence(der.time(options.notBeforeMs), der.time(options.notAfterMs)),
    distinguishedName(subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der.context(3, der.sequence(...extensions))]),
  );
  const signature = der.bitString(sign('sha256', toBeSigned, issuerKey));
  return pem(der.sequence(toBeSigned, algorithm, signature));
}

/** What {@link selfSignedCertificate} puts into the certificate. */
export interface SelfSignedOptions
  extends DistinguishedName,
    Pick<CertificateOptions, 'serialNumber' | 'notBeforeMs' | 'notAfterMs'> {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** PEM of a certificate for a key pair, signed by that same pair, as apps register it. */
export function selfSignedCertificate({ organization, commonName, privateKey, ...rest }: SelfSignedOptions): string {
  return createCertificate({ subject: { organization, commonName }, issuerKey: privateKey, ...rest });
}

/** sha256WithRSAEncryption (RFC 4055), whose parameters are NULL, or ecdsa-with-SHA256 (RFC 5758), which has none. */
function signatureAlgorithm(key: KeyObject): Buffer {
  return key.asymmetricKeyType === 'rsa'
    ? der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.nothing())
    : der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
