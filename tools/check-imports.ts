import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rules: { forbidden: { name: string }[]; options: ICruiseOptions } = createRequire(import.meta.url)(
  '../.dependency-cruiser.cjs',
);

/** One import for each rule that the rule must refuse: a check that sees nothing would pass everything. */
const PLANTED: Readonly<Record<string, readonly [file: string, source: string]>> = {
  'no-cycles': ['core/src/oauth/planted.ts', "import './planted-too.ts';"],
  'nothing-unresolved': ['core/src/planted-unresolved.ts', "import './nowhere.ts';"],
  'emulator-imports-nothing-of-ours': ['emulator/src/planted.ts', "import '@forcemint/core';"],
  'core-imports-nothing-of-ours': ['core/src/planted.ts', "import '../../store/src/index.ts';"],
  'setup-imports-nothing-of-ours': ['setup/src/planted.ts', "import '@forcemint/core';"],
  'setup-is-pure': ['setup/src/planted-impure.ts', "import 'node:fs';"],
  'diagnose-imports-core': ['diagnose/src/planted.ts', "import '../../node/src/index.ts';"],
  'diagnose-is-pure': ['diagnose/src/planted-impure.ts', "import 'node:fs';"],
  'store-imports-core': ['store/src/planted.ts', "import '../../node/src/index.ts';"],
  'node-imports-store-and-core': ['node/src/planted.ts', "import '../../cli/src/main.ts';"],
  'oauth-knows-no-salesforce': ['core/src/oauth/planted-salesforce.ts', "import '../salesforce/hosts.ts';"],
  'grants-import-oauth': ['core/src/grants/planted.ts', "import '../tokens/token-manager.ts';"],
  'salesforce-imports-oauth': ['core/src/salesforce/planted.ts', "import '../tokens/exchange.ts';"],
  'seal-imports-foundations': ['core/src/seal/planted.ts', "import '../oauth/jwt.ts';"],
  'connections-import-salesforce': ['core/src/connections/planted.ts', "import '../tokens/token-manager.ts';"],
  'tokens-import-no-administration': ['core/src/tokens/planted.ts', "import '../administration/login.ts';"],
  'maintenance-imports-no-administration': ['core/src/maintenance/planted.ts', "import '../administration/login.ts';"],
  'core-is-pure': ['core/src/planted-impure.ts', "import 'node:fs';"],
  'core-has-two-dependencies': ['core/src/planted-dependency.ts', "import 'undici';"],
  'emulator-has-no-dependencies': ['emulator/src/planted-dependency.ts', "import 'jose';"],
};

const planted = await mkdtemp(join(tmpdir(), 'forcemint-imports-'));
try {
  await cp(join(root, 'packages'), join(planted, 'packages'), {
    recursive: true,
    filter: (source) => !/\/(dist|node_modules|test)$/.test(source),
  });
  await linkModules(join(root, 'node_modules'), join(planted, 'node_modules'));
  await withoutUsing(join(planted, 'packages'));
  const found = await violations(planted);
  for (const { rule, from, to } of found) console.error(`${rule.name}: ${from} → ${to}`);
  await writeFile(join(planted, 'packages/core/src/oauth/planted-too.ts'), "import './planted.ts';\n");
  for (const [file, source] of Object.values(PLANTED)) await writeFile(join(planted, 'packages', file), `${source}\n`);
  const bitten = new Set((await violations(planted)).map(({ rule }) => rule.name));
  const blind = rules.forbidden.map(({ name }) => name).filter((name) => !bitten.has(name));
  for (const name of blind) console.error(`${name}: did not notice the import that was planted for it`);
  if (found.length > 0 || blind.length > 0) process.exitCode = 1;
  else console.log(`imports: ${rules.forbidden.length} rules hold, and each one noticed its planted violation`);
} finally {
  await rm(planted, { recursive: true });
}

/** The same modules, but our own packages are those of the planted tree. */
async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@forcemint'), { recursive: true });
  for (const name of await readdir(from))
    if (name !== '@forcemint' && name !== 'forcemint') await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(from, '@forcemint')))
    await symlink(join(to, '../packages', name), join(to, '@forcemint', name));
}

/** dependency-cruiser's walker stops at `using` declarations; for imports they are as good as constants. */
async function withoutUsing(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const source = await readFile(path, 'utf8');
    await writeFile(path, source.replace(/\b(?:await )?using (?=[A-Za-z_$][\w$]* =)/g, 'const '));
  }
}

async function violations(baseDir: string): Promise<ICruiseResult['summary']['violations']> {
  const { output } = await cruise(['packages'], {
    ...rules.options,
    baseDir,
    ruleSet: { forbidden: rules.forbidden },
    validate: true,
    exclude: { path: '^packages/[^/]+/(bin|dist|test)/' },
  } as ICruiseOptions);
  if (typeof output === 'string') throw new TypeError('dependency-cruiser gave text instead of a result');
  return output.summary.violations;
}
