import { ConfigurationError, type NewConnection } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import type { ImportedConnection } from '../import/imported-connection.ts';
import { readImport } from '../import/read-import.ts';
import { readSecret } from '../secret-input.ts';
import { makeConnection, prove, tell } from './connect.ts';

interface ImportFlags {
  readonly name?: string;
  readonly loginUrl?: string;
  readonly takeOver?: boolean;
  readonly verify: boolean;
  readonly json?: boolean;
}

const HELP = `
It finds out by itself what FILE is:
  Onify settings   { "Username", "ClientId", "PrivateKey", "InstanceUrl", "InstanceAPIVersion" }, alone or as the
                   value of a setting; the login URL is the InstanceUrl, unless --login-url says otherwise
  sfdxAuthUrl      force://…@host, alone or in the JSON of  sf org auth show-sfdx-auth-url --json
                   Its refresh token stays in use by the Salesforce CLI, so this needs --take-over: when the app rotates
                   refresh tokens, the next renewal by one of the two ends the grant of the other.

Examples:
  forcemint import settings.json --name acme
  sf org auth show-sfdx-auth-url --target-org acme --json | forcemint import - --name acme --take-over`;

export function register(program: Command, context: Context): void {
  program
    .command('import')
    .summary('take a connection over from Onify settings or the Salesforce CLI')
    .description('Makes a connection out of a file of another product.')
    .argument('<file>', 'the file; - reads stdin')
    .option('--name <name>', 'name of the connection (default: from the org’s My Domain or the user)')
    .option('--login-url <url>', 'login host or My Domain, where it is not the one in the file')
    .option('--take-over', 'use a refresh token that the Salesforce CLI uses as well')
    .option('--no-verify', 'do not get a token now')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (file: string, flags: ImportFlags) => importFile(context, file, flags)));
}

async function importFile(context: Context, file: string, flags: ImportFlags): Promise<undefined> {
  const text = await readSecret(context, file, { flag: 'forcemint import', what: 'import', multiline: true });
  const imported = readImport(text, file === '-' ? 'The text on stdin' : file);
  const name = flags.name ?? imported.suggestedName;
  if (imported.sharedWith !== undefined && flags.takeOver !== true) throw shared(imported.sharedWith, file, name);
  await withForcemint(context, async (forcemint) => {
    await makeConnection(context, forcemint, name, newConnection(imported, flags), false);
    if (imported.sharedWith !== undefined) warnShared(context, imported.sharedWith);
    const token = flags.verify ? await prove(context, forcemint, name, false) : undefined;
    await tell(context, forcemint, name, { token, needsLogin: false, json: flags.json === true });
  });
  return undefined;
}

function newConnection(imported: ImportedConnection, flags: ImportFlags): NewConnection {
  const { settings, secrets, refreshToken, sharedWith } = imported;
  return {
    settings: { ...settings, loginUrl: flags.loginUrl ?? settings.loginUrl, sharedWith },
    secrets,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

function warnShared(context: Context, product: string): void {
  context.output.warn(
    `the grant is shared with the ${product} from now on; if the app rotates refresh tokens, log out there: sf org logout`,
  );
}

function shared(product: string, file: string, name: string): ConfigurationError {
  return new ConfigurationError('grant_is_shared', `The refresh token is in use by the ${product}.`, {
    diagnosis: {
      cause: `Both would renew the same grant. Where the app rotates refresh tokens, a renewal by one ends the grant of the other.`,
      fix: [
        `If you know that: forcemint import ${file} --name ${name} --take-over; then stop using it there (sf org logout asks Salesforce nothing)`,
        'Better: a grant of its own: forcemint connect NAME --grant authorization-code …, then forcemint login NAME',
      ],
      who: 'user',
      retry: 'fix-first',
    },
  });
}
