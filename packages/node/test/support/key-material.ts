import { generateKeyPairSync } from 'node:crypto';
import { selfSignedCertificate } from '@forcemint/emulator/server/certificate';

/** An RSA pair with a certificate, made for this run only. */
export function pairWithCertificate(commonName = 'localhost') {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = selfSignedCertificate({
    commonName,
    organization: 'Synthetic Test',
    publicKey,
    privateKey,
    serialNumber: Uint8Array.of(7),
    notBeforeMs: Date.now() - 3_600_000,
    notAfterMs: Date.now() + 86_400_000,
  });
  return { privateKey, publicKey, certificate, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
