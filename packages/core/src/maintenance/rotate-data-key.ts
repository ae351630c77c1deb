import { StoreError } from '../errors.ts';
import type { Clock, PendingRevocation, StoredRow } from '../ports.ts';
import { envelopeKeys } from '../seal/envelope.ts';
import { KEYS_TRUST_MS } from '../seal/learning-store.ts';
import { dataKeysFor, type OpenedKeys } from '../seal/stored-keys.ts';
import type { ResealedRow } from '../store-maintenance.ts';
import type { Report } from './progress.ts';
import { resealedConnection, resealedRevocation, resealedToken, sealedTokens } from './sealed-fields.ts';
import { PAGE, paged, type WholeStore } from './whole-store.ts';

/** After this long, in milliseconds, every process has looked whether there is a newer data key, and what it sealed before has arrived. */
const HEARD_AFTER_MS = KEYS_TRUST_MS + 60_000;
/** For how long rows whose exchange is under way are waited for; an exchange is over sooner. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 250;

export interface RotationPorts {
  readonly store: WholeStore;
  /** Opened with the newest master key. */
  readonly keys: OpenedKeys;
  readonly clock: Clock;
  /** Whether other processes may be using the store just now. */
  othersUseStore(): Promise<boolean>;
  readonly report: Report;
  /** Default 180,000. */
  readonly patienceMs?: number;
}

/** What could not be sealed anew. */
export interface LeftBehind {
  /** Names of connections whose exchange, or login, did not come to its end meanwhile. */
  readonly underway: readonly string[];
  /** Names of connections, and ids of revocations, that hold something that does not open: `verify` says what. */
  readonly unreadable: readonly string[];
}

/** What one look at everything found sealed by an older data key. */
interface Pass extends LeftBehind {
  /** Rows that were sealed anew, or that others wrote meanwhile. */
  readonly changed: number;
}

/**
 * Seals every row with a new data key and deletes the older ones, while everybody goes on. What an interrupted run began, the next one ends.
 * @returns `undefined` when all of it is done; else the older keys stay, and another run goes on
 * @throws StoreError
 */
export async function rotateDataKey(ports: RotationPorts): Promise<LeftBehind | undefined> {
  const { store, keys, clock } = ports;
  const introducedAtMs = await introduceKey(ports);
  const giveUpAtMs = clock.monotonicMs() + (ports.patienceMs ?? PATIENCE_MS);
  await pass(ports);
  await waitUntilHeard(ports, introducedAtMs);
  // Only what is counted after everybody has heard of the new key counts.
  for (;;) {
    const { changed, underway, unreadable } = await pass(ports);
    if (changed > 0) continue;
    if (underway.length + unreadable.length === 0) break;
    if (underway.length === 0 || clock.monotonicMs() > giveUpAtMs) return { underway, unreadable };
    await clock.sleep(PAUSE_MS);
  }
  for (const { id } of (await store.readKeys()).dataKeys) if (id < keys.seal.newest) await store.deleteDataKey(id);
  return undefined;
}

/** @returns epoch milliseconds at which the newest data key came into the store */
async function introduceKey({ store, keys, clock, report }: RotationPorts): Promise<number> {
  report({ step: 'introducing the key', done: 0, total: 1 });
  const { storeId } = store;
  const { master, formerMasters, seal } = keys;
  const stored = await store.readKeys();
  const current = dataKeysFor(storeId, stored, master);
  if (current.length === 1) {
    const id = seal.newest + 1;
    // Later than the replacement of a master key that it follows, whatever the clock: that is how the next run knows.
    const createdAtMs = Math.max(clock.nowMs(), 1 + (stored.former.at(-1)?.replacedAtMs ?? 0));
    const row = master.makeDataKey(storeId, id, createdAtMs);
    const former = new Map(formerMasters.map((before) => [before.id, master.rewrap(storeId, row, before)]));
    await store.addDataKey(row, former);
  }
  const known = dataKeysFor(storeId, await store.readKeys(), master);
  seal.learn(known);
  report({ step: 'introducing the key', done: 1, total: 1 });
  return Math.max(...known.map(({ createdAtMs }) => createdAtMs));
}

/** Until no process can seal by an older data key any more without having looked for a newer one; at once if there are no others. */
async function waitUntilHeard({ clock, othersUseStore, report }: RotationPorts, introducedAtMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + Math.min(HEARD_AFTER_MS, Math.max(0, introducedAtMs + HEARD_AFTER_MS - clock.nowMs()));
  for (let leftMs = untilMs - clock.monotonicMs(); leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
    if (!(await othersUseStore())) return;
    report({ step: 'waiting for other processes', done: HEARD_AFTER_MS - leftMs, total: HEARD_AFTER_MS });
    await clock.sleep(Math.min(leftMs, 1_000));
  }
}

/** Looks at every row, and seals anew what is at rest. */
async function pass(ports: RotationPorts): Promise<Pass> {
  const { store, keys, report } = ports;
  const { tokens: total } = await store.size();
  const underway: string[] = [];
  const unreadable: string[] = [];
  let [changed, done] = [0, 0];
  let writing: Promise<unknown> = Promise.resolve();
  for await (const page of paged<StoredRow>((after) => store.pageRows(after?.token.connectionId, PAGE))) {
    const anew: ResealedRow[] = [];
    for (const row of page) {
      if (!isOutdated(row, keys)) continue;
      const name = row.connection?.name ?? row.token.connectionId;
      if (row.token.exchange.phase === 'intent' || row.token.exchange.login !== undefined) underway.push(name);
      else pushIfReadable(anew, () => resealed(row, keys), unreadable, name);
    }
    // One page is written while the next one is read and sealed.
    await writing;
    if (anew.length > 0) writing = store.reseal(anew);
    writing.catch(() => undefined);
    changed += anew.length;
    done += page.length;
    report({ step: 'sealing anew', done, total });
  }
  await writing;
  for await (const page of paged<PendingRevocation>((after) => store.pageRevocations(after?.id, PAGE))) {
    const anew: PendingRevocation[] = [];
    for (const revocation of page) {
      if (!isOld(revocation.sealed, keys)) continue;
      pushIfReadable(anew, () => resealedRevocation(revocation, keys.seal, keys.seal), unreadable, `revocation ${revocation.id}`);
    }
    await Promise.all(anew.map((revocation) => store.resealRevocation(revocation)));
    changed += anew.length;
  }
  return { changed, underway, unreadable };
}

function pushIfReadable<T>(list: T[], make: () => T, unreadable: string[], name: string): void {
  try {
    list.push(make());
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'unsealing_failed') throw error;
    unreadable.push(name);
  }
}

function resealed({ connection, token }: StoredRow, { seal }: OpenedKeys): ResealedRow {
  return {
    connection:
      connection !== undefined && isOld(connection.secrets, { seal }) ? resealedConnection(connection, seal, seal, 1) : undefined,
    token: sealedTokens(token).some(({ sealed }) => isOld(sealed, { seal })) ? resealedToken(token, seal, seal, 1) : undefined,
  };
}

function isOutdated({ connection, token }: StoredRow, keys: OpenedKeys): boolean {
  const { refreshToken, accessToken, heldAnswer } = token;
  return [connection?.secrets, refreshToken, accessToken, heldAnswer].some(
    (sealed) => sealed !== undefined && isOld(sealed, keys),
  );
}

function isOld(sealed: Uint8Array, { seal }: Pick<OpenedKeys, 'seal'>): boolean {
  return envelopeKeys(sealed)?.dekId !== seal.newest;
}
