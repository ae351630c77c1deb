import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalId, emulatorId, sameId, serialOf, toId18 } from '../src/org/ids.ts';
import { Users } from '../src/org/users.ts';

test('the three checksum characters follow the upper-case letters', () => {
  assert.equal(toId18('00D5g000004EMUL'), '00D5g000004EMULEA4');
  assert.equal(toId18('0055g00000ABCDE'), '0055g00000ABCDEAA5');
  assert.equal(toId18('00D5g000004EMULEA4'), '00D5g000004EMULEA4');
});

test('both lengths name the same record, a wrong checksum names none', () => {
  const id = emulatorId('005', 35 * 36);
  assert.match(id, /^005000000EMU0z0/);
  assert.ok(sameId(id, id) && sameId(id.slice(0, 15), id));
  assert.equal(sameId(`${id.slice(0, 15)}AAA`, id), false);
  assert.equal(sameId(id.slice(0, 14), id), false);
});

test('ids go on beyond three digits of the running number, and tell it', () => {
  assert.equal(emulatorId('005', 46_655), '005000000EMUzzzAQD');
  assert.equal(emulatorId('005', 46_656).slice(0, 15), '005000001EMU000');
  assert.equal(emulatorId('001', 36 ** 9 - 1).slice(0, 15), '001zzzzzzEMUzzz');
  const serial = fc.integer({ min: 0, max: 36 ** 9 - 2 });
  fc.assert(
    fc.property(serial, (number) => {
      const id = emulatorId('001', number);
      assert.equal(serialOf(id), number);
      assert.ok(id < emulatorId('001', number + 1));
    }),
  );
  assert.equal(serialOf('00D000000000EMUEA2'), undefined);
});

test('the canonical form of an id has 18 characters; what is no id has none', () => {
  const id = emulatorId('001', 7);
  assert.equal(canonicalId(id), id);
  assert.equal(canonicalId(id.slice(0, 15)), id);
  for (const text of ['', id.slice(0, 14), `${id.slice(0, 15)}AAA`, `${id}A`, `${id.slice(0, 14)}-`]) {
    assert.equal(canonicalId(text), undefined, text);
  }
});

test('a hundred thousand users have ids of their own, each of which finds its user', () => {
  const users = new Users(
    Array.from({ length: 100_000 }, (_, index) => ({ username: `u${index}@emulator.example`, password: 'p' })),
  );
  const ids = new Set([...users.values()].map(({ id }) => id));
  assert.equal(ids.size, 100_000);
  for (const user of users.values()) assert.equal(users.withId(user.id), user);
  assert.equal(users.withId(emulatorId('005', 100_001)), undefined);
  assert.equal(users.withId(emulatorId('001', 1)), undefined);
});
