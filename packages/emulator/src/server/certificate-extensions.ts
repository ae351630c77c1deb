import { createHash, type KeyObject } from 'node:crypto';
import * as der from './der.ts';

/** X.509 v3 extensions, each as RFC 5280 section 4.2.1 defines it. */

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** A CA below which no other may stand (pathLenConstraint 0); or no CA at all. */
export function basicConstraints(isCa: boolean): Buffer {
  return extension('2.5.29.19', true, isCa ? der.sequence(der.boolean(true), der.integer(Buffer.of(0))) : der.sequence());
}

const KEY_USAGE_BITS = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

export function keyUsage(...usages: readonly (keyof typeof KEY_USAGE_BITS)[]): Buffer {
  return extension('2.5.29.15', true, der.namedBits(usages.map((usage) => KEY_USAGE_BITS[usage])));
}

/** Server authentication only. */
export function serverAuthentication(): Buffer {
  return extension('2.5.29.37', false, der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.3.1')));
}

/** RFC 7093 section 2, method 4: the SHA-256 of the SubjectPublicKeyInfo. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

export function subjectKeyIdentifier(publicKey: KeyObject): Buffer {
  return extension('2.5.29.14', false, der.octetString(keyIdentifier(publicKey)));
}

/** @param issuerKey the public key of the CA that signs */
export function authorityKeyIdentifier(issuerKey: KeyObject): Buffer {
  return extension('2.5.29.35', false, der.sequence(der.contextPrimitive(0, keyIdentifier(issuerKey))));
}

/** Hosts that a certificate speaks for. */
export interface HostNames {
  readonly dnsNames: readonly string[];
  /** 4 bytes each, or 16. */
  readonly ipAddresses: readonly Uint8Array[];
}

const DNS_NAME = 2;
const IP_ADDRESS = 7;

export function subjectAltName({ dnsNames, ipAddresses }: HostNames): Buffer {
  const names = [
    ...dnsNames.map((name) => der.contextPrimitive(DNS_NAME, Buffer.from(name))),
    ...ipAddresses.map((address) => der.contextPrimitive(IP_ADDRESS, address)),
  ];
  return extension('2.5.29.17', false, der.sequence(...names));
}

/** Exactly these hosts, and those below the DNS names: a client that trusts the CA trusts it for nothing else. */
export function permittedNames({ dnsNames, ipAddresses }: HostNames): Buffer {
  const subtrees = [
    ...dnsNames.map((name) => der.contextPrimitive(DNS_NAME, Buffer.from(name))),
    ...ipAddresses.map((address) =>
      der.contextPrimitive(IP_ADDRESS, Buffer.concat([address, Buffer.alloc(address.length, 0xff)])),
    ),
  ].map((name) => der.sequence(name));
  return extension('2.5.29.30', true, der.sequence(der.context(0, ...subtrees)));
}
