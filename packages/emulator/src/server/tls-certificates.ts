import { generateKeyPairSync } from 'node:crypto';
import type { Random } from '../org/opaque-text.ts';
import { createCertificate, type DistinguishedName } from './certificate.ts';
import * as extensions from './certificate-extensions.ts';

const DAY_MS = 86_400_000;
/** Clocks of containers differ; and clients refuse server certificates that are valid for more than 398 days. */
const VALID_BEFORE_MS = DAY_MS;
const VALID_AFTER_MS = 396 * DAY_MS;

const LOOPBACK: extensions.HostNames = {
  dnsNames: ['localhost'],
  ipAddresses: [Buffer.of(127, 0, 0, 1), Buffer.concat([Buffer.alloc(15), Buffer.of(1)])],
};

/** The organization in the names of all certificates that emulators make. */
export const ORGANIZATION = 'Forcemint Emulator';

/** What the two hosts show when they speak TLS, and what their clients must trust. All PEM. */
export interface TlsCertificates {
  readonly caCertificate: string;
  /** For localhost, 127.0.0.1 and ::1, signed by the CA. */
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * A new CA and a server certificate of it, on the curve P-256. The CA's private key is gone when this returns, and its certificate is good for
 * loopback names only: who trusts it trusts this one emulator.
 *
 * @param nowMs epoch milliseconds of the real clock, which clients check against
 */
export function createTlsCertificates(nowMs: number, random: Random): TlsCertificates {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const caSerialNumber = Buffer.from(random(15));
  const times = { notBeforeMs: nowMs - VALID_BEFORE_MS, notAfterMs: nowMs + VALID_AFTER_MS };
  // Each CA has a name of its own, so that a client which trusts several finds the right one.
  const issuer: DistinguishedName = {
    organization: ORGANIZATION,
    commonName: `Emulator CA ${caSerialNumber.toString('hex').slice(0, 12)}`,
  };
  const caCertificate = createCertificate({
    subject: issuer,
    publicKey: ca.publicKey,
    issuerKey: ca.privateKey,
    serialNumber: caSerialNumber,
    ...times,
    extensions: [
      extensions.basicConstraints(true),
      extensions.keyUsage('keyCertSign', 'cRLSign'),
      extensions.subjectKeyIdentifier(ca.publicKey),
      extensions.permittedNames(LOOPBACK),
    ],
  });
  const certificate = createCertificate({
    subject: { organization: ORGANIZATION, commonName: 'localhost' },
    publicKey: server.publicKey,
    issuer,
    issuerKey: ca.privateKey,
    serialNumber: Buffer.from(random(15)),
    ...times,
    extensions: [
      extensions.basicConstraints(false),
      extensions.keyUsage('digitalSignature'),
      extensions.serverAuthentication(),
      extensions.subjectAltName(LOOPBACK),
      extensions.subjectKeyIdentifier(server.publicKey),
      extensions.authorityKeyIdentifier(ca.publicKey),
    ],
  });
  return { caCertificate, certificate, privateKey: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
