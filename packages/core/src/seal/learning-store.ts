import { StoreError } from '../errors.ts';
import type { Clock, PendingRevocation, TokenStore } from '../ports.ts';
import type { StoreMaintenance } from '../store-maintenance.ts';
import type { MasterKey, Seal } from './seal.ts';
import { dataKeysFor } from './stored-keys.ts';

/**
 * For this long, in milliseconds, a process may seal by a data key without having looked whether the store has a newer one. `forcemint store rotate-key`
 * deletes the older ones only when more than this has passed since the newer one was introduced.
 */
export const KEYS_TRUST_MS = 30_000;

type Token = NonNullable<Awaited<ReturnType<TokenStore['getToken']>>>;

export interface LearningStoreOptions {
  readonly seal: Seal;
  readonly master: MasterKey;
  readonly clock: Clock;
}

/**
 * The store, for who keeps its keys in memory. A row that is sealed by a data key that this process doesn't know yet is given out only when the key has been
 * learned, so that opening needs to wait for nothing. And what was sealed here by a data key that has a successor meanwhile is not written: it might come
 * behind the back of the one who seals all rows anew and then deletes that key. Who writes a row that has been sealed anew has read it (its revision says so),
 * and with it has learned the key; the look every `KEYS_TRUST_MS` is for rows that have nothing sealed in them yet, and for new ones.
 */
export function learningStore<Store extends TokenStore & Pick<StoreMaintenance, 'readKeys'>>(
  store: Store,
  { seal, master, clock }: LearningStoreOptions,
): Store {
  let lookedAtMs = clock.monotonicMs();

  async function reload(): Promise<void> {
    const startedAtMs = clock.monotonicMs();
    seal.learn(dataKeysFor(store.storeId, await store.readKeys(), master));
    lookedAtMs = startedAtMs;
  }

  async function lookNowAndThen(): Promise<void> {
    if (clock.monotonicMs() - lookedAtMs >= KEYS_TRUST_MS) await reload();
  }

  async function learned<T>(found: T, sealed: readonly (Uint8Array | undefined)[]): Promise<T> {
    if (sealed.some((bytes) => bytes !== undefined && !seal.knows(bytes))) await reload();
    return found;
  }

  async function writable(sealed: readonly (Uint8Array | undefined)[]): Promise<void> {
    await lookNowAndThen();
    if (sealed.some((bytes) => bytes !== undefined && seal.isOutdated(bytes))) throw outdated();
  }

  const changed: Partial<TokenStore> = {
    async getConnection(name) {
      await lookNowAndThen();
      const found = await store.getConnection(name);
      return learned(found, found === undefined ? [] : [found.secrets]);
    },
    async getRow(name) {
      await lookNowAndThen();
      const found = await store.getRow(name);
      return learned(found, found === undefined ? [] : [found.connection.secrets, ...sealedIn(found.token)]);
    },
    async listConnections() {
      const found = await store.listConnections();
      return learned(
        found,
        found.map(({ secrets }) => secrets),
      );
    },
    async getToken(connectionId) {
      await lookNowAndThen();
      const found = await store.getToken(connectionId);
      return learned(found, found === undefined ? [] : sealedIn(found));
    },
    async pageRows(after, limit) {
      await lookNowAndThen();
      const found = await store.pageRows(after, limit);
      return learned(
        found,
        found.flatMap(({ connection, token }) => [connection?.secrets, ...sealedIn(token)]),
      );
    },
    async listDueRevocations(nowMs, limit) {
      const found = await store.listDueRevocations(nowMs, limit);
      return learned(found, sealedInAll(found));
    },
    async listRevocations(connectionId) {
      const found = await store.listRevocations(connectionId);
      return learned(found, sealedInAll(found));
    },
    async insertConnection(connection, token, events) {
      await writable([connection.secrets, ...sealedIn(token)]);
      return store.insertConnection(connection, token, events);
    },
    async updateConnection(connection, expectedRevision, token, events) {
      await writable([connection.secrets, ...(token === undefined ? [] : sealedIn(token))]);
      return store.updateConnection(connection, expectedRevision, token, events);
    },
    async deleteConnection(connectionId, tombstone, events, revocations) {
      await writable([...sealedIn(tombstone), ...sealedInAll(revocations)]);
      return store.deleteConnection(connectionId, tombstone, events, revocations);
    },
    async updateToken(token, expectedRevision, events, options) {
      await writable([...sealedIn(token), ...sealedInAll(options?.revocations)]);
      return store.updateToken(token, expectedRevision, events, options);
    },
    async addRevocations(revocations) {
      await writable(sealedInAll(revocations));
      return store.addRevocations(revocations);
    },
  };
  return new Proxy(store, {
    get(target, property) {
      const own = Reflect.get(changed, property);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function sealedIn({ refreshToken, accessToken, heldAnswer }: Token): (Uint8Array | undefined)[] {
  return [refreshToken, accessToken, heldAnswer];
}

function sealedInAll(revocations: readonly PendingRevocation[] = []): Uint8Array[] {
  return revocations.map(({ sealed }) => sealed);
}

function outdated(): StoreError {
  return new StoreError(
    'store_locked',
    'The store has a new data key since this was sealed; it is sealed anew at the next try.',
    {
      retryable: true,
      diagnosis: {
        cause: '`forcemint store rotate-key` has introduced a new data key at this very moment.',
        fix: ['Try again.'],
        who: 'nobody',
        retry: 'wait',
      },
    },
  );
}
