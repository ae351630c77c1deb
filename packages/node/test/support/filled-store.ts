import { randomBytes } from 'node:crypto';
import type { ConnectionRow } from '@forcemint/core';
import { sealedFields } from '@forcemint/core/maintenance/sealed-fields';
import type { WholeStore } from '@forcemint/core/maintenance/whole-store';
import { MasterKey, type Seal } from '@forcemint/core/seal/seal';
import { type OpenedKeys, openKeys } from '@forcemint/core/seal/stored-keys';
import { secretsPlace } from '@forcemint/core/tokens/credentials';
import { type ExchangeRecord, newExchangeRecord } from '@forcemint/core/tokens/exchange';
import { grantPlace } from '@forcemint/core/tokens/revocations';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { accessTokenPlace, heldAnswerPlace, refreshTokenPlace } from '@forcemint/core/tokens/token-seals';
import { openSqliteStore } from '@forcemint/store';
import { systemClock } from '../../src/clock.ts';
import { systemRandom } from '../../src/random.ts';

export interface OpenedHere {
  readonly store: WholeStore;
  readonly keys: OpenedKeys;
  readonly seal: Seal;
}

/** Opens the store, and binds it to the key if it is new. */
export async function openWith(path: string, key: Uint8Array): Promise<OpenedHere> {
  const store = await openSqliteStore({ path, clock: systemClock, random: systemRandom });
  if (await store.isEmpty()) {
    const master = new MasterKey(key, systemRandom);
    const dataKey = master.makeDataKey(store.storeId, 1, systemClock.nowMs());
    await store.initialise({ check: master.makeCheck(store.storeId), dataKey });
  }
  const keys = openKeys(store.storeId, await store.readKeys(), key, systemRandom);
  return { store, keys, seal: keys.seal };
}

const INSTANCE = 'https://acme.my.salesforce.com';

export interface Filling {
  readonly id?: string;
  readonly grant?: ConnectionRow['settings']['grant'];
  readonly exchange?: Partial<ExchangeRecord>;
  readonly version?: number;
  /** Default: all of them. */
  readonly tokens?: readonly ('refreshToken' | 'accessToken' | 'heldAnswer')[];
}

/** A connection whose refresh token, access token and secrets say whose they are. */
export async function addConnection({ store, seal }: OpenedHere, name: string, filling: Filling = {}): Promise<ConnectionRow> {
  const { id = randomBytes(16).toString('hex'), grant = 'refresh-token', version = 3 } = filling;
  const { tokens = ['refreshToken', 'accessToken', 'heldAnswer'] } = filling;
  const settings: ConnectionRow['settings'] = {
    grant,
    loginUrl: INSTANCE,
    clientId: 'synthetic-client-id',
    clientAuth: 'none',
    rotates: 'auto',
    introspect: 'off',
    sessionTimeoutSeconds: 7_200,
    apiVersion: '66.0',
    labels: { team: 'blue' },
  };
  const revision = 4;
  const secrets = seal.seal(secretsPlace({ id, revision, settings }), JSON.stringify({ clientSecret: `secret-of-${name}` }));
  const connection = { id, name, revision, settings, secrets, createdAtMs: 1_700_000_000_000, updatedAtMs: 1_700_000_000_001 };
  const all = {
    refreshToken: seal.seal(refreshTokenPlace(id, version), `refresh-token-of-${name}`),
    accessToken: seal.seal(accessTokenPlace(id, 2, INSTANCE), `access-token-of-${name}`),
    heldAnswer: seal.seal(heldAnswerPlace(id, version), `held-answer-of-${name}`),
  };
  const token: TokenRow = {
    connectionId: id,
    revision: 9,
    version,
    generation: 2,
    exchange: { ...newExchangeRecord(), spent: ['0123456789abcdef'], ...filling.exchange },
    ...Object.fromEntries(tokens.map((field) => [field, all[field]])),
    ...(tokens.includes('accessToken') && {
      details: {
        tokenType: 'Bearer',
        instanceUrl: INSTANCE,
        scope: 'api',
        issuedAt: 1_700_000_000,
        expiresAt: 1_700_007_200,
        expirySource: 'policy' as const,
        fingerprint: '0123456789abcdef',
      },
    }),
  };
  const event = (n: number) => ({ connectionId: id, atMs: 1_700_000_000_000 + n, type: 'renewed' as const, detail: { n } });
  await store.insertConnection(connection, token, [event(1), event(2), event(3)]);
  return connection;
}

/** So many connections `c0`, `c1`, …, a removed one, and a grant to be revoked for every tenth. */
export async function fill(opened: OpenedHere, count: number): Promise<void> {
  const { store, seal } = opened;
  for (let first = 0; first < count; first += 500) {
    const names = Array.from({ length: Math.min(500, count - first) }, (_, n) => `c${first + n}`);
    await Promise.all(names.map((name) => addConnection(opened, name)));
  }
  const revocations = Array.from({ length: Math.ceil(count / 10) }, () => {
    const id = randomBytes(16).toString('hex');
    const sealed = seal.seal(grantPlace(id), JSON.stringify({ token: `grant-${id}` }));
    return { id, connectionId: `gone-${id}`, reason: 'removed' as const, sealed, createdAtMs: 1, dueAtMs: 2, tries: 3 };
  });
  await store.addRevocations(revocations);
  const gone = await addConnection(opened, 'gone');
  const tombstone = { connectionId: gone.id, revision: 10, version: 3, generation: 2 };
  const exchange: ExchangeRecord = { ...newExchangeRecord(), phase: 'deleted' };
  await store.deleteConnection(gone.id, { ...tombstone, exchange }, []);
}

/** Everything that is sealed, in clear, under what it belongs to; and which data keys sealed it. Throws where something does not open. */
export async function everythingOpened({ store, seal }: OpenedHere): Promise<ReadonlyMap<string, string>> {
  const opened = new Map<string, string>();
  for (const row of await store.pageRows(undefined, 1_000_000)) {
    const owner = row.connection?.name ?? row.token.connectionId;
    for (const { name, place, sealed } of sealedFields(row)) opened.set(`${owner} ${name}`, seal.open(place, sealed));
  }
  for (const { id, sealed } of await store.pageRevocations(undefined, 1_000_000)) {
    opened.set(`revocation ${id}`, seal.open(grantPlace(id), sealed));
  }
  return opened;
}
