import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { withProgress } from '../terminal/progress.ts';
import { insist } from './remove.ts';

interface RevokeFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const OUTCOMES = {
  revoked: 'is revoked at Salesforce',
  'already-invalid': 'was no longer known to Salesforce',
  'nothing-to-revoke': 'has nothing to revoke',
} as const;

const HELP = `
A revoked refresh token needs a new login; the other grants get a new token when the next one is asked for.

Example:
  forcemint revoke acme --yes`;

export function register(program: Command, context: Context): void {
  program
    .command('revoke')
    .summary('revoke a connection’s grant at Salesforce; the connection stays')
    .description('Revokes a connection’s tokens at Salesforce. The connection stays.')
    .argument('<name>', 'name of the connection')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: RevokeFlags) => revoke(context, name, flags)));
}

async function revoke(context: Context, name: string, flags: RevokeFlags): Promise<undefined> {
  await withForcemint(context, async (forcemint) => {
    await forcemint.status(name);
    await insist(context, `Revoke the grant of ${name} at Salesforce`, flags.yes === true);
    const { output, interrupts } = context;
    const outcome = await interrupts.protect(() =>
      withProgress(output, `revoking ${name}`, () => forcemint.administration.revoke(name)),
    );
    const { state, connection } = await forcemint.status(name);
    if (flags.json === true) return output.json({ connection: name, outcome, state });
    output.result(`${output.paint('green', '✔')} the grant of ${output.paint('bold', name)} ${OUTCOMES[outcome]}`);
    if (state !== 'reauthorization-required') return;
    const login = connection.settings.grant === 'authorization-code';
    output.result(`  next   forcemint ${login ? `login ${name}` : `update ${name} --refresh-token-file F`}`);
  });
  return undefined;
}
