import { type ConnectionStatus, fingerprint, usesRefreshToken } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import { hostPolicy } from '@forcemint/node/open-ports';
import type { Command } from 'commander';
import { settingsDocument } from '../connection-facts.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { consequences } from '../export/consequences.ts';
import { type ExportFlags, exportTarget } from '../export/export-target.ts';
import { GRANT_FORMATS } from '../export/grant-format.ts';
import { type Destination, handOver } from '../export/hand-over.ts';
import { exportForPostman } from '../export/postman/export-for-postman.ts';
import { postmanDocument, postmanNotes, postmanText } from '../export/postman/postman-report.ts';
import { HANDING_OVER } from '../interrupts.ts';
import { withProgress } from '../terminal/progress.ts';
import { UsageError } from '../usage-error.ts';
import { insist } from './remove.ts';

const HELP = `
Without --hand-over it prints the settings as JSON, from which the connection can be made anew elsewhere. No secret is in it.

--format postman writes two new files into a folder, with no secret in them either: an environment, and a collection with
the requests of the connection’s grant. It says what is to be filled in by hand. A login in Postman gets a grant of its own;
that of the connection stays here.

--hand-over gives the grant itself away: its refresh token goes into a new file that only you can read, and from then on
Forcemint never renews it and gives out no token of it. A grant has one owner: two that renew it would end it.
Formats of that file:
  json            refresh_token, client_id, login_url, token_endpoint, instance_url, scope, rotates (default)
  raw             the refresh token alone
  sfdx-auth-url   for  sf org login sfdx-url --sfdx-url-file FILE
Cut short, it is finished by running it again, which says what to do with the file that the first run left.
Back again: forcemint login NAME, or forcemint update NAME --refresh-token-file F with the refresh token of that day.

Examples:
  forcemint export acme > acme.json
  forcemint export acme --format postman --out acme-postman
  forcemint export acme --hand-over --out acme-grant.json
  forcemint export acme --hand-over --out url.txt --format sfdx-auth-url --yes`;

export function register(program: Command, context: Context): void {
  program
    .command('export')
    .summary('print a connection’s settings, write them down for Postman, or hand its grant over')
    .description(
      'Prints the settings of a connection, or writes them down for Postman; with --hand-over, releases its refresh token into a file.',
    )
    .argument('<name>', 'name of the connection')
    .option('--hand-over', 'release the refresh token and never renew it here again')
    .option('--out <path>', 'new file for the refresh token; with --format postman, folder for two new files')
    .option('--format <format>', `postman; with --hand-over: ${GRANT_FORMATS.join(', ')}`)
    .option('--with-client-secret', 'with --hand-over: write the consumer secret into the file as well')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: ExportFlags) => exportConnection(context, name, flags)));
}

async function exportConnection(context: Context, name: string, flags: ExportFlags): Promise<undefined> {
  const target = exportTarget(name, flags);
  await withForcemint(context, async (forcemint) => {
    const status = await forcemint.status(name);
    if (target.is === 'grant') await handOverTo(context, forcemint, status, target.destination, flags);
    else if (target.is === 'postman') await writeForPostman(context, status, target.folder, flags);
    else printSettings(context, status);
  });
  return undefined;
}

function printSettings({ output }: Context, status: ConnectionStatus): void {
  const { name, settings } = status.connection;
  const { secrets, ...facts } = settingsDocument(status);
  output.json({ connection: name, ...facts, certificate: settings.certificate, secrets });
  if (status.hasRefreshToken || status.secretNames?.length !== 0)
    output.note('Its secrets are not in it; only which ones are set.');
}

async function writeForPostman(
  { output, env }: Context,
  status: ConnectionStatus,
  folder: string,
  flags: ExportFlags,
): Promise<void> {
  const { name } = status.connection;
  const written = await exportForPostman(status, folder, hostPolicy(env));
  if (flags.json === true) output.json(postmanDocument(name, written));
  else output.result(postmanText(output, status, written));
  for (const line of postmanNotes(status)) output.note(line);
}

async function handOverTo(
  context: Context,
  forcemint: Forcemint,
  status: ConnectionStatus,
  destination: Destination,
  flags: ExportFlags,
): Promise<void> {
  const { output, interrupts } = context;
  const { name, settings } = status.connection;
  const { out, format } = destination;
  checkSecrets(status, destination);
  const isGone = status.state === 'handed-over' && !status.hasRefreshToken;
  if (usesRefreshToken(settings) && !isGone) {
    for (const line of consequences(status, destination)) output.note(line);
    await insist(context, `Hand the grant of ${name} over to ${out}`, flags.yes === true);
  }
  interrupts.throwIfInterrupted();
  const grant = await interrupts.atStake(
    () => withProgress(output, `handing ${name} over`, () => handOver(forcemint, status, destination)),
    HANDING_OVER,
  );
  if (flags.json === true) {
    const { refreshToken, rotates } = grant;
    output.json({ connection: name, handed_over: true, out, format, fingerprint: fingerprint(refreshToken), rotates });
  } else {
    output.result(`${output.paint('green', '✔')} the grant of ${output.paint('bold', name)} is in ${out}, and no longer here`);
    if (format === 'sfdx-auth-url') output.result(`  next   sf org login sfdx-url --sfdx-url-file ${out}`);
  }
  interrupts.throwIfInterrupted();
}

/** What would make a file of no use is said before anything is released. @throws UsageError */
function checkSecrets({ connection, secretNames }: ConnectionStatus, { format, withClientSecret }: Destination): void {
  const hasSecret = secretNames?.includes('clientSecret') ?? false;
  const { name, settings } = connection;
  if (withClientSecret && !hasSecret) {
    throw new UsageError(`${name} has no client secret.`, { fix: ['Leave --with-client-secret out.'] });
  }
  if (format !== 'sfdx-auth-url') return;
  if (settings.clientAuth === 'private-key-jwt') {
    throw new UsageError(`The app of ${name} proves itself with a private key, which an sfdxAuthUrl cannot hold.`, {
      fix: ['--format json, for a product that has the key'],
    });
  }
  if (hasSecret && !withClientSecret) {
    throw new UsageError(`The app of ${name} has a client secret, without which an sfdxAuthUrl does not work.`, {
      fix: ['If it may leave: --with-client-secret', 'Else: --format json'],
    });
  }
}
