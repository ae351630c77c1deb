import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Forcemint } from '@forcemint/node';
import { certificateStep, createKeyPair, readCertificate } from '@forcemint/setup';
import type { Context } from '../../context.ts';
import { withProgress } from '../../terminal/progress.ts';
import { UsageError } from '../../usage-error.ts';
import { type FolderFile, writeFolder } from '../folder.ts';
import { inWordsOfFlags } from '../generate.ts';
import { changedMetadata } from './app-metadata.ts';
import { appOf, type Rotation, refuseStaged } from './rotation.ts';

export interface CertificateOptions {
  /** Of the earlier setup, or a new one. */
  readonly folder: string;
  readonly days: number | undefined;
  /** Alias in the Salesforce CLI. */
  readonly targetOrg: string | undefined;
  /** Another pair, although one is staged. */
  readonly force: boolean;
}

/**
 * A new key pair, staged: the old key signs until Salesforce refuses it.
 * @throws UsageError for a connection without a private key, or with a staged one
 */
export async function rotateCertificate(
  context: Context,
  forcemint: Forcemint,
  name: string,
  { folder, days, targetOrg, force }: CertificateOptions,
): Promise<Rotation> {
  const status = await forcemint.status(name);
  const { settings } = status.connection;
  if (status.secretNames?.includes('privateKey') !== true) {
    throw new UsageError(`${name} has no private key, and so no certificate to change.`, {
      fix: [`For its consumer secret: forcemint setup ${name} --rotate-secret`],
    });
  }
  refuseStaged(status, 'nextPrivateKey', force);
  const nowMs = context.now();
  const pair = await withProgress(context.output, 'making a key pair', () =>
    inWordsOfFlags(() => createKeyPair({ commonName: `Forcemint ${name}`, days, nowMs })),
  );
  const { fingerprintSha256 } = readCertificate(pair.certificatePem);
  // A name of its own for each pair: no key is ever written over.
  const file = `${name}-${fingerprintSha256.slice(0, 8)}`;
  const metadata = await changedMetadata(folder, settings.clientId, pair.certificatePem);
  const files = [
    { path: `${file}.key`, content: pair.privateKeyPem, isSecret: true, isKey: true },
    { path: `${file}.crt`, content: pair.certificatePem, isSecret: false },
  ];
  const ignored = await newGitignore(folder);
  await context.interrupts.protect(async () => {
    await writeFolder(folder, [...ignored, ...files]);
    await forcemint.administration.update(name, {
      settings: { certificate: pair.certificatePem },
      secrets: { nextPrivateKey: pair.privateKeyPem },
    });
    // Last: what is deployed from now on must be what is staged.
    if (metadata !== undefined) await writeFolder(folder, [{ ...metadata, isSecret: await isPrivate(folder, metadata.path) }]);
  });
  const target = targetOrg === undefined ? [] : [`--target-org ${targetOrg}`];
  return {
    name,
    what: 'certificate',
    folder,
    files: [...files, ...(metadata === undefined ? [] : [{ path: metadata.path, isSecret: false }])],
    endsMs: pair.notAfterMs,
    deploy: metadata === undefined ? undefined : ['sf project deploy start', `--source-dir ${metadata.path}`, ...target],
    steps: metadata === undefined ? [certificateStep(appOf(status))] : [],
    applyStep: undefined,
  };
}

/** A folder that `setup` did not make has none. */
async function newGitignore(folder: string): Promise<readonly FolderFile[]> {
  const there = await readFile(join(folder, '.gitignore'), 'utf8').catch(() => undefined);
  return there === undefined ? [{ path: '.gitignore', content: '# Private keys\n*.key\n', isSecret: false }] : [];
}

/** A file that holds a consumer secret stays its owner’s. */
async function isPrivate(folder: string, path: string): Promise<boolean> {
  return (await readFile(join(folder, path), 'utf8')).includes('<consumerSecret>');
}
