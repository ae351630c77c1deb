import { resolve } from 'node:path';
import { type AccessToken, ConfigurationError } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import { hostPolicy } from '@forcemint/node/open-ports';
import type { Command } from 'commander';
import { tokenValidity } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { parseDuration } from '../durations.ts';
import { EXIT } from '../exit-codes.ts';
import { answersOf, CHOICES, type SetupFlags } from '../setup/answers.ts';
import { browserOf } from '../setup/approval.ts';
import { checkFolder, writeFolder } from '../setup/folder.ts';
import { type Generated, generate } from '../setup/generate.ts';
import { proveUntil, triesOf } from '../setup/prove.ts';
import { setupDocument, setupText } from '../setup/setup-report.ts';
import { withProgress } from '../terminal/progress.ts';
import { UsageError } from '../usage-error.ts';

const DEFAULT_WAIT = '15m';

const HELP = `
Makes what an org needs, in a new folder: for JWT bearer a key pair and its certificate, the metadata of an app that
\`sf project deploy start\` deploys, and a .gitignore for what is secret; and the connection that goes with it. It says which
steps no file can do. Then, with --prove, it tries until a token comes, and says what is still missing: a new app takes
2 to 10 minutes to be known.

An administrator admits users to the app, by a permission set; with --self-authorize they approve it themselves, once.
For users of an Experience Cloud site: --org-kind site, and its URL.

--rotate-certificate and --rotate-secret stage another key or consumer secret for a connection that there is. The old one
is used until Salesforce refuses it, then the new one, by every process, by itself; with --prove the new one is tried first.

Nothing is overwritten: a folder that is not empty needs --force, and a private key is never written over.

Examples:
  forcemint setup acme
  forcemint setup acme --grant jwt-bearer --username integration@acme.example --email admins@acme.example
  forcemint setup acme --grant client-credentials --login-url https://acme.my.salesforce.com \\
    --username integration@acme.example --email admins@acme.example --yes
  forcemint setup partners --grant jwt-bearer --org-kind site --login-url https://acme.my.site.com/partners \\
    --username integration@acme.example --email admins@acme.example
  forcemint setup acme --prove
  forcemint setup acme --rotate-certificate
  forcemint setup acme --rotate-secret --prove`;

export function register(program: Command, context: Context): void {
  const values = (options: readonly { readonly value: string }[]): string => options.map(({ value }) => value).join(', ');
  program
    .command('setup')
    .summary('make the key, the app and the connection for an org')
    .description('Makes key, certificate and deployable app metadata for an org, and the connection that goes with them.')
    .argument('<name>', 'name of the new connection')
    .option('--grant <grant>', values(CHOICES.grant))
    .option('--org-kind <kind>', `${values(CHOICES.orgKind)} (default: production)`)
    .option('--login-url <url>', 'My Domain of the org (default: the login host of that kind of org), or the URL of the site')
    .option('--username <user>', 'Salesforce user whom programs act for')
    .option('--app <kind>', `${values(CHOICES.app)} (default: external-client-app)`)
    .option('--self-authorize', 'users approve the app themselves, once in the browser (jwt-bearer)')
    .option('--label <text>', 'what people see of the app (default: Forcemint NAME)')
    .option('--email <address>', 'whom Salesforce writes to about the app')
    .option('--callback-url <url>', 'where a login comes back to (authorization-code)')
    .option('--days <number>', 'how long the certificate is valid (default: 365)')
    .option('--out <folder>', 'new folder for the files (default: NAME-salesforce)')
    .option('--target-org <alias>', 'alias of the org in the Salesforce CLI, for the command that deploys')
    .option('--force', 'write over the files of an earlier setup, but a private key')
    .option('--rotate-certificate', 'stage another key, with its certificate')
    .option('--rotate-secret', 'stage another consumer secret, which is asked for')
    .option('--client-secret-file <file>', 'the new consumer secret; - reads stdin or asks (--rotate-secret)')
    .option('--prove', 'try until a token comes, or what is staged is taken; alone, of a connection that was set up before')
    .option('--wait <duration>', `how long to try (default: ${DEFAULT_WAIT})`)
    .option('--no-browser', 'only print the address where a user approves the app')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: SetupFlags) => setup(context, name, flags)));
}

async function setup(context: Context, name: string, flags: SetupFlags): Promise<number | undefined> {
  const isRotation = flags.rotateCertificate === true || flags.rotateSecret === true;
  if (!isRotation && flags.clientSecretFile !== undefined) {
    throw new UsageError('--client-secret-file belongs to --rotate-secret.', {
      fix: [`forcemint update ${name} --client-secret-file FILE`],
    });
  }
  const waitMs = parseDuration(flags.wait ?? DEFAULT_WAIT, '--wait') * 1000;
  return withForcemint(context, async (forcemint) => {
    const folder = resolve(flags.out ?? `${name}-salesforce`);
    if (isRotation) {
      const { days, ...rest } = flags;
      const { rotate } = await import('../setup/rotate/rotate.ts');
      return rotate(context, forcemint, name, { ...rest, folder, waitMs, days: daysOf(days) });
    }
    const isThere = await exists(forcemint, name, flags);
    if (isThere && flags.prove !== true) throw taken(name);
    if (isThere) {
      const { hasStaged } = await import('../setup/rotate/prove-next.ts');
      const { tellTaken } = await import('../setup/rotate/rotate.ts');
      if (hasStaged(await forcemint.status(name)))
        return tellTaken(context, forcemint, name, undefined, { waitMs, json: flags.json === true });
    }
    const made = isThere ? undefined : await make(context, forcemint, name, folder, flags);
    if (made !== undefined && flags.json !== true) context.output.result(setupText(context.output, { name, folder, ...made }));
    const needsLogin = made?.plan.grant === 'authorization-code';
    const token = flags.prove === true && !needsLogin ? await prove(context, forcemint, name, waitMs, flags) : undefined;
    if (flags.json === true) context.output.json(setupDocument({ name, folder, made, token }));
    else if (token !== undefined) tellProof(context, name, token);
    return EXIT.done;
  });
}

async function prove(
  context: Context,
  forcemint: Forcemint,
  name: string,
  waitMs: number,
  flags: SetupFlags,
): Promise<AccessToken> {
  const { connection } = await forcemint.status(name);
  return proveUntil(name, waitMs, triesOf(context, forcemint, connection, browserOf(context, flags)));
}

/** @throws ConfigurationError `connection_not_found` where only a connection of before is to be proved */
async function exists(forcemint: Forcemint, name: string, { prove, grant }: SetupFlags): Promise<boolean> {
  try {
    await forcemint.status(name);
    return true;
  } catch (error) {
    const isMissing = error instanceof ConfigurationError && error.code === 'connection_not_found';
    if (!isMissing || (prove === true && grant === undefined)) throw error;
    return false;
  }
}

async function make(context: Context, forcemint: Forcemint, name: string, folder: string, flags: SetupFlags): Promise<Generated> {
  const answers = await answersOf(context, name, flags, hostPolicy(context.env));
  const { callbackUrl, targetOrg } = flags;
  const options = { name, folder, callbackUrl, targetOrg, days: daysOf(flags.days), nowMs: context.now() };
  const made = await withProgress(context.output, 'making a key pair', () => generate(answers, options));
  await checkFolder(folder, made.files, flags.force === true);
  const { administration } = forcemint;
  await context.interrupts.protect(async () => {
    await administration.connect(name, made.connection);
    try {
      await writeFolder(folder, made.files);
    } catch (error) {
      await administration.remove(name, { keepGrant: true });
      throw error;
    }
  });
  return made;
}

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--days needs a whole number, not ${JSON.stringify(text.slice(0, 40))}.`, { fix: ['--days 365'] });
}

function taken(name: string): UsageError {
  return new UsageError(`There is a connection ${name} already.`, {
    fix: [
      `To try it until it works: forcemint setup ${name} --prove`,
      `For a new app under this name: forcemint remove ${name}, then the same command again`,
    ],
  });
}

function tellProof({ output, now }: Context, name: string, token: AccessToken): void {
  const { paint } = output;
  output.result(`${paint('green', '✔')} ${paint('bold', name)} works`);
  output.result(`  token  valid for ${tokenValidity(token, now())}`);
  output.result(`  org    ${token.instanceUrl}`);
  output.result(`  next   forcemint token ${name}   or   forcemint api ${name} limits`);
}
