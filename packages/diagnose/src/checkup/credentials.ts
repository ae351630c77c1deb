import type { CredentialFacts } from '@forcemint/core/administration/credential-facts';
import type { ConnectionSettings } from '@forcemint/core/connections/connection';
import { CERTIFICATE_WARNING_DAYS, SECRET_WARNING_DAYS } from '@forcemint/core/connections/credential-ages';
import type { SecretOddity } from '@forcemint/core/connections/secret-shape';
import { bad, type Finding, good, skipped, warning } from './finding.ts';
import { DAY_MS, day, roughly } from './instants.ts';

const LEAST_KEY_BITS = 2048;
/** Salesforce Help: a certificate of an app has at most 4 KB. */
const MOST_CERTIFICATE_BYTES = 4096;

type PrivateKeyFacts = CredentialFacts['current']['privateKey'];

/** @param facts `undefined`: there is no private key */
export function judgePrivateKey(facts: PrivateKeyFacts, next: PrivateKeyFacts, nowMs: number): Finding {
  if (facts === undefined) return skipped('private-key', 'the connection has none, and needs none');
  const { bits, setAtMs } = facts;
  const found = `RSA, ${bits} bits${setAtMs === undefined ? '' : `, given ${roughly(nowMs - setAtMs)} ago`}${next === undefined ? '' : '; the next one is staged'}`;
  if (bits >= LEAST_KEY_BITS) return good('private-key', found);
  return bad('private-key', found, 'setting', {
    why: `Salesforce takes RSA keys of at least ${LEAST_KEY_BITS} bits.`,
    fix: ['forcemint setup NAME --rotate-certificate'],
  });
}

/** A certificate, as it is stored with a connection. */
export interface CertificateFacts {
  /** Epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Epoch milliseconds. */
  readonly notAfterMs: number;
  /** SHA-256 of the SubjectPublicKeyInfo, in hex. */
  readonly publicKeySha256: string;
  /** As PEM. */
  readonly bytes: number;
}

/** @param certificate `undefined`: none is stored; an `Error` where it cannot be read */
export function judgeCertificate(
  certificate: CertificateFacts | Error | undefined,
  key: PrivateKeyFacts,
  nowMs: number,
): Finding {
  if (certificate instanceof Error) {
    return bad('certificate', 'the stored certificate cannot be read', 'setting', {
      why: certificate.message,
      fix: ['forcemint update NAME --certificate-file FILE'],
    });
  }
  if (certificate === undefined) {
    if (key === undefined) return skipped('certificate', 'none is needed without a private key');
    return skipped('certificate', 'it is not kept here, so that nobody is warned before it ends', [
      'forcemint update NAME --certificate-file FILE, the one that the app has',
    ]);
  }
  const { notBeforeMs, notAfterMs, bytes, publicKeySha256 } = certificate;
  if (key !== undefined && key.publicKeySha256 !== publicKeySha256) {
    return bad('certificate', 'it belongs to another key than the one that signs', 'setting', {
      why: 'Salesforce checks assertions with the certificate of the app.',
      fix: ['forcemint update NAME --private-key-file FILE --certificate-file FILE, of one pair'],
      id: 'J2',
    });
  }
  const rotate = { fix: ['Make another and change over without a gap: forcemint setup NAME --rotate-certificate'] };
  const left = notAfterMs - nowMs;
  if (left <= 0) {
    return bad('certificate', `it ended on ${day(notAfterMs)}`, 'salesforce', {
      ...rotate,
      why: 'Salesforce may refuse what its key signs.',
    });
  }
  if (notBeforeMs > nowMs) {
    return bad('certificate', `it is valid from ${day(notBeforeMs)} on`, 'setting', {
      why: 'That lies ahead, by the clock of this machine.',
      fix: ['Check the clock: timedatectl'],
    });
  }
  if (bytes > MOST_CERTIFICATE_BYTES) {
    return warning('certificate', `it has ${bytes} bytes`, {
      ...rotate,
      why: `Salesforce takes at most ${MOST_CERTIFICATE_BYTES}.`,
    });
  }
  const found = `belongs to the key, valid until ${day(notAfterMs)} (${roughly(left)})`;
  return left > CERTIFICATE_WARNING_DAYS * DAY_MS ? good('certificate', found) : warning('certificate', found, rotate);
}

const ODDITIES: Readonly<Record<SecretOddity, string>> = {
  'consumer-key': 'is a consumer key',
  pem: 'is a key or a certificate',
  placeholder: 'is the placeholder of an example',
  'too-short': 'is shorter than any',
  quoted: 'stands in quotes',
  'url-encoded': 'is URL-encoded',
  'white-space': 'has white space in it',
  'other-characters': 'has other characters than letters and digits',
};

export function judgeClientSecret(
  { grant, clientAuth, clientId }: ConnectionSettings,
  { current, next }: CredentialFacts,
  nowMs: number,
): Finding {
  const replace = 'forcemint update NAME --client-secret-file FILE';
  if (/\s/.test(clientId) || /^[0-9A-F]{64}$/.test(clientId) || /^https?:/.test(clientId)) {
    return bad('client-secret', 'the client id is no consumer key', 'setting', {
      why: /^[0-9A-F]{64}$/.test(clientId)
        ? 'It looks like a consumer secret: the two may be swapped.'
        : 'A consumer key is one word of letters, digits, dots and underscores.',
      fix: ['forcemint update NAME --client-id KEY, with its secrets'],
    });
  }
  const { clientSecret } = current;
  if (clientSecret === undefined) return skipped('client-secret', `none is sent (client authentication: ${clientAuth})`);
  const { characters, oddity, setAtMs } = clientSecret;
  if (oddity !== undefined) {
    return warning('client-secret', `what is stored ${ODDITIES[oddity]}`, {
      why: 'Salesforce’s secrets are letters and digits.',
      fix: [replace],
      id: grant === 'client-credentials' ? 'K5' : 'R4',
    });
  }
  const age = setAtMs === undefined ? '' : `, given ${roughly(nowMs - setAtMs)} ago`;
  const found = `${characters} letters and digits${age}${next.clientSecret === undefined ? '' : '; the next one is staged'}`;
  if (setAtMs === undefined || nowMs - setAtMs <= SECRET_WARNING_DAYS * DAY_MS) return good('client-secret', found);
  return warning('client-secret', found, {
    why: 'A secret that is never changed is known to more and more people.',
    fix: ['forcemint setup NAME --rotate-secret'],
  });
}
