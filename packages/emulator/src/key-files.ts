import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from './certificate.ts';
import type { Random } from './opaque-text.ts';
import type { KeyPair } from './signing-key.ts';

const DAY_MS = 86_400_000;

const folders = new Set<string>();

/** One listener for all emulators of the process: folders go even when nobody closes. */
function removeAllAtExit(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** The key pair of the apps, as files that clients can be pointed to. */
export interface KeyFiles {
  readonly certificate: string;
  readonly privateKeyFile: string;
  readonly certificateFile: string;
  remove(): Promise<void>;
}

/** Writes key and certificate into a new folder that only its owner can enter; it goes with the process at the latest. */
export async function writeKeyFiles(keyPair: KeyPair, nowMs: number, random: Random): Promise<KeyFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-emulator-'));
  if (!process.listeners('exit').includes(removeAllAtExit)) process.on('exit', removeAllAtExit);
  folders.add(folder);
  const certificate = selfSignedCertificate({
    ...keyPair,
    commonName: 'emulated app',
    organization: 'Forcemint Emulator',
    serialNumber: Uint8Array.from(random(15)),
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + 730 * DAY_MS,
  });
  const privateKeyFile = join(folder, 'private-key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  await writeFile(privateKeyFile, keyPair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(certificateFile, certificate, { mode: 0o600 });
  return {
    certificate,
    privateKeyFile,
    certificateFile,
    async remove() {
      folders.delete(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
