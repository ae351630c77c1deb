import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appsFromMetadata, createEmulator, type Emulator } from '@forcemint/emulator';
import { freePort } from '../../support/free-port.ts';

/** Where an org will be, once its apps are deployed. */
export interface PlaceForAnOrg {
  readonly loginUrl: string;
  readonly myDomainUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** Deploys what the folder holds. */
  deploy(folder: string): Promise<Emulator>;
}

export async function placeForAnOrg(): Promise<PlaceForAnOrg> {
  const [loginPort, myDomainPort] = [await freePort(), await freePort()];
  const [loginUrl, myDomainUrl] = [`http://127.0.0.1:${loginPort}`, `http://127.0.0.1:${myDomainPort}`];
  return {
    loginUrl,
    myDomainUrl,
    env: { FORCEMINT_EXTRA_HOSTS: `${loginUrl},${myDomainUrl}` },
    async deploy(folder) {
      const root = join(folder, 'force-app');
      const paths = (await readdir(root, { recursive: true })).filter((path) => path.endsWith('-meta.xml'));
      const files = await Promise.all(paths.map(async (path) => ({ path, content: await readFile(join(root, path), 'utf8') })));
      return createEmulator({ loginPort, myDomainPort, config: { apps: appsFromMetadata(files) } });
    },
  };
}
