import { abortCopy, type CopyPorts, copyStore } from '@forcemint/core/maintenance/copy-store';
import type { MaintainedStore } from '@forcemint/node/open-maintenance';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { storeArgument, withStore } from '../store-access.ts';
import { withProgressBar } from '../terminal/progress-bar.ts';

const HELP = `
FROM and TO are sqlite:PATH, postgres://USER@HOST/DATABASE, or @FILE with such a URL in it (for one that holds a password). Both are
opened with the master key of this machine. From its first moment FROM begins no exchange any more; tokens are handed out as before. What is
under way comes to its end, everything is copied and compared, and TO is used from then on. Interrupted, the same command goes on.
Going back is the same with FROM and TO exchanged.

Examples:
  forcemint store copy sqlite:/var/lib/forcemint/store.db @/etc/forcemint/store-url
  forcemint store copy sqlite:old.db sqlite:new.db
  forcemint store copy sqlite:old.db sqlite:new.db --abort`;

interface CopyFlags {
  readonly abort?: boolean;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('copy')
    .summary('move the store to another place, or back')
    .description('Moves everything from one store to another without losing a grant.')
    .argument('<from>', 'the store that is used now')
    .argument('<to>', 'one that holds nothing yet, or that FROM was copied from')
    .option('--abort', 'give up a copy that is not complete: FROM is used as before')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (from: string, to: string, flags: CopyFlags) => copy(context, from, to, flags)));
}

async function copy(context: Context, fromText: string, toText: string, flags: CopyFlags): Promise<undefined> {
  const { output } = context;
  const sources = { location: storeArgument(fromText, 'FROM'), alone: true };
  const targets = { location: storeArgument(toText, 'TO'), alone: true, mayCreate: flags.abort !== true };
  const withBoth = <T>(work: (from: MaintainedStore, to: MaintainedStore) => Promise<T>) =>
    withStore(context, (from) => withStore(context, (to) => work(from, to), targets), sources);
  const tick = output.paint('green', '✔');
  if (flags.abort === true) {
    const urls = await withBoth(async (from, to) => {
      await abortCopy({ from, to });
      return { from: from.url, to: to.url };
    });
    if (flags.json === true) {
      output.json({ ...urls, copied: false });
      return undefined;
    }
    output.result(`${tick} the copy is given up: ${urls.from} is used as before, ${urls.to} is empty`);
    return undefined;
  }
  const { systemClock: clock } = await import('@forcemint/node/clock');
  const { from, to, size } = await withBoth(async (source, target) => {
    await source.guard.check();
    const settle: CopyPorts['settle'] = (names) => source.settle(names);
    const isAwaited = (replicaId: string) => source.isAwaited(replicaId);
    const copied = await withProgressBar(output, (report) =>
      copyStore({ from: source, to: target, clock, settle, isAwaited, report }),
    );
    await target.guard.raise();
    return { from: source.url, to: target.url, size: copied };
  });
  if (flags.json === true) {
    output.json({ from, to, copied: true, ...size });
    return undefined;
  }
  output.result(
    `${tick} ${size.connections === 1 ? '1 connection is' : `${size.connections.toLocaleString('en')} connections are`} in ${to}, and used from there`,
  );
  output.result(`  next   point every process to it: FORCEMINT_STORE=${to}`);
  output.note(`${from} hands out what it has, and begins nothing any more; keep it until nothing asks it.`);
  return undefined;
}
