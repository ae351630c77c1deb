import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { bundleCli } from './bundle-cli.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'packages/cli');
const outdir = join(cli, 'dist');

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
const metafile = await bundleCli(outdir);
await writeFile(join(outdir, 'THIRD_PARTY_LICENSES.txt'), await licences(metafile));

/** The licences of every package whose code is in the bundle. */
async function licences(inputs: Metafile): Promise<string> {
  const folders = new Set<string>();
  for (const file of Object.keys(inputs.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
    if (match?.[1] !== undefined) folders.add(match[1]);
  }
  const texts = await Promise.all([...folders].sort().map((folder) => licence(join(root, folder))));
  return `${texts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

async function licence(folder: string): Promise<string> {
  const manifest: { name: string; version: string; license?: string } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  const candidates = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'license.md', 'LICENCE'];
  const texts = await Promise.all(candidates.map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)));
  const text = texts.find((candidate) => candidate !== undefined);
  if (text === undefined && manifest.license === undefined)
    throw new Error(`${relative(root, folder)} says nothing about its licence`);
  return `${manifest.name} ${manifest.version} (${manifest.license ?? 'see text'})\n\n${(text ?? '').trim()}`;
}
