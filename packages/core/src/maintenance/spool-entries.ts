import { StoreError } from '../errors.ts';
import type { ExchangeLock, Spool, SpooledAnswer, TokenStore } from '../ports.ts';
import type { Seal } from '../seal/seal.ts';
import type { TokenRow } from '../tokens/token-row.ts';

/** For how long, in milliseconds, an entry's lock is asked for; sealing one anew takes a few of them. */
const LEASE_MS = 15_000;

export interface SpoolPorts {
  readonly spool: Spool;
  readonly lock: ExchangeLock;
  readonly seal: Seal;
  readonly store: Pick<TokenStore, 'getToken'>;
}

/**
 * Seals the answers in this machine's spool that are sealed by a former master key with the newest, each under its connection's exchange lock. One that the
 * store has yet to take is left as it is: an entry that is overwritten is none if this is killed in the middle.
 * @returns how many of a former key are left: the store has yet to take them, or their connection is in use just now
 * @throws StoreError
 */
export async function resealSpool(ports: SpoolPorts): Promise<number> {
  let left = 0;
  for await (const entry of ports.spool.entries()) {
    if (!isStranded(entry, ports.seal)) continue;
    if (!(await resealed(entry, ports))) left += 1;
  }
  return left;
}

/** Sealed by a former key, and not by one of another store. */
function isStranded(entry: SpooledAnswer, seal: Seal): boolean {
  return seal.isFormerEntry(entry.sealed) && opened(entry, seal) !== undefined;
}

async function resealed({ connectionId }: SpooledAnswer, { spool, lock, seal, store }: SpoolPorts): Promise<boolean> {
  const lease = await lock.tryAcquire(connectionId, LEASE_MS);
  if (lease === undefined) return false;
  try {
    const row = await store.getToken(connectionId);
    for (const entry of await spool.read(connectionId, [])) {
      const body = seal.isFormerEntry(entry.sealed) ? opened(entry, seal) : undefined;
      if (body === undefined) continue;
      if (row !== undefined && isWanted(entry, row)) return false;
      await spool.write({ ...entry, sealed: seal.sealForSpool(entry, body) });
    }
    return true;
  } finally {
    await lease.release();
  }
}

/** The store has yet to take it. */
function isWanted({ attemptId, version }: SpooledAnswer, row: TokenRow): boolean {
  const { attempt, login, phase } = row.exchange;
  if (phase === 'deleted') return false;
  return version >= row.version || attempt?.id === attemptId || login?.id === attemptId;
}

function opened(entry: SpooledAnswer, seal: Seal): Uint8Array | undefined {
  try {
    return seal.openFromSpool(entry);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
