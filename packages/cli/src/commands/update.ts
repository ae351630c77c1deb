import type { ConnectionStatus } from '@forcemint/core';
import type { Command } from 'commander';
import { connectionDocument } from '../connection-facts.ts';
import { addConnectionFlags, type ConnectionFlags, type GivenConnection, readConnectionFlags } from '../connection-flags.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { UsageError } from '../usage-error.ts';

interface UpdateFlags extends ConnectionFlags {
  readonly json?: boolean;
}

const HELP = `
What is not given stays as it is. Changing the login URL, the client id, the audience or the grant discards the secrets
and tokens unless they are given again in the same command, so that they are never sent elsewhere. A label is taken
away by giving it no value: --label team=

Examples:
  forcemint update acme --session-timeout 12h --label team=billing
  forcemint update acme --client-secret-file new-secret.txt
  forcemint update acme --next-private-key-file new.key    (used as soon as Salesforce refuses the old one)`;

export function register(program: Command, context: Context): void {
  const command = program.command('update').summary('change a connection');
  command.description('Changes settings or credentials of a connection.').argument('<name>', 'name of the connection');
  addConnectionFlags(command)
    .option('--next-client-secret-file <file>', 'secret to try when the old one is refused; then it takes its place')
    .option('--next-private-key-file <file>', 'key to try when the old one is refused; then it takes its place')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: UpdateFlags) => update(context, name, flags)));
}

async function update(context: Context, name: string, flags: UpdateFlags): Promise<undefined> {
  const given = await readConnectionFlags(context, flags);
  if (isNothing(given)) {
    throw new UsageError('There is nothing to change.', {
      fix: [`See the settings: forcemint show ${name}`, 'See what can be changed: forcemint update --help'],
    });
  }
  await withForcemint(context, async (forcemint) => {
    const before = await forcemint.status(name);
    const change = { ...given, settings: { ...given.settings, labels: mergedLabels(before, given) } };
    const { discarded } = await context.interrupts.protect(() => forcemint.administration.update(name, change));
    const { output } = context;
    if (flags.json === true) {
      output.json({ ...connectionDocument(await forcemint.status(name)), discarded });
      return;
    }
    output.result(`${output.paint('green', '✔')} ${output.paint('bold', name)} is changed`);
    if (discarded.length > 0) {
      output.result(
        `  its ${discarded.map(inWords).join(', ')} and tokens are gone, because they would have been sent elsewhere`,
      );
    }
    output.result(`  next   forcemint ${given.settings.grant === 'authorization-code' ? 'login' : 'token'} ${name}`);
  });
  return undefined;
}

/** Given labels on top of those that there are; an empty value takes one away. */
function mergedLabels(before: ConnectionStatus, given: GivenConnection): Readonly<Record<string, string>> | undefined {
  if (given.settings.labels === undefined) return undefined;
  const merged = { ...before.connection.settings.labels, ...given.settings.labels };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

function isNothing(given: GivenConnection): boolean {
  const values = [...Object.values(given.settings), ...Object.values(given.secrets), given.refreshToken];
  return values.every((value) => value === undefined);
}

function inWords(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
