import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGES = ['core', 'store', 'node', 'diagnose', 'setup', 'emulator', 'cli'];
/** What a published package may hold; anything else in it is a mistake, or a leak. */
const ALLOWED =
  /^(package\.json|README\.md|LICENSE|schema\.json|bin\/forcemint\.cjs|src\/.+\.ts|dist\/.+\.(js|cjs|d\.ts)|dist\/THIRD_PARTY_LICENSES\.txt)$/;

/** A user of the library, written as the README says. */
const CONSUMER = `
import { readFile } from 'node:fs/promises';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';

await using emulator = await createEmulator();
const { loginUrl, myDomainUrl, apps } = emulator.ready;
await using forcemint = await openForcemint({ home: 'home', extraHosts: [loginUrl, myDomainUrl] });
await forcemint.administration.connect('acme', {
  settings: { grant: 'jwt-bearer', loginUrl, clientId: apps.jwt.clientId, username: apps.jwt.username },
  secrets: { privateKey: await readFile(apps.jwt.privateKeyFile, 'utf8') },
});
const token = await forcemint.getToken('acme');
const answer = await fetch(token.instanceUrl + '/services/data/v66.0/limits', { headers: { authorization: 'Bearer ' + token.value } });
if (answer.status !== 200) throw new Error('the token does not work: ' + answer.status);
console.log('library: one token, and it works');
`;

const folder = await mkdtemp(join(tmpdir(), 'forcemint-packed-'));
try {
  const tarballs: string[] = [];
  for (const name of PACKAGES) {
    await checkManifest(join(root, 'packages', name));
    tarballs.push(pack(join(root, 'packages', name)));
  }
  await mkdir(join(folder, 'app'));
  await writeFile(join(folder, 'app/package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], join(folder, 'app'));
  await writeFile(join(folder, 'app/consumer.js'), CONSUMER);
  run(process.execPath, ['consumer.js'], join(folder, 'app'));
  run(join(folder, 'app/node_modules/.bin/forcemint'), ['demo', '--once'], join(folder, 'app'));
} finally {
  await rm(folder, { recursive: true });
}

async function checkManifest(path: string): Promise<void> {
  const { messages: all } = await publint({ pkgDir: path, strict: true });
  // The launcher begins as a shell script on purpose: it picks the Node that was installed beside it.
  const messages = all.filter(({ code }) => code !== 'BIN_FILE_NOT_EXECUTABLE');
  for (const message of messages) console.error(`${path}: ${message.code} ${JSON.stringify(message.args)}`);
  const { name, license }: { name: string; license: string } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  if (messages.length > 0 || license !== 'MIT') throw new Error(`${name} is not fit to be published`);
}

function pack(path: string): string {
  const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], path);
  const [packed]: [{ filename: string; files: { path: string }[] }] = JSON.parse(output);
  const strangers = packed.files.map((file) => file.path).filter((file) => !ALLOWED.test(file));
  if (strangers.length > 0) throw new Error(`${packed.filename} holds what it should not: ${strangers.join(', ')}`);
  console.log(`${packed.filename}: ${packed.files.length} files`);
  return join(folder, packed.filename);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (command !== 'npm') process.stdout.write(stdout);
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
  return stdout;
}
