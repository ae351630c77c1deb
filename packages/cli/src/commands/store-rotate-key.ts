import type { KeyRotation, Outstanding } from '@forcemint/core/maintenance/rotate-keys';
import { rotateKeys } from '@forcemint/core/maintenance/rotate-keys';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { withStore } from '../store-access.ts';
import { withProgressBar } from '../terminal/progress-bar.ts';

const HELP = `
Seals everything with a new data key while everybody goes on, then deletes the old one. With --new-master-key-file the master key is
replaced first; the former one goes on working until nothing needs it: then give every machine the new one, and run this again.
Interrupted, the same command goes on. Exit code 5 while something is outstanding.

Examples:
  forcemint store rotate-key
  (umask 077; openssl rand -base64 32 > new.key); forcemint store rotate-key --new-master-key-file new.key
  FORCEMINT_MASTER_KEY_FILE=$PWD/new.key forcemint store rotate-key`;

interface RotateFlags {
  readonly newMasterKeyFile?: string;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('rotate-key')
    .summary('seal everything with a new key, while it is used')
    .description('Seals everything with a new data key, and with a new master key if one is given.')
    .option('--new-master-key-file <file>', 'file with the key that takes the place of the master key')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: RotateFlags) => rotate(context, flags)));
}

async function rotate(context: Context, { newMasterKeyFile, json }: RotateFlags): Promise<number> {
  const { output } = context;
  const { readMasterKey } = await import('@forcemint/node/master-key');
  const { systemClock: clock } = await import('@forcemint/node/clock');
  const { systemRandom: random } = await import('@forcemint/node/random');
  const newMasterKey = newMasterKeyFile === undefined ? undefined : readMasterKey(newMasterKeyFile);
  const done = await withStore(
    context,
    (store) => withProgressBar(output, (report) => rotateKeys({ ...store, newMasterKey, clock, random, report })),
    { alone: true },
  );
  const isDone = typeof done.dataKey === 'string' && done.outstanding.length === 0;
  if (json === true)
    output.json({ data_key: done.dataKey, master_key: done.masterKey, outstanding: done.outstanding, done: isDone });
  else tell(context, done);
  return isDone ? EXIT.done : EXIT.passing;
}

function tell({ output }: Context, { dataKey, masterKey, outstanding }: KeyRotation): void {
  const tick = output.paint('green', '✔');
  if (masterKey === 'replaced') output.result(`${tick} the master key is replaced`);
  if (dataKey === 'replaced') output.result(`${tick} everything is sealed with a new data key, and the old one is gone`);
  if (typeof dataKey !== 'string') {
    const { underway, unreadable } = dataKey;
    if (underway.length > 0)
      output.note(`An exchange or a login is under way, and its row was left alone: ${some(underway)}. Run this again.`);
    if (unreadable.length > 0)
      output.note(`Does not open, so the old data key stays: ${some(unreadable)}. See: forcemint store verify`);
    return;
  }
  if (outstanding.length > 0) {
    output.note('The former master key is kept, since it is still needed:');
    for (const one of outstanding) output.note(`  ${reasonOf(one)}`);
  } else if (dataKey === 'unchanged') {
    output.result(`${tick} nothing needed the former master key any more: it is forgotten`);
  }
}

function reasonOf(one: Outstanding): string {
  switch (one.what) {
    case 'configuration':
      return 'this machine is configured with it: give it the new one (FORCEMINT_MASTER_KEY_FILE, or the key file), and run this again';
    case 'processes':
      return 'processes of this machine were started with it: start them again with the new one, and run this again';
    case 'spool':
      return `${one.entries} answers in this machine’s spool are yet to be stored: they are with the next exchanges; run this again`;
    case 'replica':
      return `the machine ${one.host} (${one.id}) works with it, or has ${one.entries} answers that it sealed; last heard of ${Math.round(one.silentForMs / 1000)} s ago`;
  }
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
