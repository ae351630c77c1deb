import { type Adoption, adoptStore } from '@forcemint/core/maintenance/adopt-store';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { labelOf, withStore } from '../store-access.ts';
import { withProgressBar } from '../terminal/progress-bar.ts';
import { UsageError } from '../usage-error.ts';
import { insist } from './remove.ts';

const HELP = `
A store that was restored from a backup, or is a copy of another one, holds refresh tokens that may be used up: presenting one of them
could end the grant. Such a store is quarantined when it is noticed: it hands out tokens that work, and begins nothing.
  --restored   this is the one store, as it was some time ago. Tokens that work are handed out; each refresh token that may rotate is
               presented once more, carefully, shortly before they run out.
  --clone      another store goes on with these grants. Its tokens are taken out here; connections that lived on a refresh token need a
               login. With FORCEMINT_STORE_LABEL set, that is what this store is called from now on.

Examples:
  forcemint store status
  forcemint store adopt --restored
  FORCEMINT_STORE_LABEL=staging forcemint store adopt --clone --yes`;

interface AdoptFlags {
  readonly restored?: boolean;
  readonly clone?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('adopt')
    .summary('say that the store was restored from a backup, or is a clone')
    .description('Lets a store be used again that was restored from a backup, or is a clone of another.')
    .option('--restored', 'this is the one store, as it was some time ago')
    .option('--clone', 'another store goes on with the same grants')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: AdoptFlags) => adopt(context, flags)));
}

async function adopt(context: Context, flags: AdoptFlags): Promise<undefined> {
  const adoption = adoptionOf(flags);
  const { output } = context;
  const { systemClock: clock } = await import('@forcemint/node/clock');
  const { systemRandom: random } = await import('@forcemint/node/random');
  const label = adoption === 'clone' ? labelOf(context) : undefined;
  const { url, done } = await withStore(
    context,
    async ({ store, spool, guard, url: place }) => {
      if (adoption === 'clone') await insist(context, `Take every token out of ${place}`, flags.yes === true);
      await guard.check();
      // First: what is adopted must not be taken for an older copy the next time.
      await guard.raise();
      const work = await withProgressBar(output, (report) =>
        adoptStore({ store, spool, clock, random, report, label }, adoption),
      );
      await guard.raise();
      return { url: place, done: work };
    },
    { alone: true },
  );
  if (flags.json === true) {
    output.json({ store: url, adopted: adoption, ...done });
    return undefined;
  }
  const n = done.changed.toLocaleString('en');
  const what =
    adoption === 'restored'
      ? `${n} refresh tokens may be used up and are presented once more, carefully`
      : `${n} connections have lost the tokens of the other store`;
  output.result(`${output.paint('green', '✔')} ${url} is used again; ${what}`);
  if (adoption === 'clone') output.result('  next   forcemint status   says which need a login');
  return undefined;
}

/** @throws UsageError */
function adoptionOf({ restored, clone }: AdoptFlags): Adoption {
  if (restored === true && clone !== true) return 'restored';
  if (clone === true && restored !== true) return 'clone';
  throw new UsageError('Say which it is: --restored or --clone.', {
    why: 'Nobody but its operator can know.',
    fix: [
      'The one store, as it was some time ago: forcemint store adopt --restored',
      'A copy of a store that goes on elsewhere: forcemint store adopt --clone',
    ],
  });
}
