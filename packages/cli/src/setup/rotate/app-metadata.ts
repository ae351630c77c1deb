import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withCertificate } from '@forcemint/setup';

/** Where `setup` writes the files of an app that have a certificate in them. */
const FOLDERS = ['extlClntAppGlobalOauthSets', 'connectedApps'].map((folder) => `force-app/main/default/${folder}`);

/** A metadata file of the app, with the new certificate in the place of the old one; not written yet. */
export interface ChangedMetadata {
  /** Within the folder of the setup. */
  readonly path: string;
  readonly content: string;
}

/** What of an earlier setup is about the app; `undefined`: nothing is, so that the certificate is uploaded by hand. */
export async function changedMetadata(
  folder: string,
  consumerKey: string,
  certificatePem: string,
): Promise<ChangedMetadata | undefined> {
  for (const sub of FOLDERS) {
    const names = await readdir(join(folder, sub)).catch(() => []);
    for (const name of names) {
      const path = `${sub}/${name}`;
      const content = withCertificate(await readFile(join(folder, path), 'utf8'), consumerKey, certificatePem);
      if (content !== undefined) return { path, content };
    }
  }
  return undefined;
}
