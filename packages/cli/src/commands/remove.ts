import type { RemovedGrant } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { Interrupted } from '../interrupts.ts';
import { withProgress } from '../terminal/progress.ts';
import { canAsk, confirm } from '../terminal/prompt.ts';
import { UsageError } from '../usage-error.ts';

interface RemoveFlags {
  readonly keepGrant?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const GRANT_OUTCOMES = {
  revoked: 'its grant was revoked at Salesforce',
  'already-invalid': 'Salesforce no longer knew its grant',
  'nothing-to-revoke': 'there was nothing to revoke',
  refused:
    'Salesforce refused to revoke its grant; that is tried again with the next exchanges (or end it in Setup → Connected Apps OAuth Usage)',
  kept: 'its grant lives on at Salesforce',
  'not-reached': 'Salesforce could not be reached: its grant is revoked later, with the next exchanges',
} as const satisfies Readonly<Record<RemovedGrant, string>>;

const HELP = `
The grant is revoked at Salesforce first, unless --keep-grant. Credentials and tokens are gone from the store for good.

Examples:
  forcemint remove acme
  forcemint remove acme --keep-grant --yes`;

export function register(program: Command, context: Context): void {
  program
    .command('remove')
    .alias('rm')
    .summary('revoke and delete a connection')
    .description('Revokes a connection’s grant at Salesforce and deletes the connection.')
    .argument('<name>', 'name of the connection')
    .option('--keep-grant', 'do not revoke the grant at Salesforce')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: RemoveFlags) => remove(context, name, flags)));
}

async function remove(context: Context, name: string, flags: RemoveFlags): Promise<undefined> {
  const keepGrant = flags.keepGrant === true;
  await withForcemint(context, async (forcemint) => {
    await forcemint.status(name);
    const what = keepGrant
      ? `Delete ${name} and its credentials`
      : `Revoke the grant of ${name} and delete it with its credentials`;
    await insist(context, what, flags.yes === true);
    const { output, interrupts } = context;
    const removal = () => forcemint.administration.remove(name, { keepGrant });
    const grant = await interrupts.protect(() => withProgress(output, `removing ${name}`, removal));
    if (flags.json === true) return output.json({ connection: name, removed: true, grant });
    output.result(`${output.paint('green', '✔')} ${output.paint('bold', name)} is removed; ${GRANT_OUTCOMES[grant]}`);
  });
  return undefined;
}

/**
 * Goes on only if somebody wants it: `--yes`, or an answer on the terminal.
 * @throws UsageError without either; Interrupted for a no
 */
export async function insist(context: Context, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!canAsk(context)) {
    throw new UsageError(`${what}? Nobody can be asked.`, { why: 'There is no terminal.', fix: ['Say so beforehand: --yes'] });
  }
  if (await confirm(context, `${what}?`)) return;
  context.output.note('Nothing was changed.');
  throw new Interrupted('SIGINT');
}
