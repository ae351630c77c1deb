import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { DataKeyRow, Random, SpooledAnswer } from '../ports.ts';
import { decrypt, encrypt, envelopeKeys, placeBytes, type SealPlace } from './envelope.ts';

const NONCE_BYTES = 12;
/** Length of master and data keys. */
export const KEY_BYTES = 32;
const CHECK_PLACE: SealPlace = { table: 'store', row: 'master-key', column: 'check', version: 1 };
const CHECK_TEXT = 'forcemint master key check';

/** The key that wraps data keys and seals the spool. Lives outside the store. */
export class MasterKey {
  readonly #key: KeyObject;
  readonly #random: Random;
  /** Tells which master key sealed something, without telling anything about the key. */
  readonly id: number;

  /** @throws TypeError unless `key` has 32 bytes */
  constructor(key: Uint8Array, random: Random) {
    if (key.length !== KEY_BYTES) throw new TypeError(`a master key has ${KEY_BYTES} bytes, not ${key.length}`);
    this.#key = createSecretKey(key);
    this.#random = random;
    this.id = createHmac('sha256', key).update('forcemint key id').digest().readUInt32BE(0);
  }

  /** A value that only this key, for this store, opens: how a wrong key is noticed before it can do harm. */
  makeCheck(storeId: string): Uint8Array {
    return this.seal(storeId, CHECK_PLACE, Buffer.from(CHECK_TEXT));
  }

  /** Whether this key, for this store, made the check. */
  opensCheck(storeId: string, check: Uint8Array): boolean {
    return this.open(storeId, CHECK_PLACE, check) !== undefined;
  }

  /** @throws StoreError `wrong_master_key` */
  verifyCheck(storeId: string, check: Uint8Array): void {
    if (this.opensCheck(storeId, check)) return;
    throw new StoreError('wrong_master_key', 'The master key is not the one that this store was sealed with.', {
      diagnosis: {
        cause:
          'FORCEMINT_MASTER_KEY_FILE, the key file in the config directory, or FORCEMINT_HOME points to another installation.',
        fix: ['Give the master key of this store; nothing in the store was changed.'],
        who: 'operator',
        retry: 'fix-first',
      },
    });
  }

  /** A new data key, wrapped for the store. */
  makeDataKey(storeId: string, id: number, createdAtMs: number): DataKeyRow {
    const wrapped = this.seal(storeId, dataKeyPlace(id), this.#random.bytes(KEY_BYTES));
    return { id, wrapped, createdAtMs };
  }

  /** @throws StoreError `unsealing_failed` */
  unwrap(storeId: string, row: DataKeyRow): Uint8Array {
    return this.open(storeId, dataKeyPlace(row.id), row.wrapped) ?? failUnsealing(dataKeyPlace(row.id));
  }

  /** The same data key, wrapped by another master key. @throws StoreError `unsealing_failed` */
  rewrap(storeId: string, row: DataKeyRow, other: MasterKey): DataKeyRow {
    const dataKey = this.unwrap(storeId, row);
    const wrapped = other.seal(storeId, dataKeyPlace(row.id), dataKey);
    dataKey.fill(0);
    return { ...row, wrapped };
  }

  /** This key, sealed by its successor. */
  sealedBy(successor: MasterKey, storeId: string): Uint8Array {
    const key = this.#key.export();
    const sealed = successor.seal(storeId, formerKeyPlace(this.id), key);
    key.fill(0);
    return sealed;
  }

  /** The key that this one replaced. @throws StoreError `unsealing_failed` */
  openFormer(storeId: string, former: { readonly id: number; readonly sealedKey: Uint8Array }): MasterKey {
    const place = formerKeyPlace(former.id);
    return new MasterKey(this.open(storeId, place, former.sealedKey) ?? failUnsealing(place), this.#random);
  }

  seal(storeId: string, place: SealPlace, plaintext: Uint8Array): Uint8Array {
    const nonce = this.#random.bytes(NONCE_BYTES);
    return encrypt(this.#key, { kekId: this.id, dekId: 0 }, plaintext, placeBytes(storeId, place), nonce);
  }

  /** `undefined` if key, place or bytes are wrong. */
  open(storeId: string, place: SealPlace, sealed: Uint8Array): Uint8Array | undefined {
    return decrypt(this.#key, sealed, placeBytes(storeId, place));
  }
}

/** Seals and opens the secrets of one store: AES-256-GCM under data keys, each bound to its place. */
export class Seal {
  readonly #storeId: string;
  readonly #master: MasterKey;
  readonly #formerMasters: ReadonlyMap<number, MasterKey>;
  readonly #random: Random;
  readonly #keys = new Map<number, KeyObject>();
  /** By which data key this process has sealed what. */
  readonly #made = new WeakMap<Uint8Array, number>();
  #newest = 0;

  /**
   * @param formerMasters what they sealed for the spool is opened as well
   * @throws StoreError `unsealing_failed` when a data key can't be unwrapped; TypeError without any data key
   */
  constructor(
    storeId: string,
    master: MasterKey,
    rows: readonly DataKeyRow[],
    random: Random,
    formerMasters: readonly MasterKey[] = [],
  ) {
    if (rows.length === 0) throw new TypeError('a store has at least one data key');
    this.#storeId = storeId;
    this.#master = master;
    this.#random = random;
    this.#formerMasters = new Map(formerMasters.map((former) => [former.id, former]));
    this.learn(rows);
  }

  /** The store has got new data keys meanwhile; from now on the newest of all seals. @throws StoreError `unsealing_failed` */
  learn(rows: readonly DataKeyRow[]): void {
    for (const row of rows) {
      if (this.#keys.has(row.id)) continue;
      const key = this.#master.unwrap(this.#storeId, row);
      this.#keys.set(row.id, createSecretKey(key));
      key.fill(0);
      this.#newest = Math.max(this.#newest, row.id);
    }
  }

  /** Id of the data key that seals. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether the key of a sealed value is at hand. What is no envelope is not a question of keys. */
  knows(sealed: Uint8Array): boolean {
    const keys = envelopeKeys(sealed);
    return keys === undefined || keys.dekId === 0 || this.#keys.has(keys.dekId);
  }

  /** Whether this process has sealed the value itself, by a data key that has a successor by now. */
  isOutdated(sealed: Uint8Array): boolean {
    return (this.#made.get(sealed) ?? this.#newest) !== this.#newest;
  }

  /** Seals text for one place in the store. */
  seal(place: SealPlace, plaintext: string): Uint8Array {
    const key = this.#keys.get(this.#newest) ?? failUnsealing(place);
    const keys = { kekId: this.#master.id, dekId: this.#newest };
    const aad = placeBytes(this.#storeId, place);
    const sealed = encrypt(key, keys, Buffer.from(plaintext, 'utf8'), aad, this.#random.bytes(NONCE_BYTES));
    this.#made.set(sealed, this.#newest);
    return sealed;
  }

  /** @throws StoreError `unsealing_failed` if the bytes were changed, moved, or sealed by keys that this store does not have */
  open(place: SealPlace, sealed: Uint8Array): string {
    const keys = envelopeKeys(sealed);
    const key = keys === undefined ? undefined : this.#keys.get(keys.dekId);
    const plaintext = key === undefined ? undefined : decrypt(key, sealed, placeBytes(this.#storeId, place));
    const { buffer, byteOffset, byteLength } = plaintext ?? failUnsealing(place);
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
  }

  /** Seals bytes with the master key itself, so that data-key rotation can't strand them: for the spool. */
  sealForSpool(place: SpoolPlace, plaintext: Uint8Array): Uint8Array {
    return this.#master.seal(this.#storeId, spoolPlace(place), plaintext);
  }

  /** @throws StoreError `unsealing_failed` */
  openFromSpool({ sealed, ...of }: SpoolPlace & Pick<SpooledAnswer, 'sealed'>): Uint8Array {
    const place = spoolPlace(of);
    const former = this.#formerMasters.get(envelopeKeys(sealed)?.kekId ?? 0);
    return (former ?? this.#master).open(this.#storeId, place, sealed) ?? failUnsealing(place);
  }

  /** Whether an answer in the spool is sealed by another master key than the one that seals now. */
  isFormerEntry(sealed: Uint8Array): boolean {
    return envelopeKeys(sealed)?.kekId !== this.#master.id;
  }
}

function dataKeyPlace(id: number): SealPlace {
  return { table: 'data_keys', row: String(id), column: 'wrapped', version: 1 };
}

function formerKeyPlace(id: number): SealPlace {
  return { table: 'former_master_keys', row: String(id), column: 'sealed_key', version: 1 };
}

/** What a spooled answer is bound to. */
export type SpoolPlace = Omit<SpooledAnswer, 'sealed'>;

function spoolPlace({ connectionId, attemptId, version, stagedAtMs }: SpoolPlace): SealPlace {
  if (version < 0) return { table: 'spool', row: connectionId, column: attemptId, version: 1 };
  return { table: 'spooled_answers', row: connectionId, column: `${attemptId} ${stagedAtMs}`, version };
}

function failUnsealing(place: SealPlace): never {
  throw new StoreError('unsealing_failed', `A sealed value can't be opened (${place.table}.${place.column} of ${place.row}).`, {
    diagnosis: {
      cause: 'Its bytes were changed, or moved from another row or store, or its key is missing.',
      fix: ['Restore the store from a backup, or authorize the connection again.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}
