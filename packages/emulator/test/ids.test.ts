import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emulatorId, sameId, toId18 } from '../src/ids.ts';

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
