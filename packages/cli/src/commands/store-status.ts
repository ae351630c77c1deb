import type { StoreCondition } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { withStore } from '../store-access.ts';
import { type Cell, table } from '../terminal/table.ts';
import { timeOfDay } from '../terminal/time.ts';

const HELP = `
Exit code 0 for a store that is active, 5 while it is being moved, filled or recovering from a failover, 1 when an operator has to
act (quarantined) or it has moved.

Example:
  forcemint store status`;

export function register(store: Command, context: Context): void {
  store
    .command('status')
    .summary('say where the store is, what state it is in, and who uses it')
    .description('Says where the store is, what state it is in, its keys, and who uses it.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: { readonly json?: boolean }) => status(context, flags.json === true)));
}

async function status(context: Context, json: boolean): Promise<number> {
  const { output } = context;
  const found = await withStore(context, async ({ store, guard, url }) => {
    // A look at a store that was restored or cloned is as good as any other to notice it.
    if ((await store.condition()).is === 'active') await guard.check();
    const { dataKeys, former } = await store.readKeys();
    return {
      url,
      standing: await store.standing(),
      size: await store.size(),
      replicas: await store.listReplicas(),
      sealedSinceMs: dataKeys.at(-1)?.createdAtMs ?? 0,
      dataKeys: dataKeys.length,
      formerMasterKeys: former.length,
    };
  });
  const { url, standing, size, replicas, ...keys } = found;
  const { storeId, label, generation, condition } = standing;
  if (json) {
    const { sealedSinceMs, dataKeys, formerMasterKeys } = keys;
    output.json({
      store: url,
      id: storeId,
      label,
      generation,
      condition,
      ...size,
      data_keys: dataKeys,
      data_key_since: Math.floor(sealedSinceMs / 1000),
      former_master_keys: formerMasterKeys,
      replicas,
    });
    return exitOf(condition);
  }
  const [state, advice] = describe(condition);
  const rows: Cell[][] = [
    [{ text: 'store', style: 'dim' }, url],
    [{ text: 'id', style: 'dim' }, `${storeId}${label === undefined ? '' : ` (${label})`}`],
    [
      { text: 'state', style: 'dim' },
      { text: state, style: condition.is === 'active' ? 'green' : 'yellow' },
    ],
    [{ text: 'holds', style: 'dim' }, `${counted(size.connections, 'connection')}, ${counted(size.events, 'event')}`],
    [{ text: 'keys', style: 'dim' }, keysText(keys)],
  ];
  output.result(table(rows, { paint: output.paint }));
  for (const { host, id, silentForMs } of replicas) {
    output.result(`  ${host} (${id}), last heard of ${Math.round(silentForMs / 1000)} s ago`);
  }
  if (advice !== undefined) output.note(advice);
  return exitOf(condition);
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

function keysText(keys: {
  readonly sealedSinceMs: number;
  readonly dataKeys: number;
  readonly formerMasterKeys: number;
}): string {
  const since = new Date(keys.sealedSinceMs).toISOString().slice(0, 10);
  const rotating = keys.dataKeys > 1 ? ', a rotation is not complete' : '';
  const former = keys.formerMasterKeys > 0 ? `, ${keys.formerMasterKeys} former master key kept` : '';
  return `data key since ${since}${rotating}${former}`;
}

function describe(condition: StoreCondition): readonly [state: string, advice: string | undefined] {
  switch (condition.is) {
    case 'active':
      return ['active', undefined];
    case 'moving':
      return [`being moved to ${condition.to.url}`, 'Go on with the same forcemint store copy, or give it up with --abort.'];
    case 'moved':
      return [`moved to ${condition.to.url}`, `Point FORCEMINT_STORE to ${condition.to.url}.`];
    case 'filling':
      return [`being filled from ${condition.from.url}`, 'Go on with the same forcemint store copy, or give it up with --abort.'];
    case 'quarantined': {
      const what = condition.why === 'restored' ? 'restored from a backup' : 'a clone of another store';
      return [
        `quarantined since ${timeOfDay(condition.sinceMs / 1000)}: it looks ${what} (${condition.evidence})`,
        'Say which it is: forcemint store adopt --restored, or --clone (see --help).',
      ];
    }
    case 'failed-over':
      return [`its database has failed over; newer answers are awaited until ${timeOfDay(condition.untilMs / 1000)}`, undefined];
  }
}

function exitOf({ is }: StoreCondition): number {
  if (is === 'active') return EXIT.done;
  return is === 'quarantined' || is === 'moved' ? EXIT.unexpected : EXIT.passing;
}
