import type { DataKeyRow, Random } from '../ports.ts';
import type { FormerMasterKey, StoredKeys } from '../store-maintenance.ts';
import { MasterKey, Seal } from './seal.ts';

/** The keys of a store, opened with one master key. */
export interface OpenedKeys {
  readonly seal: Seal;
  readonly master: MasterKey;
  /** Those that came before it, oldest first. */
  readonly formerMasters: readonly MasterKey[];
  /** The master key was replaced; it opens the store for as long as it is kept. */
  readonly isFormer: boolean;
}

/**
 * Opens a store's keys with a master key, the newest or one that was replaced and is still kept.
 * @param masterKey 32 bytes
 * @throws StoreError `wrong_master_key`, `unsealing_failed`; TypeError when nothing was ever sealed in the store
 */
export function openKeys(storeId: string, stored: StoredKeys, masterKey: Uint8Array, random: Random): OpenedKeys {
  if (stored.check === undefined) throw new TypeError('this store has no keys yet');
  const master = new MasterKey(masterKey, random);
  const at = stored.former.findIndex((former) => former.id === master.id && master.opensCheck(storeId, former.check));
  if (at < 0) master.verifyCheck(storeId, stored.check);
  const before = at < 0 ? stored.former : stored.former.slice(0, at);
  const formerMasters = openChain(storeId, master, before);
  const dataKeys = stored.former[at]?.dataKeys ?? stored.dataKeys;
  return { seal: new Seal(storeId, master, dataKeys, random, formerMasters), master, formerMasters, isFormer: at >= 0 };
}

/**
 * The data keys that this master key can unwrap, for `Seal.learn`.
 * @throws StoreError `wrong_master_key` when it was replaced and is not kept any more
 */
export function dataKeysFor(storeId: string, stored: StoredKeys, master: MasterKey): readonly DataKeyRow[] {
  const former = stored.former.find(({ id, check }) => id === master.id && master.opensCheck(storeId, check));
  if (former !== undefined) return former.dataKeys;
  master.verifyCheck(storeId, stored.check ?? new Uint8Array());
  return stored.dataKeys;
}

/** What replacing `master` by `next` writes, for `StoreMaintenance.replaceMasterKey`. @throws StoreError `unsealing_failed` */
export function replacement(
  storeId: string,
  stored: StoredKeys,
  master: MasterKey,
  next: MasterKey,
  nowMs: number,
): { readonly next: { readonly check: Uint8Array; readonly dataKeys: readonly DataKeyRow[] }; readonly former: FormerMasterKey } {
  return {
    next: {
      check: next.makeCheck(storeId),
      dataKeys: stored.dataKeys.map((row) => master.rewrap(storeId, row, next)),
    },
    former: {
      id: master.id,
      check: stored.check ?? master.makeCheck(storeId),
      sealedKey: master.sealedBy(next, storeId),
      dataKeys: stored.dataKeys,
      replacedAtMs: nowMs,
    },
  };
}

/** Each former key is sealed by its successor: from the newest back to the oldest. */
function openChain(storeId: string, master: MasterKey, former: readonly FormerMasterKey[]): MasterKey[] {
  let successor = master;
  const opened: MasterKey[] = [];
  for (const one of [...former].reverse()) {
    successor = successor.openFormer(storeId, one);
    opened.unshift(successor);
  }
  return opened;
}
