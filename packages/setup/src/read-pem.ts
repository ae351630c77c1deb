import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { PASSPHRASE, type PemBlock, pemBlocks, pemOf, whyNoBlock } from './pem.ts';

/**
 * The first certificate of a text, as normal PEM that can be read.
 * @throws TypeError when there is none
 */
export function certificateIn(text: string): string {
  const blocks = blocksOf(text);
  const block = blocks.find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined)
    throw new TypeError(`This is ${whatIsIn(blocks)}, not a certificate. Give the PEM that says BEGIN CERTIFICATE.`);
  const pem = pemOf(block);
  if (!isReadable(() => new X509Certificate(pem))) {
    throw new TypeError('The certificate cannot be read: it is damaged or cut off. Copy the whole file again.');
  }
  return pem;
}

/**
 * The first private key of a text.
 * @throws TypeError when there is none, or only one with a passphrase
 */
export function privateKeyIn(text: string): KeyObject {
  const blocks = blocksOf(text);
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined)
    throw new TypeError(`This is ${whatIsIn(blocks)}, not a private key. Give the PEM that says BEGIN PRIVATE KEY.`);
  if (block.label === 'ENCRYPTED PRIVATE KEY') throw new TypeError(PASSPHRASE);
  const pem = pemOf(block);
  try {
    return createPrivateKey(pem);
  } catch {
    throw new TypeError(
      'The private key cannot be read. Give an RSA key as PKCS#8 (BEGIN PRIVATE KEY) or PKCS#1 (BEGIN RSA PRIVATE KEY).',
    );
  }
}

function blocksOf(text: string): readonly PemBlock[] {
  const blocks = pemBlocks(text);
  if (blocks.length === 0) throw new TypeError(whyNoBlock(text));
  return blocks;
}

function whatIsIn(blocks: readonly PemBlock[]): string {
  const label = blocks[0]?.label ?? '';
  if (label.endsWith('PRIVATE KEY')) return 'a private key (keep it secret)';
  if (label.endsWith('CERTIFICATE REQUEST')) return 'a certificate signing request';
  if (label.endsWith('PUBLIC KEY')) return 'a public key';
  return label === 'CERTIFICATE' ? 'a certificate' : 'something else';
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
