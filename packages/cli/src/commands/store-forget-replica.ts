import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { withStore } from '../store-access.ts';
import { UsageError } from '../usage-error.ts';
import { insist } from './remove.ts';

const HELP = `
A machine that used the store and will not come back: its answers are not waited for any more, and it no longer keeps a former master
key. What lies in its spool is given up. One that does come back is there again with its first sign of life.

Examples:
  forcemint store status
  forcemint store forget-replica 6de7c70643c4f5eeb4e48cbbe9986f57 --yes`;

interface ForgetFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('forget-replica')
    .argument('<id>', 'of the replica, as `forcemint store status` shows it')
    .summary('say that a machine which used the store will not come back')
    .description('Says that a machine which used the store will not come back.')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (id: string, flags: ForgetFlags) => forget(context, id, flags)));
}

async function forget(context: Context, id: string, flags: ForgetFlags): Promise<undefined> {
  const { output } = context;
  const host = await withStore(context, async ({ store }) => {
    const replica = (await store.listReplicas()).find((one) => one.id === id);
    if (replica === undefined) throw unknown();
    await insist(context, `Give up what the spool of ${replica.host} may hold`, flags.yes === true);
    if (!(await store.deleteReplica(id))) throw unknown();
    return replica.host;
  });
  if (flags.json === true) output.json({ replica: id, host, forgotten: true });
  else output.result(`${output.paint('green', '✔')} ${host} (${id}) is forgotten`);
  return undefined;
}

function unknown(): UsageError {
  return new UsageError('There is no replica of that id.', {
    why: 'It was forgotten before, or the id is another store’s.',
    fix: ['Look which there are: forcemint store status'],
  });
}
