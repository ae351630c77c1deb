import type { Emulator, EmulatorOptions } from '@forcemint/emulator';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { type EmulatorFlags, readOptions } from '../emulator/emulator-flags.ts';
import { welcome } from '../emulator/welcome.ts';
import { UsageError } from '../usage-error.ts';

interface CommandFlags extends EmulatorFlags {
  readonly json?: boolean;
  readonly printSchema?: boolean;
}

const HELP = `
A local Salesforce: a login host on PORT and the org's My Domain on PORT + 1, on
loopback only, with synthetic users and apps. Ctrl-C or SIGTERM stops it. With
--json the first line on stdout says, as one JSON object, where it is and what
is in it.

The control interface is JSON over HTTP at /_emulator/ on the login host: faults
and the clock, the ledger of token requests, grants. Manual: docs/emulator.md.

--tls makes a new CA at every start. Its certificate is in the CA file, and goes
when the emulator stops. Clients must trust it, each in its own way:
  NODE_EXTRA_CA_CERTS=FILE (Node), --cacert FILE (curl), SSL_CERT_FILE=FILE
  (Ruby, OpenSSL, Python's own ssl), REQUESTS_CA_BUNDLE=FILE (Python's requests)

Examples:
  forcemint emulator
  forcemint emulator --port 8080 --config org.json --json
  forcemint emulator --metadata force-app
  forcemint emulator --port 8443 --tls --ca-file emulator-ca.pem
  forcemint emulator --switch loginLimitPerHour=3600 --switch sameSession=true
  forcemint emulator --print-schema > emulator.schema.json`;

export function register(program: Command, context: Context): void {
  program
    .command('emulator')
    .summary('run a local Salesforce to try and test against')
    .description('Runs a local Salesforce: its OAuth server and a sliver of its REST API.')
    .option('--port <port>', 'port of the login host; My Domain is on the next one (default: free ports)')
    .option('--hostname <name>', '127.0.0.1 or localhost, in all URLs (default: 127.0.0.1)')
    .option('--tls', 'HTTPS on both hosts')
    .option('--ca-file <file>', 'where the CA certificate goes (default: a temporary file)')
    .option('--config <file>', 'org, users, apps and switches, in JSON')
    .option('--metadata <folder>', 'apps, from the metadata files that would be deployed; instead of the default ones')
    .option('--switch <name=value>', 'a switch, instead of in the configuration; may be repeated', collect)
    .option('--print-schema', 'print the JSON Schema of the configuration, and end')
    .option('--json', 'print the ready line as JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: CommandFlags) => (flags.printSchema === true ? printSchema(context) : run(context, flags))));
}

function collect(value: string, given: readonly string[] = []): readonly string[] {
  return [...given, value];
}

async function printSchema({ output }: Context): Promise<undefined> {
  const { default: schema } = await import('@forcemint/emulator/schema.json', { with: { type: 'json' } });
  output.result(JSON.stringify(schema, undefined, 2));
}

async function run(context: Context, flags: CommandFlags): Promise<undefined> {
  const { output, interrupts, env } = context;
  const options = await readOptions(flags);
  await interrupts.clearingAway(async (stopped) => {
    await using emulator = await start(options, flags.switch ?? []);
    if (flags.json === true) output.raw(`${JSON.stringify(emulator.ready)}\n`);
    else welcome(output, emulator.ready, env);
    await untilAborted(stopped);
  });
  if (flags.json !== true) output.note('The emulator has stopped.');
}

async function start(options: EmulatorOptions, switches: readonly string[]): Promise<Emulator> {
  const { createEmulator, EmulatorCaFileError, EmulatorListenError } = await import('@forcemint/emulator');
  try {
    return await createEmulator(options);
  } catch (error) {
    if (error instanceof EmulatorListenError) {
      const next = error.host === 'mydomain' ? [`--port takes two: the login host's, and the next one for My Domain`] : [];
      throw new UsageError(error.message, { fix: [...next, '--port 0, or no --port: any free ports'] });
    }
    if (error instanceof EmulatorCaFileError) {
      throw new UsageError(error.message, { fix: ['--ca-file FILE, a new file in a folder that is there'] });
    }
    if (error instanceof TypeError) {
      const name = /^config\.switches\.(\w+): /.exec(error.message)?.[1];
      const flag = switches.findLast((pair) => pair.startsWith(`${name}=`));
      const what = flag === undefined ? 'The configuration of the emulator' : `--switch ${flag.slice(0, 80)}`;
      throw new UsageError(`${what} is wrong: ${error.message}`, {
        fix: ['See what it may hold: forcemint emulator --print-schema'],
      });
    }
    throw error;
  }
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // The emulator's sockets keep the process alive meanwhile.
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
