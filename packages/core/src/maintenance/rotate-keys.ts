import { StoreError } from '../errors.ts';
import type { ExchangeLock, Random, Spool } from '../ports.ts';
import { MasterKey } from '../seal/seal.ts';
import { type OpenedKeys, openKeys, replacement } from '../seal/stored-keys.ts';
import type { StoredKeys } from '../store-maintenance.ts';
import { type LeftBehind, type RotationPorts, rotateDataKey } from './rotate-data-key.ts';
import { resealSpool } from './spool-entries.ts';

/** What still needs a former master key, so that it is kept. */
export type Outstanding =
  /** This machine is still configured with the former key. */
  | { readonly what: 'configuration' }
  /** Processes of this machine that were started with it. */
  | { readonly what: 'processes' }
  /** Answers in this machine's spool that the store has yet to take. */
  | { readonly what: 'spool'; readonly entries: number }
  /** Another machine works with it, or has answers that it sealed. */
  | {
      readonly what: 'replica';
      readonly id: string;
      readonly host: string;
      readonly silentForMs: number;
      readonly entries: number;
    };

export interface KeyRotation {
  /** A new data key was introduced, now or by a run before, and seals everything. */
  readonly dataKey: 'replaced' | 'unchanged' | LeftBehind;
  readonly masterKey: 'replaced' | 'unchanged';
  /** Empty: no former master key is kept. */
  readonly outstanding: readonly Outstanding[];
}

export interface KeyRotationPorts extends Omit<RotationPorts, 'keys'> {
  readonly spool: Spool;
  readonly lock: ExchangeLock;
  readonly random: Random;
  /** The master key that this machine is configured with; 32 bytes. */
  readonly masterKey: Uint8Array;
  /** The one that is to take its place, or has taken it already; 32 bytes. */
  readonly newMasterKey?: Uint8Array | undefined;
  /** Whether processes of this machine work with a master key, by its id. */
  isInUse(masterKeyId: number): boolean;
}

/**
 * Replaces the master key, if a new one is given, and then the data key; forgets former master keys once nothing needs them. Everything can be interrupted
 * at any moment: the next run goes on.
 * @throws StoreError `wrong_master_key` for a key that is neither the newest nor one that is kept, or the former one without a new one;
 * `store_locked` when another rotation comes in between
 */
export async function rotateKeys(ports: KeyRotationPorts): Promise<KeyRotation> {
  const { store, random, masterKey, newMasterKey } = ports;
  const isReplaced = newMasterKey !== undefined && (await replaceMasterKey(ports, newMasterKey));
  const stored = await store.readKeys();
  const keys = openKeys(store.storeId, stored, newMasterKey ?? masterKey, random);
  if (keys.isFormer) throw formerKey();
  const isDue = isDataKeyDue(stored);
  const left = isDue ? await rotateDataKey({ ...ports, keys }) : undefined;
  const outstanding = left === undefined ? await retireFormer(ports, keys) : [];
  return {
    dataKey: left ?? (isDue ? 'replaced' : 'unchanged'),
    masterKey: isReplaced ? 'replaced' : 'unchanged',
    outstanding,
  };
}

/** A rotation was interrupted; or the master key was replaced, and the data keys that it once wrapped were not yet; or nothing is under way at all. */
function isDataKeyDue({ dataKeys, former }: StoredKeys): boolean {
  const last = former.at(-1);
  return last === undefined || dataKeys.length > 1 || (dataKeys[0]?.createdAtMs ?? 0) <= last.replacedAtMs;
}

/** `false`: it was done by an earlier run. */
async function replaceMasterKey(ports: KeyRotationPorts, newMasterKey: Uint8Array): Promise<boolean> {
  const { store, random, masterKey, clock } = ports;
  const { storeId } = store;
  const stored = await store.readKeys();
  const next = new MasterKey(newMasterKey, random);
  if (stored.check !== undefined && next.opensCheck(storeId, stored.check)) return false;
  const keys = openKeys(storeId, stored, masterKey, random);
  if (keys.isFormer || stored.former.some(({ id }) => id === next.id)) throw formerKey();
  const { next: written, former } = replacement(storeId, stored, keys.master, next, clock.nowMs());
  if (!(await store.replaceMasterKey(written, former, stored.check ?? new Uint8Array()))) throw anotherRotation();
  return true;
}

/** Each former key is sealed by its successor, so that the oldest goes first. */
async function retireFormer(ports: KeyRotationPorts, keys: OpenedKeys): Promise<readonly Outstanding[]> {
  if (keys.formerMasters.length === 0) return [];
  const entries = await resealSpool({ ...ports, seal: keys.seal });
  for (const { id } of keys.formerMasters) {
    const outstanding = await whatNeeds(ports, id, entries);
    if (outstanding.length > 0) return outstanding;
    await ports.store.deleteFormerMasterKey(id);
  }
  return [];
}

async function whatNeeds(ports: KeyRotationPorts, id: number, entries: number): Promise<readonly Outstanding[]> {
  const { store, random, masterKey, isInUse } = ports;
  const outstanding: Outstanding[] = [];
  if (new MasterKey(masterKey, random).id === id) outstanding.push({ what: 'configuration' });
  if (isInUse(id)) outstanding.push({ what: 'processes' });
  if (entries > 0) outstanding.push({ what: 'spool', entries });
  for (const { id: replica, host, silentForMs, masterKeyId, formerEntries } of await store.listReplicas()) {
    if (masterKeyId !== id && formerEntries === 0) continue;
    outstanding.push({ what: 'replica', id: replica, host, silentForMs, entries: formerEntries });
  }
  return outstanding;
}

function formerKey(): StoreError {
  return new StoreError(
    'wrong_master_key',
    'This master key was replaced; the keys of a store are changed with its newest one.',
    {
      diagnosis: {
        cause: 'FORCEMINT_MASTER_KEY_FILE, or the key file in the config directory, still holds the former key.',
        fix: ['Go on with the newest one: forcemint store rotate-key --new-master-key-file FILE'],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}

function anotherRotation(): StoreError {
  return new StoreError('store_locked', 'Somebody else changes the keys of this store at this moment.', {
    retryable: true,
    diagnosis: {
      cause: 'Another `forcemint store rotate-key` is running.',
      fix: ['Wait for it, then run this again.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}
