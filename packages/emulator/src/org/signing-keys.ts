import { generateRsaKeyPair, type KeyPair, type SigningKey } from './signing-key.ts';

/** Salesforce lists several keys at once; more than this many of one purpose push out the oldest. */
const KEPT_KEYS = 3;

/**
 * The keys that ID tokens and JWT access tokens are signed with: one for each purpose in use, those before it still
 * listed. The one for access tokens is made when it is first needed. They outlive a reset, and no name ever comes back with
 * another key: clients keep what they fetched.
 */
export class SigningKeys {
  readonly #organizationId: string;
  #idTokenKeys: readonly Promise<SigningKey>[];
  #accessTokenKeys: readonly Promise<SigningKey>[] = [];
  #idTokenSerial = 1;
  #lastStamp = 0;

  constructor(organizationId: string, first: Promise<KeyPair>) {
    this.#organizationId = organizationId.slice(0, 15);
    this.#idTokenKeys = [named('EMU1', first)];
  }

  idTokenKey(): Promise<SigningKey> {
    return newest(this.#idTokenKeys) ?? this.#addIdTokenKey();
  }

  accessTokenKey(nowMs: number): Promise<SigningKey> {
    return newest(this.#accessTokenKeys) ?? this.#addAccessTokenKey(nowMs);
  }

  /** New keys for both purposes; tokens that were signed before can still be verified. */
  rotate(nowMs: number): void {
    this.#addIdTokenKey();
    this.#addAccessTokenKey(nowMs);
  }

  /** Every listed key, the newest of each purpose first. */
  async all(nowMs: number): Promise<readonly SigningKey[]> {
    await this.accessTokenKey(nowMs);
    return Promise.all([...this.#idTokenKeys, ...this.#accessTokenKeys]);
  }

  #addIdTokenKey(): Promise<SigningKey> {
    const key = named(`EMU${++this.#idTokenSerial}`, generateRsaKeyPair());
    this.#idTokenKeys = [key, ...this.#idTokenKeys].slice(0, KEPT_KEYS);
    return key;
  }

  #addAccessTokenKey(nowMs: number): Promise<SigningKey> {
    this.#lastStamp = Math.max(Math.floor(nowMs), this.#lastStamp + 1);
    const key = named(`CORE_ATJWT.${this.#organizationId}.${this.#lastStamp}`, generateRsaKeyPair());
    this.#accessTokenKeys = [key, ...this.#accessTokenKeys].slice(0, KEPT_KEYS);
    return key;
  }
}

function newest(keys: readonly Promise<SigningKey>[]): Promise<SigningKey> | undefined {
  return keys[0];
}

async function named(keyId: string, pair: Promise<KeyPair>): Promise<SigningKey> {
  return { keyId, ...(await pair) };
}
