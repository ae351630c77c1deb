import type { Finding } from '@forcemint/diagnose';
import type { Forcemint } from '@forcemint/node';
import type { Command } from 'commander';
import { GRANT_IN_WORDS } from '../connection-facts.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { exitOf, findingDocument, findingLines, summary } from '../doctor/doctor-report.ts';

interface DoctorFlags {
  readonly exchange: boolean;
  readonly json?: boolean;
}

const HELP = `
With a NAME, in order: the way to the login host, the settings, the credentials, a real exchange, what the org says to the
token, how long all of it lasts, and whether it is ready for what Salesforce changes in 2026. Nothing is changed, but that
the connection has a new token afterwards (--no-exchange: not even that).
Without a NAME: this machine, the login hosts of all connections, and what is stored of each.

The exit code is that of the worst finding: 4 mend the setup at Salesforce, 3 somebody must log in, 2 a setting here is
wrong, 5 passing trouble, 0 nothing is bad. Warnings do not count.

Examples:
  forcemint doctor acme
  forcemint doctor acme --json | jq '.findings[] | select(.verdict == "bad")'
  forcemint doctor`;

export function register(program: Command, context: Context): void {
  program
    .command('doctor')
    .summary('look at everything that a connection needs, and say what is wrong')
    .description('Looks at everything that a connection needs, in order, and says what is wrong and what to do.')
    .argument('[name]', 'name of a connection')
    .option('--no-exchange', 'get no token; look at what is stored')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string | undefined, flags: DoctorFlags) => doctor(context, name, flags)));
}

async function doctor(context: Context, name: string | undefined, flags: DoctorFlags): Promise<number> {
  const { createHttp } = await import('@forcemint/node/http');
  await using http = createHttp({ env: context.env });
  return withForcemint(context, async (forcemint) => {
    if (name !== undefined) return one(context, forcemint, name, flags, http);
    const { overview } = await import('../doctor/overview.ts');
    return overview(context, forcemint, http, flags.json === true);
  });
}

async function one(
  context: Context,
  forcemint: Forcemint,
  name: string,
  { exchange, json }: DoctorFlags,
  http: Awaited<ReturnType<typeof import('@forcemint/node/http')['createHttp']>>,
): Promise<number> {
  const { output } = context;
  const { checkup } = await import('../doctor/checkup.ts');
  const { connection } = await forcemint.status(name);
  const { grant, loginUrl } = connection.settings;
  if (json !== true)
    output.result(`${output.paint('bold', name)}  ${output.paint('dim', `${GRANT_IN_WORDS[grant]} at ${loginUrl}`)}`);
  const findings: Finding[] = [];
  for await (const finding of checkup(name, { context, forcemint, http, exchange })) {
    findings.push(finding);
    if (json !== true) for (const line of findingLines(finding, output)) output.result(line);
  }
  const exitCode = exitOf(findings);
  if (json === true) output.json({ connection: name, exit_code: exitCode, findings: findings.map(findingDocument) });
  else output.result(`\n${summary(findings, output)}`);
  context.interrupts.throwIfInterrupted();
  return exitCode;
}
