import type { KeyPair } from '@forcemint/setup';
import type { FolderFile } from './folder.ts';

/** A file with a credential of the app, which `connect` and `update` take. */
export interface CredentialFile extends FolderFile {
  /** Of `connect` and `update`. */
  readonly flag: string;
}

/** The files beside the project: the key pair, or the consumer secret where a command needs it in a file. */
export function credentialFiles(
  name: string,
  { keys, consumerSecret }: { readonly keys: KeyPair | undefined; readonly consumerSecret: string | undefined },
): readonly CredentialFile[] {
  return [
    ...(keys === undefined
      ? []
      : [
          { flag: '--private-key-file', path: `${name}.key`, content: keys.privateKeyPem, isSecret: true, isKey: true },
          { flag: '--certificate-file', path: `${name}.crt`, content: keys.certificatePem, isSecret: false },
        ]),
    ...(consumerSecret === undefined
      ? []
      : [{ flag: '--client-secret-file', path: `${name}.secret`, content: `${consumerSecret}\n`, isSecret: true }]),
  ];
}
