import type { EventRow } from '../connections/connection.ts';
import { isSameData } from '../connections/same-data.ts';
import { StoreError } from '../errors.ts';
import type { PendingRevocation, StoredRow } from '../ports.ts';
import type { Seal } from '../seal/seal.ts';
import type { Report } from './progress.ts';
import { contentOfEvent, contentOfRevocation, contentOfRow } from './same-content.ts';
import { resealedConnection, resealedRevocation, resealedToken } from './sealed-fields.ts';
import { type Pair, sideBySide } from './side-by-side.ts';
import { PAGE, paged, type WholeStore } from './whole-store.ts';

/** A store, and what opens it. */
export interface OpenedStore {
  readonly store: WholeStore;
  readonly seal: Seal;
}

/** The target holds something that the source does not: it cannot be a part of this copy. */
export class ForeignContent extends Error {}

const EVENTS_PAGE = 2_048;

/**
 * Copies what the target does not have yet. The source stands still meanwhile. What is there already is compared, so that an interrupted copy goes on where
 * it stopped.
 * @throws ForeignContent; StoreError
 */
export async function copyContent(from: OpenedStore, to: OpenedStore, report: Report): Promise<void> {
  const size = await from.store.size();
  let batch: StoredRow[] = [];
  let done = 0;
  let filling = Promise.resolve();
  // One batch is written while the next one is sealed.
  const fillRows = async () => {
    await filling;
    filling = to.store.fill({ rows: batch });
    filling.catch(() => undefined);
    batch = [];
    report({ step: 'copying connections', done, total: size.tokens });
  };
  for await (const pair of rowsOf(from, to)) {
    if (pair.left === undefined) throw new ForeignContent();
    if (!isSame(pair, from, to, contentOfRow)) batch.push(resealedRow(pair.left, from.seal, to.seal));
    done += 1;
    if (batch.length >= PAGE || done % PAGE === 0) await fillRows();
  }
  await fillRows();
  await filling;
  await copyEvents(from, to, size.events, report);
  const revocations: PendingRevocation[] = [];
  for await (const pair of revocationsOf(from, to)) {
    if (pair.left === undefined) throw new ForeignContent();
    if (!isSame(pair, from, to, contentOfRevocation)) revocations.push(resealedRevocation(pair.left, from.seal, to.seal));
  }
  await to.store.fill({ revocations });
  report({ step: 'copying revocations', done: size.revocations, total: size.revocations });
}

/**
 * Compares everything: each sealed value of both stores opens at its place, and to the same.
 * @returns what differs, one line each; at most 100
 * @throws StoreError
 */
export async function compareContent(from: OpenedStore, to: OpenedStore, report: Report): Promise<readonly string[]> {
  const differences: string[] = [];
  const { tokens: total } = await from.store.size();
  let done = 0;
  for await (const pair of rowsOf(from, to)) {
    const { connection, token } = pair.left ?? pair.right ?? {};
    if (!isSame(pair, from, to, contentOfRow)) differences.push(connection?.name ?? token?.connectionId ?? '');
    done += 1;
    if (done % PAGE === 0) report({ step: 'verifying', done, total });
  }
  for await (const pair of revocationsOf(from, to)) {
    if (!isSame(pair, from, to, contentOfRevocation)) differences.push(`revocation ${(pair.left ?? pair.right)?.id ?? ''}`);
  }
  const [here, there] = [await from.store.size(), await to.store.size()];
  if (here.events !== there.events) differences.push(`${there.events} events instead of ${here.events}`);
  report({ step: 'verifying', done: total, total });
  return differences.slice(0, 100);
}

/** Events have no key: the target's are the first of the source's, or none of this copy. */
async function copyEvents(from: OpenedStore, to: OpenedStore, total: number, report: Report): Promise<void> {
  let [reached, done] = [0, 0];
  let isPart = true;
  let filling = Promise.resolve();
  for await (const page of paged<EventRow>((after) => from.store.pageEvents(after?.seq ?? 0, EVENTS_PAGE))) {
    const there: readonly EventRow[] = isPart ? await to.store.pageEvents(reached, page.length) : [];
    for (const [index, event] of there.entries()) {
      if (!isSameData(contentOfEvent(event), contentOfEvent(page[index] ?? event))) throw new ForeignContent();
    }
    reached = there.at(-1)?.seq ?? reached;
    isPart = isPart && there.length === page.length;
    // One page is written while the next one is read.
    await filling;
    if (there.length < page.length) filling = to.store.fill({ events: page.slice(there.length) });
    filling.catch(() => undefined);
    done += page.length;
    report({ step: 'copying events', done, total });
  }
  await filling;
  if (isPart && (await to.store.pageEvents(reached, 1)).length > 0) throw new ForeignContent();
}

function rowsOf(from: OpenedStore, to: OpenedStore): AsyncGenerator<Pair<StoredRow>> {
  const pages = (store: WholeStore) => (after: StoredRow | undefined) => store.pageRows(after?.token.connectionId, PAGE);
  return sideBySide(pages(from.store), pages(to.store), ({ token }) => token.connectionId);
}

function revocationsOf(from: OpenedStore, to: OpenedStore): AsyncGenerator<Pair<PendingRevocation>> {
  const pages = (store: WholeStore) => (after: PendingRevocation | undefined) => store.pageRevocations(after?.id, PAGE);
  return sideBySide(pages(from.store), pages(to.store), ({ id }) => id);
}

/** @throws StoreError `unsealing_failed` when the source's does not open; what does not open in the target is not the same */
function isSame<T>(
  { left, right }: Pair<T>,
  from: OpenedStore,
  to: OpenedStore,
  content: (element: T, seal: Seal) => unknown,
): boolean {
  if (left === undefined || right === undefined) return false;
  const wanted = content(left, from.seal);
  try {
    return isSameData(content(right, to.seal), wanted);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unsealing_failed') return false;
    throw error;
  }
}

function resealedRow({ connection, token }: StoredRow, from: Seal, to: Seal): StoredRow {
  return { connection: connection && resealedConnection(connection, from, to, 0), token: resealedToken(token, from, to, 0) };
}
