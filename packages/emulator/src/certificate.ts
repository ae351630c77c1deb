import { type KeyObject, sign } from 'node:crypto';

/** Self-signed X.509 v3 certificates (RFC 5280), because node:crypto reads certificates and can't make them. */

const TAG = { integer: 0x02, bitString: 0x03, null: 0x05, oid: 0x06, utf8: 0x0c, utcTime: 0x17 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;
const EXPLICIT_0 = 0xa0;

const SHA256_WITH_RSA = Buffer.from('2a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const ORGANIZATION_NAME = Buffer.from('55040a', 'hex');

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function name(organization: string, commonName: string): Buffer {
  const attribute = (type: Buffer, value: string): Buffer =>
    der(SET, der(SEQUENCE, der(TAG.oid, type), der(TAG.utf8, Buffer.from(value))));
  return der(SEQUENCE, attribute(ORGANIZATION_NAME, organization), attribute(COMMON_NAME, commonName));
}

function utcTime(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(TAG.utcTime, Buffer.from(`${digits}Z`));
}

/** What {@link selfSignedCertificate} puts into the certificate. */
export interface CertificateOptions {
  readonly commonName: string;
  readonly organization: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** 1 to 19 bytes. */
  readonly serialNumber: Uint8Array;
  /** Epoch milliseconds, before 2050. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds, before 2050. */
  readonly notAfterMs: number;
}

/** PEM of a certificate for an RSA key pair, signed with SHA-256 by that same pair. */
export function selfSignedCertificate(options: CertificateOptions): string {
  const algorithm = der(SEQUENCE, der(TAG.oid, SHA256_WITH_RSA), der(TAG.null));
  const subject = name(options.organization, options.commonName);
  // A first octet of 1 keeps the number positive and its encoding minimal (RFC 5280 section 4.1.2.2).
  const serialNumber = Buffer.concat([Buffer.from([1]), options.serialNumber]);
  const toBeSigned = der(
    SEQUENCE,
    der(EXPLICIT_0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serialNumber),
    algorithm,
    subject,
    der(SEQUENCE, utcTime(options.notBeforeMs), utcTime(options.notAfterMs)),
    subject,
    options.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(TAG.bitString, Buffer.from([0]), sign('sha256', toBeSigned, options.privateKey));
  const base64 = der(SEQUENCE, toBeSigned, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
