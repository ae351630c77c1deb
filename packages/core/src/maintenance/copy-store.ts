import { StoreError } from '../errors.ts';
import type { Clock, StoreAddress, StoreCondition } from '../ports.ts';
import { fillingError, movedError } from '../store-condition.ts';
import type { StoreSize } from '../store-maintenance.ts';
import { compareContent, copyContent, ForeignContent, type OpenedStore } from './copy-content.ts';
import type { Report } from './progress.ts';

/** For how long exchanges under way are waited for; each is over sooner, or can't be brought to its end by waiting. */
const PATIENCE_MS = 300_000;
const PAUSE_MS = 250;
const MOST_UNSETTLED = 10_000;

/** A store that takes part in a copy. */
export interface CopiedStore extends OpenedStore {
  /** `sqlite:PATH` or `postgres://…`, without a password. */
  readonly url: string;
}

export interface CopyPorts {
  readonly from: CopiedStore;
  readonly to: CopiedStore;
  readonly clock: Clock;
  /** Brings exchanges of these connections to rest that nobody is working on any more; those that somebody works on come to rest by themselves. */
  settle(names: readonly string[]): Promise<void>;
  /** Whether that replica of the source may still come with the answer to a request that counts as unanswered; absent where there are none. */
  readonly isAwaited?: (replicaId: string) => Promise<boolean>;
  readonly report: Report;
  /** Default 300,000. */
  readonly patienceMs?: number;
}

/**
 * Moves everything from one store to another: the source begins nothing more, what is under way comes to its end, then its content is copied, compared, and
 * the target is used from then on, the source only to hand out what tokens it has. Refresh tokens, versions and histories are the same afterwards. Where it
 * stands is in the conditions of both stores, so that it can be killed at any moment: the same call goes on. The same with the stores exchanged goes back.
 * @throws StoreError
 */
export async function copyStore(ports: CopyPorts): Promise<StoreSize> {
  const { from, to } = ports;
  if (from.store.storeId === to.store.storeId) throw refused('Both are the same store.', 'Name another store as the target.');
  if (await isDone(ports)) return from.store.size();
  await prepareTarget(ports);
  await stopSource(ports);
  await drain(ports);
  await setCondition(from, { is: 'moved', to: addressOf(to) }, { is: 'moving', to: addressOf(to) });
  await copied(ports);
  const differences = await compareContent(from, to, ports.report);
  if (differences.length > 0) throw copyDiffers(to, differences);
  const { generation, label } = await from.store.standing();
  if (label !== undefined) await to.store.setLabel(label);
  await to.store.raiseGeneration(generation + 1);
  await setCondition(to, { is: 'active' }, { is: 'filling', from: addressOf(from) });
  return to.store.size();
}

/**
 * Gives a copy up that has not activated its target: the target is emptied, and the source used as before.
 * @throws StoreError when the target is in use already, or is not the one that this source is copied to
 */
export async function abortCopy({ from, to }: Pick<CopyPorts, 'from' | 'to'>): Promise<void> {
  const [here, there] = [await from.store.condition(), await to.store.condition()];
  if (there.is === 'filling') {
    if (there.from.storeId !== from.store.storeId) throw fillingError(there.from);
    await to.store.empty();
    await setCondition(to, { is: 'active' }, there);
  }
  if (here.is !== 'moving' && here.is !== 'moved') return;
  if (here.to.storeId !== to.store.storeId) throw movedError(here.to, here.is === 'moved' ? 'has moved' : 'is being moved');
  if ((await to.store.size()).tokens > 0) {
    const fix = `To go back: forcemint store copy ${to.url} ${from.url}`;
    throw refused('The copy is complete: the target is used already.', fix);
  }
  await setCondition(from, { is: 'active' }, here);
}

function addressOf({ store, url }: CopiedStore): StoreAddress {
  return { storeId: store.storeId, url };
}

async function isDone({ from, to }: CopyPorts): Promise<boolean> {
  const [here, there] = [await from.store.condition(), await to.store.condition()];
  return here.is === 'moved' && here.to.storeId === to.store.storeId && there.is === 'active' && !(await isUntouched(to));
}

async function isUntouched({ store }: OpenedStore): Promise<boolean> {
  const { connections, tokens, events, revocations } = await store.size();
  return connections + tokens + events + revocations === 0;
}

async function prepareTarget({ from, to }: CopyPorts): Promise<void> {
  const there = await to.store.condition();
  const filling: StoreCondition = { is: 'filling', from: addressOf(from) };
  switch (there.is) {
    case 'filling':
      if (there.from.storeId !== from.store.storeId) throw fillingError(there.from);
      return;
    case 'active':
      if (!(await isUntouched(to))) {
        throw refused(`${to.url} is not empty.`, 'Name a store that holds nothing yet as the target.');
      }
      return setCondition(to, filling, there);
    case 'moved':
      if (there.to.storeId !== from.store.storeId) throw movedError(there.to, 'has moved');
      await setCondition(to, filling, there);
      return to.store.empty();
    case 'moving':
      throw movedError(there.to, 'is being moved');
    case 'quarantined':
    case 'failed-over':
      throw inDoubt(to);
  }
}

async function stopSource({ from, to }: CopyPorts): Promise<void> {
  const here = await from.store.condition();
  switch (here.is) {
    case 'active':
      return setCondition(from, { is: 'moving', to: addressOf(to) }, here);
    case 'moving':
    case 'moved':
      if (here.to.storeId !== to.store.storeId) throw movedError(here.to, here.is === 'moved' ? 'has moved' : 'is being moved');
      return;
    case 'filling':
      throw fillingError(here.from);
    case 'quarantined':
    case 'failed-over':
      throw inDoubt(from);
  }
}

async function drain(ports: CopyPorts): Promise<void> {
  const { from, clock, settle, report, patienceMs = PATIENCE_MS } = ports;
  const giveUpAtMs = clock.monotonicMs() + patienceMs;
  if ((await from.store.condition()).is === 'moved') return;
  let underway = await namesUnderway(ports);
  const most = underway.length;
  while (underway.length > 0) {
    report({ step: 'draining', done: Math.max(0, most - underway.length), total: most });
    await settle(underway);
    underway = await namesUnderway(ports);
    if (underway.length === 0) break;
    if (clock.monotonicMs() >= giveUpAtMs) throw notAtRest(from, underway);
    await clock.sleep(PAUSE_MS);
  }
  report({ step: 'draining', done: most, total: most });
}

/** Connections with a request, or a login, whose answer may still come: once the source has moved, it takes none. */
async function namesUnderway({ from: { store }, isAwaited }: CopyPorts): Promise<readonly string[]> {
  const names: string[] = [];
  for (const name of await store.listUnsettled(MOST_UNSETTLED)) {
    const connection = await store.getConnection(name);
    const exchange = connection && (await store.getToken(connection.id))?.exchange;
    const replica = exchange?.phase === 'unknown' ? exchange.attempt?.replica : undefined;
    const isUnderway = exchange?.phase === 'intent' || exchange?.login !== undefined;
    if (isUnderway || (replica !== undefined && (await isAwaited?.(replica)) === true)) names.push(name);
  }
  return names;
}

async function copied({ from, to, report }: CopyPorts): Promise<void> {
  try {
    await copyContent(from, to, report);
  } catch (error) {
    if (!(error instanceof ForeignContent)) throw error;
    await to.store.empty();
    await copyContent(from, to, report);
  }
}

/** Where it has been reached by an earlier run, it stays. @throws StoreError when another process has come in between */
async function setCondition({ store, url }: CopiedStore, next: StoreCondition, expected: StoreCondition): Promise<void> {
  if (await store.setCondition(next, expected)) return;
  const found = await store.condition();
  if (found.is === next.is && otherSide(found) === otherSide(next)) return;
  throw new StoreError('store_locked', `${url} was changed by another process meanwhile; it is ${found.is} now.`, {
    retryable: true,
    diagnosis: {
      cause: 'Two operators, or two runs, work on the same store.',
      fix: ['Look at both stores with `forcemint store status`, then run this again.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}

function otherSide(condition: StoreCondition): string | undefined {
  if (condition.is === 'moving' || condition.is === 'moved') return condition.to.storeId;
  return condition.is === 'filling' ? condition.from.storeId : undefined;
}

function refused(message: string, fix: string): StoreError {
  return new StoreError('store_unavailable', message, {
    diagnosis: {
      cause: 'A copy goes from a store that is used to one that holds nothing.',
      fix: [fix],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function inDoubt({ url }: CopiedStore): StoreError {
  return new StoreError('store_quarantined', `${url} is not certain to hold what was stored last; it is not copied as it is.`, {
    diagnosis: {
      cause: 'It was restored, cloned, or its database has failed over.',
      fix: ['See what it is: forcemint store status', 'Then say which: forcemint store adopt --restored, or --clone'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function notAtRest({ url }: CopiedStore, names: readonly string[]): StoreError {
  const some = names.slice(0, 5).join(', ');
  return new StoreError('store_locked', `Exchanges of ${names.length} connections of ${url} are still under way: ${some}.`, {
    retryable: true,
    diagnosis: {
      cause: 'Their processes are at work, or were stopped in the middle.',
      fix: [
        'Run the same command again: it goes on.',
        'If a machine is gone for good, its answers are not waited for after: forcemint store forget-replica ID',
        'Or give the copy up: --abort',
      ],
      who: 'operator',
      retry: 'wait',
    },
  });
}

function copyDiffers({ url }: CopiedStore, differences: readonly string[]): StoreError {
  const some = differences.slice(0, 5).join(', ');
  return new StoreError('store_corrupt', `The copy in ${url} differs from its source (${some}); it was not activated.`, {
    diagnosis: {
      cause: 'Another program has written to one of the stores, or a disk is damaged.',
      fix: ['Give the copy up with --abort, look at both stores with `forcemint store verify`, and copy again.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}
