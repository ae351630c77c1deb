import { readFile } from 'node:fs/promises';
import type { Emulator, EmulatorConfig, EmulatorOptions, ReadyLine } from '@forcemint/emulator';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { parseJson } from '../import/invalid-import.ts';
import { table } from '../terminal/table.ts';
import { UsageError } from '../usage-error.ts';

interface EmulatorFlags {
  readonly port?: string;
  readonly config?: string;
  readonly json?: boolean;
}

const HELP = `
A local Salesforce: a login host on PORT and the org's My Domain on PORT + 1, on 127.0.0.1 only, with synthetic users
and apps. Ctrl-C stops it. With --json the first line on stdout says, as one JSON object, where it is and what is in it.

Examples:
  forcemint emulator
  forcemint emulator --port 8080 --config org.json --json`;

export function register(program: Command, context: Context): void {
  program
    .command('emulator')
    .summary('run a local Salesforce to try and test against')
    .description('Runs a local Salesforce: its OAuth server and a sliver of its REST API.')
    .option('--port <port>', 'port of the login host; My Domain is on the next one (default: free ports)')
    .option('--config <file>', 'org, users and apps, in JSON')
    .option('--json', 'print the ready line as JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: EmulatorFlags) => run(context, flags)));
}

async function run(context: Context, flags: EmulatorFlags): Promise<undefined> {
  const { output, interrupts } = context;
  const config = flags.config === undefined ? undefined : await readConfig(flags.config);
  await interrupts.clearingAway(async (stopped) => {
    await using emulator = await start({ loginPort: portOf(flags.port), config });
    if (flags.json === true) output.raw(`${JSON.stringify(emulator.ready)}\n`);
    else welcome(context, emulator.ready);
    await untilAborted(stopped);
  });
  if (flags.json !== true) output.note('The emulator has stopped.');
  return undefined;
}

async function start(options: EmulatorOptions): Promise<Emulator> {
  const { createEmulator, EmulatorListenError } = await import('@forcemint/emulator');
  try {
    return await createEmulator(options);
  } catch (error) {
    if (error instanceof EmulatorListenError)
      throw new UsageError(error.message, { fix: ['--port 0, or no --port: any free port'] });
    if (error instanceof TypeError) throw new UsageError(`The configuration of the emulator is wrong: ${error.message}`);
    throw error;
  }
}

async function readConfig(path: string): Promise<EmulatorConfig> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`, { fix: ['--config FILE, in JSON'] });
  });
  // The emulator checks its shape and names what is wrong.
  return parseJson(text, path, new Set(['org', 'users', 'apps', 'accounts', 'switches'])) as EmulatorConfig;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_534) return port;
  throw new UsageError(`${JSON.stringify(text.slice(0, 40))} is no port.`, {
    fix: ['--port 8080: the login host there, My Domain on 8081'],
  });
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // The emulator's sockets keep the process alive meanwhile.
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function welcome(context: Context, ready: ReadyLine): void {
  const { output } = context;
  const { paint } = output;
  const title = (text: string): void => output.result(`\n${paint('bold', text)}`);
  output.result(
    `${paint('green', '✔')} ${paint('bold', 'The emulator is running')}. All its data is synthetic. Ctrl-C stops it.\n`,
  );
  const places = [
    ['login host', ready.loginUrl],
    ['My Domain', ready.myDomainUrl],
    ['control', `${ready.controlUrl}/_emulator/ledger`],
    ['org', `${ready.org.id}  ${ready.org.name}`],
  ];
  output.result(table(places, { paint }));
  title('Users');
  output.result(
    table(
      ready.users.map(({ username, password }) => [username, password]),
      { head: ['username', 'password'], paint },
    ),
  );
  title('Apps');
  const apps = Object.entries(ready.apps).map(([name, app]) => [
    name,
    app.clientId.length > 40 ? `${app.clientId.slice(0, 39)}…` : app.clientId,
    app.scopes.join(' '),
  ]);
  output.result(table(apps, { head: ['app', 'client id', 'scopes'], paint, columns: output.stdout.columns }));
  title('Try it, in another terminal');
  for (const line of examples(ready)) output.result(`  ${line}`);
}

/** Lines to paste into a shell, for each grant that the apps allow. */
function examples(ready: ReadyLine): readonly string[] {
  const { jwt, web, clientCredentials } = ready.apps;
  const { loginUrl, myDomainUrl } = ready;
  const lines = [`export FORCEMINT_EXTRA_HOSTS=${loginUrl},${myDomainUrl}`];
  if (jwt?.privateKeyFile !== undefined && jwt.username !== undefined) {
    lines.push(
      `forcemint connect try-jwt --grant jwt-bearer --login-url ${loginUrl} --client-id ${shellWord(jwt.clientId)} --username ${jwt.username} --private-key-file ${shellWord(jwt.privateKeyFile)}`,
    );
  }
  if (clientCredentials?.clientSecret !== undefined) {
    lines.push(
      `printf %s ${clientCredentials.clientSecret} | forcemint connect try-client --grant client-credentials --login-url ${myDomainUrl} --client-id ${shellWord(clientCredentials.clientId)} --client-secret-file -`,
    );
  }
  if (web?.clientSecret !== undefined) {
    lines.push(
      `printf %s ${web.clientSecret} | forcemint connect try-login --grant authorization-code --login-url ${loginUrl} --client-id ${shellWord(web.clientId)} --client-secret-file -`,
      'forcemint login try-login',
    );
  }
  return [...lines, 'forcemint list'];
}

/** One word for a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9._/:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
