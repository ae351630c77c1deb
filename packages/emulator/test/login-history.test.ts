import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emulatorId } from '../src/org/ids.ts';
import { type LoginAttempt, LoginHistory } from '../src/org/login-history.ts';
import { type User, Users } from '../src/org/users.ts';
import { LoginHistoryRecords } from '../src/rest/records/login-history-records.ts';

const USERS = new Users([
  { username: 'administrator@emulator.example', password: 'p' },
  { username: 'one@emulator.example', password: 'p', canManageUsers: false },
  { username: 'two@emulator.example', password: 'p', canManageUsers: false },
]).all() as [User, User, User];

function attempt(user: User, atMs: number): LoginAttempt {
  return {
    userId: user.id,
    atMs,
    loginType: 'Remote Access 2.0',
    loginSubType: null,
    sourceIp: '203.0.113.7',
    loginUrl: 'login.salesforce.com',
    status: 'Success',
    application: 'any',
    apiType: 'N/A',
  };
}

const timesOf = (records: Pick<LoginHistoryRecords, 'all'>) => [...records.all()].map((record) => record.get('LoginTime'));

test('the latest attempts are kept, found by their ids, and seen by those who may see them', () => {
  const byWhom = fc.array(fc.constantFrom(...USERS), { maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), byWhom, (limit, users) => {
      const history = new LoginHistory(limit);
      const records = new LoginHistoryRecords(history);
      const ids: string[] = [];
      for (const [index, user] of users.entries()) {
        history.add(attempt(user, index * 1000));
        ids.push([...records.all()].at(-1)?.id ?? '');
      }
      assert.deepEqual(
        ids.map((id) => records.find(id)?.get('UserId')),
        users.map(({ id }, index) => (index < users.length - limit ? undefined : id)),
      );
      assert.deepEqual(ids.toSorted(), ids);
      assert.equal(records.find(emulatorId('0Ya', users.length + 1)), undefined, 'none is found before it is there');
      assert.deepEqual(
        [...records.all()].map(({ id }) => id),
        ids.slice(-limit),
      );
      for (const viewer of USERS) {
        const seen = records.visibleTo(viewer);
        const isSeen = (one: User | undefined) => viewer.canManageUsers || one === viewer;
        const times = users.flatMap((one, index) =>
          index >= users.length - limit && isSeen(one) ? [new Date(index * 1000).toISOString().replace('Z', '+0000')] : [],
        );
        assert.deepEqual(timesOf({ all: () => seen.all() }), times);
        for (const [index, id] of ids.slice(-limit).entries()) {
          assert.equal(seen.find(id) !== undefined, isSeen(users.slice(-limit)[index]), id);
        }
      }
    }),
  );
});

test('an id of either length finds an attempt, and no other id does', () => {
  const history = new LoginHistory();
  const records = new LoginHistoryRecords(history);
  history.add(attempt(USERS[0], 0));
  for (const id of ['0Ya000000EMU001', '0Ya000000EMU001CQD']) assert.equal(records.find(id)?.id, '0Ya000000EMU001CQD');
  for (const id of ['0Ya000000EMU000', '0Ya000000EMU002', '005000000EMU001', '0Ya000000EMU001AQD', '', 'x']) {
    assert.equal(records.find(id), undefined, id);
  }
});

test('ten thousand attempts are kept', () => {
  const history = new LoginHistory();
  for (let count = 0; count < 25_000; count++) history.add(attempt(USERS[0], count));
  const serials = [...history.serials()];
  assert.deepEqual([serials.length, serials[0], history.find(25_000)?.atMs], [10_000, 15_001, 24_999]);
  assert.equal(history.find(15_000), undefined);
});
