import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { DataKeyRow, Random } from '../ports.ts';
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

  /** @throws StoreError `wrong_master_key` */
  verifyCheck(storeId: string, check: Uint8Array): void {
    if (this.open(storeId, CHECK_PLACE, check) !== undefined) return;
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
  readonly #random: Random;
  readonly #keys: ReadonlyMap<number, KeyObject>;
  readonly #newest: number;

  /** @throws StoreError `unsealing_failed` when a data key can't be unwrapped; TypeError without any data key */
  constructor(storeId: string, master: MasterKey, rows: readonly DataKeyRow[], random: Random) {
    if (rows.length === 0) throw new TypeError('a store has at least one data key');
    this.#storeId = storeId;
    this.#master = master;
    this.#random = random;
    this.#keys = new Map(rows.map((row) => [row.id, createSecretKey(master.unwrap(storeId, row))]));
    this.#newest = Math.max(...this.#keys.keys());
  }

  /** Seals text for one place in the store. */
  seal(place: SealPlace, plaintext: string): Uint8Array {
    const key = this.#keys.get(this.#newest) ?? failUnsealing(place);
    const keys = { kekId: this.#master.id, dekId: this.#newest };
    const aad = placeBytes(this.#storeId, place);
    return encrypt(key, keys, Buffer.from(plaintext, 'utf8'), aad, this.#random.bytes(NONCE_BYTES));
  }

  /** @throws StoreError `unsealing_failed` if the bytes were changed, moved, or sealed by keys that this store does not have */
  open(place: SealPlace, sealed: Uint8Array): string {
    const keys = envelopeKeys(sealed);
    const key = keys === undefined ? undefined : this.#keys.get(keys.dekId);
    const plaintext = key === undefined ? undefined : decrypt(key, sealed, placeBytes(this.#storeId, place));
    return Buffer.from(plaintext ?? failUnsealing(place)).toString('utf8');
  }

  /** Seals bytes with the master key itself, so that data-key rotation can't strand them: for the spool. */
  sealForSpool(connectionId: string, attemptId: string, plaintext: Uint8Array): Uint8Array {
    return this.#master.seal(this.#storeId, spoolPlace(connectionId, attemptId), plaintext);
  }

  /** @throws StoreError `unsealing_failed` */
  openFromSpool(connectionId: string, attemptId: string, sealed: Uint8Array): Uint8Array {
    const place = spoolPlace(connectionId, attemptId);
    return this.#master.open(this.#storeId, place, sealed) ?? failUnsealing(place);
  }
}

function dataKeyPlace(id: number): SealPlace {
  return { table: 'data_keys', row: String(id), column: 'wrapped', version: 1 };
}

function spoolPlace(connectionId: string, attemptId: string): SealPlace {
  return { table: 'spool', row: connectionId, column: attemptId, version: 1 };
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
