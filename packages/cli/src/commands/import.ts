import { dirname, resolve } from 'node:path';
import { ConfigurationError, type NewConnection } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import type { ImportedConnection } from '../import/imported-connection.ts';
import { findMany } from '../import/many/find-many.ts';
import { importMany } from '../import/many/import-many.ts';
import { readImport } from '../import/read-import.ts';
import { takeOver } from '../import/salesforce-cli/take-over.ts';
import { readSecret } from '../secret-input.ts';
import { UsageError } from '../usage-error.ts';
import { makeConnection, prove, tell } from './connect.ts';

interface ImportFlags {
  readonly name?: string;
  readonly loginUrl?: string;
  readonly takeOver?: boolean;
  readonly verify: boolean;
  readonly rejects?: string;
  readonly salesforceCli?: true | readonly string[];
  readonly json?: boolean;
}

const HELP = `
It finds out by itself what FILE is:
  Onify settings   { "Username", "ClientId", "PrivateKey", "InstanceUrl", "InstanceAPIVersion" }, alone or as the
                   value of a setting; the login URL is the InstanceUrl, unless --login-url says otherwise
  sfdxAuthUrl      force://…@host, alone or in the JSON of  sf org auth show-sfdx-auth-url --json
                   Its refresh token stays in use by the Salesforce CLI, so this needs --take-over: when the app rotates
                   refresh tokens, the next renewal by one of the two ends the grant of the other.
  .env             SF_, SALESFORCE_ or SFDC_ followed by CLIENT_ID, CLIENT_SECRET, USERNAME, PRIVATE_KEY or PRIVATE_KEY_FILE,
                   REFRESH_TOKEN, LOGIN_URL, REDIRECT_URI, AUDIENCE, API_VERSION; a refresh token needs --take-over
  Postman          an exported environment: url, clientId, clientSecret, redirectUrl, version, _endpoint, _refreshToken
  many             CSV with a line of column names, a JSON list, or one JSON object in each line: name, grant, login_url,
                   client_id, username, client_secret or client_secret_file, private_key or private_key_file,
                   refresh_token or refresh_token_file, and the other settings as  forcemint export  prints them.
                   None is tried. A row that is refused does not stop the others; run it again after mending, or after it
                   was cut short: what was made is left as it is. Exit code 2 when a row was refused.

--salesforce-cli takes no FILE: it asks the Salesforce CLI (sf on the PATH) for its orgs, all or those that are named by alias
or username, and with --take-over for the refresh token of each. Without, it lists them and makes nothing. A connection is
named after its alias. None is tried: that would use up the CLI's refresh token where the app rotates them. For an org that
was logged in to with JWT, which has none, it prints the  forcemint connect  to run instead. Run again, it leaves what was
made as it is. Exit code 2 when an org was refused.

Examples:
  forcemint import settings.json --name acme
  forcemint import connections.csv --rejects refused.csv
  sf org auth show-sfdx-auth-url --target-org acme --json | forcemint import - --name acme --take-over
  forcemint import --salesforce-cli acme nightly --take-over`;

export function register(program: Command, context: Context): void {
  program
    .command('import')
    .summary('take connections over: Onify, Salesforce CLI, CSV, JSON')
    .description('Makes a connection out of a file of another product, many out of a list, or those of the Salesforce CLI.')
    .argument('[file]', 'the file; - reads stdin')
    .option('--name <name>', 'name of the connection (default: from the org’s My Domain or the user)')
    .option('--login-url <url>', 'login host or My Domain, where it is not the one in the file')
    .option('--salesforce-cli [orgs...]', 'instead of a file: what the Salesforce CLI is logged in to, all or these')
    .option('--take-over', 'use a refresh token that another program uses as well')
    .option('--no-verify', 'do not get a token now')
    .option('--rejects <file>', 'of many: new CSV file for the lines that were refused, with the reason of each')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (file: string | undefined, flags: ImportFlags) => importAny(context, file, flags)));
}

async function importAny(context: Context, file: string | undefined, flags: ImportFlags): Promise<number | undefined> {
  const { salesforceCli } = flags;
  if (file === undefined && salesforceCli !== undefined) return takeOver(context, { ...flags, salesforceCli });
  if (file !== undefined && salesforceCli === undefined) return importFile(context, file, flags);
  throw new UsageError(file === undefined ? 'What to import is missing.' : 'Both a file and --salesforce-cli are given.', {
    fix: [
      'A file: forcemint import FILE, or - for stdin',
      'What the Salesforce CLI is logged in to: forcemint import --salesforce-cli [ORG…]',
    ],
  });
}

async function importFile(context: Context, file: string, flags: ImportFlags): Promise<number | undefined> {
  const many = await findMany(context, file);
  if (many !== undefined && 'format' in many) return importMany(context, many, flags);
  const text = many?.text ?? (await readSecret(context, file, { flag: 'forcemint import', what: 'import', multiline: true }));
  const imported = await withItsKey(context, readImport(text, file === '-' ? 'The text on stdin' : file), file);
  if (imported.note !== undefined) context.output.note(imported.note);
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

/** The private key that the file names by its path. */
async function withItsKey(context: Context, imported: ImportedConnection, file: string): Promise<ImportedConnection> {
  const { privateKeyFile, secrets } = imported;
  if (privateKeyFile === undefined) return imported;
  const path = resolve(file === '-' ? '.' : dirname(file), privateKeyFile);
  const privateKey = await readSecret(context, path, { flag: 'PRIVATE_KEY_FILE', what: 'private key', multiline: true });
  return { ...imported, secrets: { ...secrets, privateKey } };
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
  const leave = product === 'Salesforce CLI' ? ', log out there: sf org logout' : ', stop using it there';
  context.output.warn(`the grant is shared with ${inWords(product)} from now on; if the app rotates refresh tokens${leave}`);
}

function inWords(product: string): string {
  return product === 'Postman' ? product : `the ${product}`;
}

function shared(product: string, file: string, name: string): ConfigurationError {
  return new ConfigurationError('grant_is_shared', `The refresh token is in use by ${inWords(product)}.`, {
    diagnosis: {
      cause: `Both would renew the same grant. Where the app rotates refresh tokens, a renewal by one ends the grant of the other.`,
      fix: [
        `If you know that: forcemint import ${file} --name ${name} --take-over; then stop using it there${product === 'Salesforce CLI' ? ' (sf org logout asks Salesforce nothing)' : ''}`,
        'Better: a grant of its own: forcemint connect NAME --grant authorization-code …, then forcemint login NAME',
      ],
      who: 'user',
      retry: 'fix-first',
    },
  });
}
