import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'packages/cli/src');

/** The stored-token path is a file of its own, small enough to start like Node itself, and so is `why`; everything else is loaded from the last file when needed. */
const ownFiles: Plugin = {
  name: 'own-files',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(?:main|why-main)\.ts$/ }, ({ path, importer }) =>
      /(?:^|[\\/])(?:bin|why-main)\.ts$/.test(importer) ? { path: path.replace(/ts$/, 'cjs'), external: true } : undefined,
    );
  },
};

/** Writes the files of the command line into `outdir`, from the sources. */
export async function bundleCli(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(source, 'bin.ts'), join(source, 'why-main.ts'), join(source, 'main.ts')],
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    conditions: ['source'],
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [ownFiles],
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'importMetaUrl' },
  });
  return metafile;
}
