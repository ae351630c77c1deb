import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../org/opaque-text.ts';
import type { KeyPair } from '../org/signing-key.ts';
import { selfSignedCertificate } from './certificate.ts';
import { ORGANIZATION } from './tls-certificates.ts';

const DAY_MS = 86_400_000;

/** The key pair of the apps, as files that clients can be pointed to. */
export interface KeyFiles {
  readonly certificate: string;
  readonly privateKeyFile: string;
  readonly certificateFile: string;
}

/** Writes key and self-signed certificate into the folder, for its owner to read. */
export async function writeKeyFiles(folder: string, keyPair: KeyPair, nowMs: number, random: Random): Promise<KeyFiles> {
  const certificate = selfSignedCertificate({
    ...keyPair,
    organization: ORGANIZATION,
    commonName: 'emulated app',
    serialNumber: Uint8Array.from(random(15)),
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + 730 * DAY_MS,
  });
  const privateKeyFile = join(folder, 'private-key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  await writeFile(privateKeyFile, keyPair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(certificateFile, certificate, { mode: 0o600 });
  return { certificate, privateKeyFile, certificateFile };
}
