import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createCertificate } from '@forcemint/emulator/server/certificate';
import {
  basicConstraints,
  keyUsage,
  serverAuthentication,
  subjectAltName,
  subjectKeyIdentifier,
} from '@forcemint/emulator/server/certificate-extensions';
import type { ServerCertificate } from './fault-proxy.ts';

const HOUR_MS = 3_600_000;
const ORGANIZATION = 'Synthetic Test';

/** A CA of this run, and what servers of it may show. */
export interface TestCertificates {
  /** PEM, for clients to trust. */
  readonly ca: string;
  readonly good: ServerCertificate;
  /** Each must end the handshake. */
  readonly bad: Readonly<Record<string, ServerCertificate>>;
}

export function testCertificates(): TestCertificates {
  const issuer = authority('Synthetic CA');
  const stranger = authority('Synthetic stranger');
  const now = Date.now();
  const lasting = { notBeforeMs: now - HOUR_MS, notAfterMs: now + 24 * HOUR_MS };
  return {
    ca: issuer.certificate,
    good: serverCertificate(issuer, 'localhost', lasting),
    bad: {
      'for another name': serverCertificate(issuer, 'login.example', lasting),
      expired: serverCertificate(issuer, 'localhost', { notBeforeMs: now - 48 * HOUR_MS, notAfterMs: now - HOUR_MS }),
      'not valid yet': serverCertificate(issuer, 'localhost', { notBeforeMs: now + HOUR_MS, notAfterMs: now + 48 * HOUR_MS }),
      'of a CA that nobody trusts': serverCertificate(stranger, 'localhost', lasting),
      'self-signed': serverCertificate(undefined, 'localhost', lasting),
    },
  };
}

interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  readonly certificate: string;
}

let serial = 0;

function authority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = createCertificate({
    subject: { organization: ORGANIZATION, commonName: name },
    publicKey,
    issuerKey: privateKey,
    serialNumber: nextSerial(),
    notBeforeMs: Date.now() - 72 * HOUR_MS,
    notAfterMs: Date.now() + 72 * HOUR_MS,
    extensions: [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign'), subjectKeyIdentifier(publicKey)],
  });
  return { name, key: privateKey, certificate };
}

function serverCertificate(
  issuer: Authority | undefined,
  host: string,
  times: { readonly notBeforeMs: number; readonly notAfterMs: number },
): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = createCertificate({
    subject: { organization: ORGANIZATION, commonName: host },
    publicKey,
    ...(issuer === undefined ? {} : { issuer: { organization: ORGANIZATION, commonName: issuer.name } }),
    issuerKey: issuer?.key ?? privateKey,
    serialNumber: nextSerial(),
    ...times,
    extensions: [
      basicConstraints(false),
      keyUsage('digitalSignature'),
      serverAuthentication(),
      subjectAltName({ dnsNames: [host], ipAddresses: [] }),
    ],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

function nextSerial(): Uint8Array {
  serial += 1;
  return Uint8Array.of(serial);
}
