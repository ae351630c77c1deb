import { fingerprint } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { dueCredentials } from '../credential-ages.ts';
import { parseDuration } from '../durations.ts';
import { getTokenPatiently } from '../patience.ts';
import { formatToken, TOKEN_FORMATS, type TokenFormat } from '../token-format.ts';
import { UsageError } from '../usage-error.ts';

interface TokenFlags {
  readonly minTtl?: string;
  readonly purpose?: string;
  readonly format?: string;
  readonly json?: boolean;
}

const HELP = `
The token is the stored one while it lives long enough, else a new one. Formats:
  raw     the token (default)
  json    token, instance URL, expiry and more; the same as --json
  header  Authorization: Bearer …
  env     export lines for a shell: SF_ACCESS_TOKEN, SF_INSTANCE_URL, SALESFORCE_…
  curl    a curl config, so that the token is in no argument:
          forcemint token acme --format curl | curl -K - https://acme.my.salesforce.com/services/data/v66.0/limits

Examples:
  forcemint token acme
  forcemint token acme --min-ttl 30m --json
  eval "$(forcemint token acme --format env)"`;

export function register(program: Command, context: Context): void {
  program
    .command('token')
    .summary('print an access token that works')
    .description('Prints an access token that works, renewing it first if it has to.')
    .argument('<name>', 'name of the connection')
    .option('--min-ttl <duration>', 'how long it must live at least (default: 5m; at most half of its life)')
    .option('--purpose <text>', 'what it is for')
    .option('--format <format>', TOKEN_FORMATS.join(', '))
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: TokenFlags) => token(context, name, flags)));
}

async function token(context: Context, name: string, flags: TokenFlags): Promise<undefined> {
  const format = formatOf(flags);
  const minTtlSeconds = flags.minTtl === undefined ? undefined : parseDuration(flags.minTtl, '--min-ttl');
  await withForcemint(context, async (forcemint) => {
    const { connection, token: details } = await forcemint.status(name);
    const before = details?.reportedInvalid === true ? undefined : details?.fingerprint;
    const found = await getTokenPatiently(context, forcemint, name, { minTtlSeconds, purpose: flags.purpose });
    const source = before === fingerprint(found.value) ? 'store' : 'exchange';
    const { apiVersion } = connection.settings;
    if (source === 'exchange')
      for (const text of dueCredentials(connection.settings, context.now()))
        context.output.warn(`${name}: ${text}; forcemint status ${name} says what to do`);
    context.output.raw(formatToken(found, format, { source, apiVersion, nowMs: context.now() }));
  });
  return undefined;
}

function formatOf(flags: TokenFlags): TokenFormat {
  const given = flags.format ?? (flags.json === true ? 'json' : 'raw');
  const format = TOKEN_FORMATS.find((one) => one === given);
  if (format === undefined) {
    throw new UsageError(`${JSON.stringify(given.slice(0, 40))} is no format.`, { fix: [`--format ${TOKEN_FORMATS.join('|')}`] });
  }
  if (flags.json === true && format !== 'json') throw new UsageError('--json and another --format exclude each other.');
  return format;
}
