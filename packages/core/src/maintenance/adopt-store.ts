import type { ConnectionEvent, ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { StoreError } from '../errors.ts';
import type { Clock, PendingRevocation, Random, Spool, StoreCondition, StoredRow } from '../ports.ts';
import { fillingError, movedError } from '../store-condition.ts';
import { mayRotate, restored, superseded } from '../tokens/exchange.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import type { Report } from './progress.ts';
import { sealedTokens } from './sealed-fields.ts';
import { PAGE, paged, type WholeStore } from './whole-store.ts';

/**
 * What a store is that may hold older tokens than were issued.
 * - `restored`: this is the one store, as it was some time ago;
 * - `clone`: another store goes on with the same grants.
 */
export type Adoption = 'restored' | 'clone';

/** More than the generation rises in all the life of a store. */
const LEAP = 1_000_000_000;
/** More rotations than a connection sees. */
const VERSION_LEAP = 1_000_000;

export interface AdoptionPorts {
  readonly store: WholeStore;
  readonly spool: Pick<Spool, 'clear'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  /** The highest generation that is known from outside the store; it is to be above that. */
  readonly knownGeneration?: number | undefined;
  /** What the store is called from now on. */
  readonly label?: string | undefined;
}

export interface AdoptedStore {
  /** Connections whose state was changed, now or by a run that was interrupted before. */
  readonly changed: number;
  /** Connections that go on as they are. */
  readonly unchanged: number;
  readonly revocations: number;
  readonly generation: number;
}

/**
 * Lets a store be used again by somebody who knows what it is.
 *
 * `restored`: refresh tokens that may rotate, and so may be spent, count as if their last renewal had no answer: the access tokens that live are handed
 * out, and each refresh token is presented once more, carefully. `clone`: tokens and grants to be revoked belong to the other store and are taken out; each
 * connection that lived on a refresh token needs a login.
 *
 * Everything can be interrupted: the store stays quarantined until all of it is done, and the same call goes on.
 * @throws StoreError
 */
export async function adoptStore(ports: AdoptionPorts, adoption: Adoption): Promise<AdoptedStore> {
  const { store, knownGeneration = 0, label } = ports;
  const found = await store.condition();
  const quarantined = await quarantine(ports, found, adoption);
  const changeOf = adoption === 'restored' ? restoredRow : clonedRow;
  let [changed, unchanged] = [0, 0];
  const { tokens: total } = await store.size();
  for await (const page of paged<StoredRow>((after) => store.pageRows(after?.token.connectionId, PAGE))) {
    const outcomes = await Promise.all(page.map((row) => changedRow(ports, row, changeOf)));
    changed += outcomes.filter(Boolean).length;
    unchanged += outcomes.filter((outcome, index) => !outcome && page[index]?.connection !== undefined).length;
    ports.report({ step: 'adopting', done: changed + unchanged, total });
  }
  const revocations = adoption === 'clone' ? await dropRevocations(ports) : 0;
  if (label !== undefined) await store.setLabel(label);
  // Other machines have mirrors of their own, which may be ahead of this one's.
  const { generation: stored } = await store.standing();
  const generation = await store.raiseGeneration(Math.max(knownGeneration, stored) + LEAP);
  if (!(await store.setCondition({ is: 'active' }, quarantined))) throw changedMeanwhile(await store.condition());
  ports.report({ step: 'adopting', done: total, total });
  return { changed, unchanged, revocations, generation };
}

/** A store that its operator knows to be restored is not used while it is changed. @throws StoreError for one that takes part in a copy */
async function quarantine({ store, clock }: AdoptionPorts, found: StoreCondition, why: Adoption): Promise<StoreCondition> {
  switch (found.is) {
    case 'quarantined':
      return found;
    case 'active':
    case 'failed-over': {
      const next: StoreCondition = { is: 'quarantined', why, evidence: 'its operator says so', sinceMs: clock.nowMs() };
      if (!(await store.setCondition(next, found))) throw changedMeanwhile(await store.condition());
      return next;
    }
    case 'moving':
    case 'moved':
      throw movedError(found.to, found.is === 'moved' ? 'has moved' : 'is being moved');
    case 'filling':
      throw fillingError(found.from);
  }
}

type Change = (
  row: TokenRow,
  connection: ConnectionRow,
  ports: AdoptionPorts,
) => { row: TokenRow; event: ConnectionEvent } | undefined;

/** `false`: it stays as it is. */
async function changedRow(ports: AdoptionPorts, { connection, token }: StoredRow, changeOf: Change): Promise<boolean> {
  if (connection === undefined) return false;
  const { store, spool } = ports;
  // An answer that came along would be taken for one that this store has forgotten, and its refresh token be used behind its owner's back.
  if (changeOf === clonedRow) await spool.clear(connection.id);
  for (let row: TokenRow | undefined = token; row !== undefined; row = await store.getToken(connection.id)) {
    const change = changeOf(row, connection, ports);
    if (change === undefined) return false;
    if (await store.updateToken({ ...change.row, revision: row.revision + 1 }, row.revision, [change.event])) return true;
  }
  return false;
}

const restoredRow: Change = (row, connection, { clock, random }) => {
  const { exchange, version } = row;
  const isRisky = usesRefreshToken(connection.settings) && mayRotate(connection.settings.rotates, exchange.rotation);
  if (!isRisky || row.refreshToken === undefined || exchange.phase !== 'idle') return undefined;
  const nowMs = clock.nowMs();
  const attemptId = Buffer.from(random.bytes(16)).toString('hex');
  return {
    row: { ...row, exchange: restored(exchange, { version, nowMs, attemptId }) },
    event: eventOf(connection, nowMs, 'outcome-unknown', 'the store was restored: its refresh token may be spent'),
  };
};

const clonedRow: Change = (row, connection, { clock }) => {
  const { refreshToken: _refreshToken, accessToken: _accessToken, heldAnswer: _heldAnswer, details: _details, ...bare } = row;
  const { phase, login } = row.exchange;
  const needsLogin = usesRefreshToken(connection.settings);
  const isBare = sealedTokens(row).length === 0 && row.details === undefined && login === undefined;
  if (isBare && (phase === 'reauthorization-required' || !(needsLogin || phase === 'intent'))) return undefined;
  const exchange = superseded(row.exchange);
  return {
    row: {
      ...bare,
      // Above every answer that lies in a spool which was cloned, too.
      version: row.version + VERSION_LEAP,
      exchange: needsLogin ? { ...exchange, phase: 'reauthorization-required', reauthorization: 'never_authorized' } : exchange,
    },
    event: eventOf(connection, clock.nowMs(), 'warning', 'this store is a clone: its tokens belong to the other one'),
  };
};

function eventOf({ id }: ConnectionRow, atMs: number, type: ConnectionEvent['type'], text: string): ConnectionEvent {
  return { connectionId: id, atMs, type, detail: { text } };
}

async function dropRevocations({ store }: AdoptionPorts): Promise<number> {
  let dropped = 0;
  for await (const page of paged<PendingRevocation>((after) => store.pageRevocations(after?.id, PAGE))) {
    await Promise.all(page.map(({ id }) => store.deleteRevocation(id, [])));
    dropped += page.length;
  }
  return dropped;
}

function changedMeanwhile({ is }: StoreCondition): StoreError {
  return new StoreError('store_locked', `Another process has changed the store meanwhile; it is ${is} now.`, {
    retryable: true,
    diagnosis: {
      cause: 'Two operators, or two runs, work on the same store.',
      fix: ['Look at it with `forcemint store status`, then run this again.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}
