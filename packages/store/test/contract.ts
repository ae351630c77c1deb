import assert from 'node:assert/strict';
import { type MakePlace, promisesOf } from './support/promises.ts';
import { connectionRow, event, present, tokenRow } from './support/rows.ts';

/** What every TokenStore must do, whatever it is made of. `place` makes a new, empty one and removes it after the test. */
export function storeContract(name: string, place: MakePlace): void {
  const contract = promisesOf(name, place);

  contract('an empty store has no connections, tokens or events', async (store) => {
    assert.equal(await store.getConnection('acme'), undefined);
    assert.deepEqual(await store.listConnections(), []);
    assert.equal(await store.getToken('nobody'), undefined);
    assert.deepEqual(await store.listEvents('nobody', 10), []);
  });

  contract('rows come back as they were written, every byte of them', async (store) => {
    const connection = connectionRow();
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const token = tokenRow(connection.id, {
      refreshToken: everyByte,
      accessToken: new Uint8Array(0),
      heldAnswer: new Uint8Array(100_000).fill(0xff),
      details: {
        tokenType: 'Bearer',
        instanceUrl: 'https://acme.my.salesforce.com',
        scope: 'api',
        issuedAt: 1_700_000_000,
        expiresAt: 1_700_007_200,
        expirySource: 'policy',
        fingerprint: '0123456789abcdef',
      },
    });
    assert.equal(await store.insertConnection(connection, token, [event(connection.id, 'connected')]), true);
    const found = present(await store.getConnection('acme'));
    assert.deepEqual(
      { ...found, secrets: Buffer.from(found.secrets) },
      { ...connection, secrets: Buffer.from(connection.secrets) },
    );
    const row = present(await store.getToken(connection.id));
    assert.deepEqual(Buffer.from(present(row.refreshToken)), Buffer.from(everyByte));
    assert.equal(present(row.accessToken).length, 0);
    assert.deepEqual(Buffer.from(present(row.heldAnswer)), Buffer.alloc(100_000, 0xff));
    assert.deepEqual(row.details, token.details);
    assert.deepEqual(row.exchange, token.exchange);
  });

  contract('a connection and its token are read together, by name; pages have every row, tombstones too', async (store) => {
    const connection = connectionRow();
    const gone = connectionRow({ id: `${connection.id}-gone`, name: 'gone' });
    assert.equal(await store.getRow('acme'), undefined);
    await store.insertConnection(connection, tokenRow(connection.id, { version: 3 }), []);
    await store.updateToken(tokenRow(connection.id, { revision: 2, version: 4 }), 1, []);
    await store.insertConnection(gone, tokenRow(gone.id), []);
    await store.deleteConnection(gone.id, tokenRow(gone.id, { revision: 2 }), []);
    const found = present(await store.getRow('acme'));
    assert.deepEqual(found.connection, await store.getConnection('acme'));
    assert.deepEqual(found.token, await store.getToken(connection.id));
    assert.deepEqual([found.connection.revision, found.token.revision, found.token.version], [1, 2, 4]);
    assert.equal(await store.getRow('gone'), undefined);
    const rows = await store.pageRows(undefined, 10);
    assert.deepEqual(
      rows.map(({ connection: row, token }) => [token.connectionId, row?.name]),
      [
        [connection.id, 'acme'],
        [gone.id, undefined],
      ],
    );
  });

  contract('a row without token has no token members at all', async (store) => {
    const connection = connectionRow();
    const token = tokenRow(connection.id);
    await store.insertConnection(connection, token, []);
    assert.deepEqual(await store.getToken(connection.id), token);
  });

  contract('a bytes view into a larger buffer is stored as the view', async (store) => {
    const connection = connectionRow();
    const view = Buffer.from('--secret--').subarray(2, 8);
    await store.insertConnection(connection, tokenRow(connection.id, { accessToken: view }), []);
    assert.equal(Buffer.from(present((await store.getToken(connection.id))?.accessToken)).toString(), 'secret');
  });

  contract('a name that is taken is not given away', async (store) => {
    const first = connectionRow();
    const second = connectionRow();
    assert.equal(await store.insertConnection(first, tokenRow(first.id), []), true);
    assert.equal(await store.insertConnection(second, tokenRow(second.id), [event(second.id, 'connected')]), false);
    assert.equal((await store.getConnection('acme'))?.id, first.id);
    assert.equal(await store.getToken(second.id), undefined);
    assert.deepEqual(await store.listEvents(second.id, 10), []);
  });

  contract('of many inserts of one name at once, over two handles, exactly one wins', async (store, connect) => {
    const other = await connect();
    const rows = Array.from({ length: 40 }, () => connectionRow());
    const won = await Promise.all(
      rows.map((row, index) => (index % 2 === 0 ? store : other).insertConnection(row, tokenRow(row.id), [])),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await other.getConnection('acme'))?.id, rows[won.indexOf(true)]?.id);
  });

  contract('connections are listed by name', async (store) => {
    for (const name of ['zoo', 'acme', 'a.b', 'a-b', 'a_b', '0']) {
      const row = connectionRow({ name });
      await store.insertConnection(row, tokenRow(row.id), []);
    }
    const names = (await store.listConnections()).map((row) => row.name);
    assert.deepEqual(names, ['zoo', 'acme', 'a.b', 'a-b', 'a_b', '0'].sort());
  });

  contract('a token row is replaced only where the expected revision stands', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 2, generation: 1 }), 1, []), true);
    const late = tokenRow(connection.id, { revision: 2, generation: 9 });
    assert.equal(await store.updateToken(late, 1, [event(connection.id, 'renewed')]), false);
    assert.equal((await store.getToken(connection.id))?.generation, 1);
    assert.deepEqual(await store.listEvents(connection.id, 10), []);
    assert.equal(await store.updateToken(tokenRow('nobody', { revision: 2 }), 1, []), false);
  });

  contract('an update takes away what the new row does not have', async (store) => {
    const connection = connectionRow();
    const full = tokenRow(connection.id, {
      refreshToken: Buffer.from('r'),
      accessToken: Buffer.from('a'),
      heldAnswer: Buffer.from('h'),
    });
    await store.insertConnection(connection, full, []);
    const bare = tokenRow(connection.id, { revision: 2 });
    await store.updateToken(bare, 1, []);
    assert.deepEqual(await store.getToken(connection.id), bare);
  });

  contract('of many updates of one revision, over two handles, exactly one wins', async (store, connect) => {
    const other = await connect();
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    for (let revision = 1; revision <= 10; revision += 1) {
      const tries = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).updateToken(tokenRow(connection.id, { revision: revision + 1 }), revision, []),
      );
      assert.equal((await Promise.all(tries)).filter(Boolean).length, 1);
    }
  });

  contract('the version of a refresh token never falls, whatever the revision', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id, { version: 5, refreshToken: Buffer.from('new') }), []);
    const older = tokenRow(connection.id, { revision: 2, version: 4, refreshToken: Buffer.from('old') });
    assert.equal(await store.updateToken(older, 1, [event(connection.id, 'renewed')]), false);
    const changed = { ...connection, revision: 2 };
    assert.equal(await store.updateConnection(changed, 1, older, [event(connection.id, 'updated')]), false);
    assert.equal((await store.getToken(connection.id))?.version, 5);
    assert.equal((await store.getConnection('acme'))?.revision, 1);
    assert.deepEqual(await store.listEvents(connection.id, 10), []);
  });

  contract('settings and secrets are replaced only where the expected revision stands', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id, { accessToken: Buffer.from('a') }), []);
    const next = {
      ...connection,
      revision: 2,
      secrets: Buffer.from('two'),
      settings: { ...connection.settings, clientId: 'two' },
    };
    assert.equal(await store.updateConnection(next, 1, undefined, [event(connection.id, 'updated')]), true);
    assert.equal(await store.updateConnection({ ...next, secrets: Buffer.from('lost') }, 1, undefined, []), false);
    const found = present(await store.getConnection('acme'));
    assert.deepEqual([found.settings.clientId, Buffer.from(found.secrets).toString(), found.revision], ['two', 'two', 2]);
    assert.equal(Buffer.from(present((await store.getToken(connection.id))?.accessToken)).toString(), 'a');
    assert.equal((await store.listEvents(connection.id, 10)).length, 1);
  });

  contract('a change of connection that replaces the token row stops every writer that had read the old row', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []);
    const readAtRevision1 = tokenRow(connection.id, { revision: 2, accessToken: undefined });
    assert.equal(await store.updateConnection({ ...connection, revision: 2 }, 1, readAtRevision1, []), true);
    const zombie = tokenRow(connection.id, { revision: 3, accessToken: Buffer.from('for the old host') });
    assert.equal(await store.updateToken(zombie, 2, []), false);
    assert.equal((await store.getToken(connection.id))?.accessToken, undefined);
    assert.equal((await store.getToken(connection.id))?.revision, 3);
  });

  contract('a deleted connection frees its name and leaves a tombstone', async (store) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id, { version: 3, refreshToken: Buffer.from('r') }), []);
    await store.updateToken(tokenRow(connection.id, { revision: 2, version: 7, refreshToken: Buffer.from('s') }), 1, []);
    const tombstone = tokenRow(connection.id, {
      revision: 2,
      version: 3,
      exchange: { ...tokenRow('').exchange, phase: 'deleted' },
    });
    assert.equal(await store.deleteConnection(connection.id, tombstone, [event(connection.id, 'removed')]), true);
    assert.equal(await store.deleteConnection(connection.id, tombstone, [event(connection.id, 'removed')]), false);
    assert.equal(await store.getConnection('acme'), undefined);
    const left = present(await store.getToken(connection.id));
    assert.deepEqual([left.exchange.phase, left.version, left.refreshToken], ['deleted', 7, undefined]);
    assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 3, version: 8 }), 2, []), false);
    assert.deepEqual(
      (await store.listEvents(connection.id, 10)).map(({ type }) => type),
      ['removed'],
    );
    const heir = connectionRow();
    assert.equal(await store.insertConnection(heir, tokenRow(heir.id), []), true);
  });

  contract('events come newest first, each connection its own, and the oldest go beyond a thousand', async (store) => {
    const [one, two] = [connectionRow({ name: 'one' }), connectionRow({ name: 'two' })];
    await store.insertConnection(one, tokenRow(one.id), [event(one.id, 'connected', 0)]);
    await store.insertConnection(two, tokenRow(two.id), [event(two.id, 'connected', 0)]);
    const many = Array.from({ length: 1_005 }, (_, index) => event(one.id, 'renewed', index + 1));
    await store.updateToken(tokenRow(one.id, { revision: 2 }), 1, many);
    assert.deepEqual(
      (await store.listEvents(one.id, 3)).map(({ detail }) => detail['n']),
      [1_005, 1_004, 1_003],
    );
    const all = await store.listEvents(one.id, 10_000);
    assert.equal(all.length, 1_000);
    assert.equal(all.at(-1)?.detail['n'], 6);
    assert.ok(all.every(({ seq }, index) => index === 0 || seq < (all[index - 1]?.seq ?? 0)));
    assert.deepEqual(
      (await store.listEvents(two.id, 10)).map(({ type, atMs }) => [type, atMs]),
      [['connected', 1_700_000_000_000]],
    );
  });

  contract('what was acknowledged is there after the store was closed and opened again', async (store, connect) => {
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    const pending = store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []);
    await store[Symbol.asyncDispose]();
    assert.equal(await pending, true);
    const again = await connect();
    assert.equal(again.storeId, store.storeId);
    assert.equal((await again.getToken(connection.id))?.revision, 2);
  });

  contract('two handles on one store see each other’s writes at once', async (store, connect) => {
    const other = await connect();
    assert.equal(other.storeId, store.storeId);
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    assert.equal((await other.getConnection('acme'))?.id, connection.id);
    await other.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []);
    assert.equal((await store.getToken(connection.id))?.revision, 2);
  });

  contract('the change mark of a connection moves with own and foreign writes', async (store, connect) => {
    const other = await connect();
    const { id } = connectionRow();
    const connection = connectionRow({ id });
    const seen = new Set([(await store.changeMarks()).of(id)]);
    const moved = async (what: string) => {
      const mark = (await store.changeMarks()).of(id);
      assert.equal(seen.has(mark), false, what);
      seen.add(mark);
    };
    await store.insertConnection(connection, tokenRow(id), []);
    await moved('insert');
    for (let revision = 1; revision <= 5; revision += 1) {
      const handle = revision % 2 === 0 ? store : other;
      await handle.updateToken(tokenRow(id, { revision: revision + 1 }), revision, []);
      await moved(`update ${revision}`);
    }
    await other.updateConnection({ ...connection, revision: 2 }, 1, undefined, []);
    await moved('change of settings');
    await other.deleteConnection(id, tokenRow(id, { revision: 9 }), []);
    await moved('removal');
  });

  contract('change marks stay while nothing is written', async (store, connect) => {
    const other = await connect();
    const connection = connectionRow();
    await store.insertConnection(connection, tokenRow(connection.id), []);
    const before = await store.changeMarks();
    await store.getToken(connection.id);
    await other.listConnections();
    assert.equal((await store.changeMarks()).of(connection.id), before.of(connection.id));
  });

  contract('one write that fails takes no other with it', async (store) => {
    const [there, one] = [connectionRow({ name: 'there' }), connectionRow({ name: 'one' })];
    const [two, bad] = [connectionRow({ name: 'two' }), connectionRow({ name: 'bad' })];
    await store.insertConnection(there, tokenRow(there.id), []);
    const results = await Promise.allSettled([
      store.insertConnection(one, tokenRow(one.id), []),
      store.insertConnection({ ...bad, id: there.id }, tokenRow(there.id), []),
      store.insertConnection(two, tokenRow(two.id), []),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(
      (await store.listConnections()).map(({ name: found }) => found),
      ['one', 'there', 'two'],
    );
  });

  contract('a caller’s mistake is a TypeError', async (store) => {
    const connection = connectionRow();
    await assert.rejects(store.insertConnection(connection, tokenRow('another'), []), TypeError);
    await store.insertConnection(connection, tokenRow(connection.id), []);
    await assert.rejects(store.updateToken(tokenRow(connection.id, { revision: 3 }), 1, []), TypeError);
    await assert.rejects(store.updateConnection({ ...connection, revision: 1 }, 1, undefined, []), TypeError);
    await store[Symbol.asyncDispose]();
    await assert.rejects(store.getToken(connection.id), TypeError);
    await assert.rejects(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), TypeError);
  });
}
