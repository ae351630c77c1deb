import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledCli } from '../test/support/bundled-cli.ts';
import { benchServer } from './bench-server.ts';
import type { Figure } from './figure.ts';
import { environmentOf, placeInDatabase } from './place.ts';

const CONNECTIONS = 100_000;

/** `forcemint import` of a list, a process of its own, with everything durable, in a new SQLite store. */
export async function run(): Promise<Figure[]> {
  return inFolder(async (folder) => [await imported('SQLite', folder)]);
}

/** The same into PostgreSQL. */
export async function runOnPostgres(): Promise<Figure[]> {
  const server = await benchServer();
  if (server === undefined) return [];
  try {
    return await inFolder(async (folder) => {
      await placeInDatabase(folder, server.url(await server.createDatabase()));
      const { status, stderr } = spawnSync(process.execPath, [await bundledCli(), 'store', 'migrate'], {
        env: envOf(folder),
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return [await imported('PostgreSQL', folder)];
    });
  } finally {
    await server.stop();
  }
}

async function inFolder(work: (folder: string) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function imported(where: string, folder: string): Promise<Figure> {
  const file = join(folder, 'list.csv');
  await writeList(file);
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [await bundledCli(), 'import', file, '--json'], {
    env: envOf(folder),
    encoding: 'utf8',
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const { made }: { made?: number } = JSON.parse(stdout || '{}');
  if (status !== 0 || made !== CONNECTIONS) throw new Error(`the import ended with ${status}: ${stderr}`);
  return {
    name: `import, ${where}`,
    value: CONNECTIONS / seconds,
    goal: '≥ 2,000',
    unit: '/s',
    detail: `${CONNECTIONS.toLocaleString('en')} connections of a CSV file, a third each with private key, secret and refresh token; start and end of the command included`,
  };
}

function envOf(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], FORCEMINT_HOME: join(folder, 'home'), ...environmentOf(folder) };
}

async function writeList(path: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
  const file = createWriteStream(path, { mode: 0o600 });
  file.write('name,grant,login_url,client_id,username,private_key,client_secret,refresh_token\n');
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const host = `https://acme${index}.my.salesforce.com`;
    const rest = [
      `jwt-bearer,${host},3MVG9synthetic${index},user${index}@acme.example,"${pem}",,`,
      `client-credentials,${host},3MVG9synthetic${index},,,synthetic-secret-${index},`,
      `refresh-token,${host},3MVG9synthetic${index},,,,5Aep861-synthetic-${index}`,
    ][index % 3];
    if (!file.write(`c${index},${rest}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
