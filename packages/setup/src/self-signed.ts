// The certificate library takes its parts together through decorators, which need it.
import 'reflect-metadata';
import { type KeyObject, webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, Name, X509CertificateGenerator } from '@peculiar/x509';

/** Whom a certificate names. */
interface Subject {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

/** What goes into a self-signed certificate. */
export interface SelfSignedOptions {
  readonly subject: Subject;
  /** RSA. */
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Up to 20 bytes, big-endian; the first is 1 to 127, so that the number is positive. */
  readonly serialNumber: Uint8Array;
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
}

/** The same things, as the library’s types call them: Node’s know more uses of keys. */
type Keys = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0]['keys'];
type Provider = Parameters<typeof X509CertificateGenerator.createSelfSigned>[1];

/** How the key of an app signs: RS256 (RFC 7518 §3.3). */
const SIGNING_ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/**
 * PEM of an X.509 v3 certificate (RFC 5280) that its own key has signed with SHA-256. It may sign data and nothing else: it is no certificate authority.
 * node:crypto reads certificates and cannot make them.
 */
export async function selfSignedCertificate(options: SelfSignedOptions): Promise<string> {
  const { subject, publicKey, privateKey, serialNumber, notBeforeMs, notAfterMs } = options;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: Buffer.from(serialNumber).toString('hex'),
      name: nameOf(subject),
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      keys: {
        publicKey: publicKey.toCryptoKey(SIGNING_ALGORITHM, true, ['verify']),
        privateKey: privateKey.toCryptoKey(SIGNING_ALGORITHM, false, ['sign']),
      } as Keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ],
    },
    webcrypto as Provider,
  );
  return `${certificate.toString('pem').trim()}\n`;
}

/** Of typed values: in plain strings the library takes quotes, backslashes and a leading # for notation (RFC 4514 §2.4). */
function nameOf({ commonName, organization }: Subject): Name {
  return new Name([
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    { CN: [{ utf8String: commonName }] },
  ]);
}
