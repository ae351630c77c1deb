import { type ConnectionStatus, fingerprint, usesRefreshToken } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import type { Command } from 'commander';
import { settingsDocument } from '../connection-facts.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { consequences } from '../export/consequences.ts';
import { GRANT_FORMATS, type GrantFormat } from '../export/grant-format.ts';
import { type Destination, handOver } from '../export/hand-over.ts';
import { HANDING_OVER } from '../interrupts.ts';
import { withProgress } from '../terminal/progress.ts';
import { UsageError } from '../usage-error.ts';
import { insist } from './remove.ts';

interface ExportFlags {
  readonly handOver?: boolean;
  readonly out?: string;
  readonly format?: string;
  readonly withClientSecret?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const HELP = `
Without --hand-over it prints the settings as JSON, from which the connection can be made anew elsewhere. No secret is in it.

--hand-over gives the grant itself away: its refresh token goes into a new file that only you can read, and from then on
Forcemint never renews it and gives out no token of it. A grant has one owner: two that renew it would end it.
Formats of the file:
  json            refresh_token, client_id, login_url, token_endpoint, instance_url, scope, rotates (default)
  raw             the refresh token alone
  sfdx-auth-url   for  sf org login sfdx-url --sfdx-url-file FILE
Cut short, it is finished by running it again, which says what to do with the file that the first run left.
Back again: forcemint login NAME, or forcemint update NAME --refresh-token-file F with the refresh token of that day.

Examples:
  forcemint export acme > acme.json
  forcemint export acme --hand-over --out acme-grant.json
  forcemint export acme --hand-over --out url.txt --format sfdx-auth-url --yes`;

export function register(program: Command, context: Context): void {
  program
    .command('export')
    .summary('print a connection’s settings, or hand its grant over to another product')
    .description('Prints the settings of a connection; with --hand-over, releases its refresh token into a file.')
    .argument('<name>', 'name of the connection')
    .option('--hand-over', 'release the refresh token and never renew it here again')
    .option('--out <file>', 'new file for the refresh token')
    .option('--format <format>', `of that file: ${GRANT_FORMATS.join(', ')}`)
    .option('--with-client-secret', 'write the consumer secret into the file as well')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: ExportFlags) => exportConnection(context, name, flags)));
}

async function exportConnection(context: Context, name: string, flags: ExportFlags): Promise<undefined> {
  const destination = destinationOf(name, flags);
  await withForcemint(context, async (forcemint) => {
    const status = await forcemint.status(name);
    if (destination === undefined) printSettings(context, status);
    else await handOverTo(context, forcemint, status, destination, flags);
  });
  return undefined;
}

/** @throws UsageError */
function destinationOf(name: string, flags: ExportFlags): Destination | undefined {
  const { out, format = 'json', withClientSecret = false } = flags;
  if (flags.handOver !== true) {
    if (out === undefined && flags.format === undefined && !withClientSecret && flags.yes === undefined) return undefined;
    throw new UsageError('--out, --format, --with-client-secret and --yes belong to --hand-over.', {
      fix: [
        `To give the grant away: forcemint export ${name} --hand-over --out FILE`,
        `To keep the settings: forcemint export ${name} > FILE`,
      ],
    });
  }
  if (out === undefined || out === '' || out === '-') {
    throw new UsageError('A refresh token is written to a file, never to the terminal or a pipe.', {
      fix: [`forcemint export ${name} --hand-over --out FILE`],
    });
  }
  const known = GRANT_FORMATS.find((one): one is GrantFormat => one === format);
  if (known === undefined) {
    throw new UsageError(`${JSON.stringify(format.slice(0, 40))} is no format.`, {
      fix: [`--format ${GRANT_FORMATS.join('|')}`],
    });
  }
  if (known === 'raw' && withClientSecret) {
    throw new UsageError('--format raw is the refresh token alone.', { fix: ['With the client secret: --format json'] });
  }
  return { out, format: known, withClientSecret };
}

function printSettings({ output }: Context, status: ConnectionStatus): void {
  const { name, settings } = status.connection;
  const { secrets, ...facts } = settingsDocument(status);
  output.json({ connection: name, ...facts, certificate: settings.certificate, secrets });
  if (status.hasRefreshToken || status.secretNames?.length !== 0)
    output.note('Its secrets are not in it; only which ones are set.');
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
