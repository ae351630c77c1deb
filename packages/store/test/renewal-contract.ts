import assert from 'node:assert/strict';
import type { AccessTokenDetails } from '@forcemint/core/tokens/access-token';
import { type ExchangeRecord, newExchangeRecord } from '@forcemint/core/tokens/exchange';
import { type MakePlace, promisesOf } from './support/promises.ts';
import { pendingRevocation } from './support/revocations.ts';
import { connectionRow, event, tokenRow } from './support/rows.ts';

const ATTEMPT = { id: 'attempt', kind: 'renewal', startedAtMs: 1, version: 1 } as const;
const NOW_MS = 1_700_000_000_000;

function issued(issuedAt: number): AccessTokenDetails {
  return {
    tokenType: 'Bearer',
    instanceUrl: 'https://acme.my.salesforce.com',
    scope: 'api',
    issuedAt,
    expiresAt: issuedAt + 7_200,
    expirySource: 'policy',
    fingerprint: '0123456789abcdef',
  };
}

/** What every TokenStore must do for who renews ahead of time and who revokes later. */
export function renewalContract(name: string, place: MakePlace): void {
  const contract = promisesOf(name, place);

  contract('connections whose exchange did not come to rest are listed, and no others', async (store) => {
    const records: Readonly<Record<string, Partial<ExchangeRecord>>> = {
      resting: {},
      intent: { phase: 'intent', attempt: ATTEMPT },
      unknown: { phase: 'unknown', attempt: ATTEMPT },
      login: { login: { ...ATTEMPT, kind: 'login' } },
      held: { phase: 'held' },
      dead: { phase: 'reauthorization-required' },
    };
    for (const [connectionName, record] of Object.entries(records)) {
      const connection = connectionRow({ name: connectionName });
      const exchange = { ...newExchangeRecord(), ...record };
      await store.insertConnection(connection, tokenRow(connection.id, { exchange }), []);
    }
    assert.deepEqual([...(await store.listUnsettled(10))].sort(), ['intent', 'login', 'unknown']);
    assert.equal((await store.listUnsettled(2)).length, 2);
  });

  contract('a connection that comes to rest is no longer listed as unsettled', async (store) => {
    const connection = connectionRow();
    const exchange: ExchangeRecord = { ...newExchangeRecord(), phase: 'intent', attempt: ATTEMPT };
    await store.insertConnection(connection, tokenRow(connection.id, { exchange }), []);
    assert.deepEqual(await store.listUnsettled(10), ['acme']);
    await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []);
    assert.deepEqual(await store.listUnsettled(10), []);
  });

  contract('refresh tokens that lie idle are listed, the longest idle first', async (store) => {
    const refreshToken = Buffer.from('sealed');
    const rows: Readonly<Record<string, Parameters<typeof tokenRow>[1]>> = {
      fresh: { refreshToken, details: issued(1_000) },
      old: { refreshToken, details: issued(200) },
      older: { refreshToken, details: issued(100) },
      never: { refreshToken },
      'without-refresh-token': { details: issued(100) },
      dead: { refreshToken, details: issued(100), exchange: { ...newExchangeRecord(), phase: 'reauthorization-required' } },
    };
    for (const [connectionName, row] of Object.entries(rows)) {
      const connection = connectionRow({ name: connectionName });
      await store.insertConnection(connection, tokenRow(connection.id, row), []);
    }
    assert.deepEqual(await store.listIdle(1_000, 10), ['older', 'old']);
    assert.deepEqual(await store.listIdle(1_000, 1), ['older']);
    assert.deepEqual(await store.listIdle(1_001, 10), ['older', 'old', 'fresh']);
  });

  contract('a revocation comes with the write that makes it necessary, or not at all', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    const wanted = pendingRevocation(connection.id);
    assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 9 }), 8, [], { revocations: [wanted] }), false);
    assert.deepEqual(await store.listRevocations(connection.id), []);
    assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, [], { revocations: [wanted] }), true);
    const [found] = await store.listRevocations(connection.id);
    assert.deepEqual({ ...found, sealed: Buffer.from(found?.sealed ?? []) }, wanted);
  });

  contract('a revocation outlives its connection', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    const wanted = pendingRevocation(connection.id, { reason: 'removed' });
    const tombstone = tokenRow(connection.id, { revision: 2 });
    assert.equal(await store.deleteConnection(connection.id, tombstone, [], [wanted]), true);
    assert.equal(await store.deleteConnection(connection.id, tombstone, [], [pendingRevocation(connection.id)]), false);
    const late = pendingRevocation(connection.id, { reason: 'late-answer', createdAtMs: NOW_MS + 1 });
    await store.addRevocations([late]);
    const reasons = (await store.listRevocations(connection.id)).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['removed', 'late-answer']);
  });

  contract('of many who want to try one revocation, over two handles, one may', async (store, connect) => {
    const other = await connect();
    const revocation = pendingRevocation('gone');
    await store.addRevocations([revocation, pendingRevocation('gone', { dueAtMs: NOW_MS + 5_000 })]);
    const due = await store.listDueRevocations(NOW_MS, 10);
    assert.deepEqual(
      due.map(({ id }) => id),
      [revocation.id],
    );
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).claimRevocation(revocation, NOW_MS + 60_000)),
    );
    assert.equal(claims.filter(Boolean).length, 1);
    const claimed = (await store.listRevocations('gone')).find(({ id }) => id === revocation.id);
    assert.deepEqual([claimed?.tries, claimed?.dueAtMs], [1, NOW_MS + 60_000]);
    assert.deepEqual(await store.listDueRevocations(NOW_MS, 10), []);
    assert.equal((await store.listDueRevocations(NOW_MS + 60_000, 1)).length, 1);
    assert.equal(await store.deleteRevocation(revocation.id, [event('gone', 'revoked')]), true);
    assert.equal(await store.deleteRevocation(revocation.id, [event('gone', 'revoked')]), false);
    assert.equal((await store.listEvents('gone', 10)).length, 1);
  });
}
