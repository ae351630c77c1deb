import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator } from '@forcemint/emulator';
import { type JsforceLibrary, logIn } from './jsforce-library.ts';

/** One more than two batches, so that the third has one record. */
const ACCOUNTS = 4_001;
const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `Account ${String(index).padStart(4, '0')}`);

/** What the library does with records and their descriptions. */
export function judgeData(name: string, library: JsforceLibrary): void {
  test(`${name}: query and queryMore, by hand and fetched by itself`, async () => {
    await using emulator = await createEmulator({ config: { accounts } });
    const connection = await logIn(library, emulator, 'web');
    const first = await connection.query('SELECT Name FROM Account ORDER BY Name');
    assert.deepEqual([first.totalSize, first.done, first.records.length], [ACCOUNTS, false, 2_000]);
    const second = await connection.queryMore(first.nextRecordsUrl ?? '');
    const third = await connection.queryMore(second.nextRecordsUrl ?? '');
    assert.deepEqual([third.done, third.nextRecordsUrl], [true, undefined]);
    const names = [first, second, third].flatMap(({ records }) => records.map(({ Name }) => Name));
    assert.deepEqual(names, accounts);

    const all = await connection.query('SELECT Name FROM Account ORDER BY Name', { autoFetch: true, maxFetch: 10_000 });
    assert.deepEqual(
      all.records.map(({ Name }) => Name),
      accounts,
    );
  });

  test(`${name}: describe of the org and of an object`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    const { sobjects } = await connection.describeGlobal();
    for (const object of ['Account', 'Contact', 'Organization', 'User']) {
      assert.ok(sobjects.some((one) => one.name === object));
    }
    for (const account of [await connection.describe('Account'), await connection.sobject('Account').describe()]) {
      assert.deepEqual([account.name, account.keyPrefix], ['Account', '001']);
      const types = Object.fromEntries(account.fields.map((field) => [field.name, field.type]));
      assert.deepEqual([types.Id, types.Name, types.OwnerId], ['id', 'string', 'reference']);
      assert.equal(account.fields.find((field) => field.name === 'Id')?.updateable, false);
    }
    await assert.rejects(connection.describe('Nothing'), { errorCode: 'NOT_FOUND' });
  });

  test(`${name}: create, retrieve, update, find and destroy`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    const object = connection.sobject('Account');
    const { success, id = '' } = await object.create({ Name: 'Made by a stranger' });
    assert.equal(success, true);
    assert.match(id, /^001\w{15}$/);
    assert.equal((await object.retrieve(id)).Name, 'Made by a stranger');
    assert.equal((await object.update({ Id: id, Name: 'Changed by a stranger' })).success, true);
    const { records } = await connection.query(`SELECT Id FROM Account WHERE Name = 'Changed by a stranger'`);
    assert.deepEqual(
      records.map((record) => record.Id),
      [id],
    );
    assert.equal((await object.destroy(id)).success, true);
    await assert.rejects(object.retrieve(id), { errorCode: 'ENTITY_IS_DELETED' });
    await assert.rejects(object.create({}), { errorCode: 'REQUIRED_FIELD_MISSING' });
    await assert.rejects(object.create({ Name: 'x', Nonsense: 1 }), { errorCode: 'INVALID_FIELD' });
  });

  test(`${name}: collections of records, and the tooling query`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    const saved = await connection.create('Account', [{ Name: 'One' }, {}, { Name: 'Two' }]);
    assert.deepEqual(
      saved.map(({ success }) => success),
      [true, false, true],
    );
    assert.equal(saved[1]?.errors[0]?.statusCode, 'REQUIRED_FIELD_MISSING');
    const ids = saved.flatMap(({ id }) => id ?? []);
    const gone = await connection.destroy('Account', ids);
    assert.deepEqual(
      gone.map(({ success }) => success),
      [true, true],
    );
    const { records } = await connection.tooling.query('SELECT Username FROM User LIMIT 1');
    assert.equal(records.length, 1);
  });
}
