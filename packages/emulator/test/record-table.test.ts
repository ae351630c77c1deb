import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordTable } from '../src/rest/records/record-table.ts';
import { ACCOUNT } from '../src/rest/schema/account.ts';
import { CONTACT } from '../src/rest/schema/contact.ts';

const ACCOUNT_IDS = ['001000000EMU001AQD', '001000000EMU002AQD', null] as const;

type Change =
  | { readonly kind: 'insert'; readonly accountId: string | null }
  | { readonly kind: 'update'; readonly which: number; readonly accountId: string | null }
  | { readonly kind: 'delete'; readonly which: number };

const accountId = fc.constantFrom(...ACCOUNT_IDS);
const which = fc.nat({ max: 9 });
const change: fc.Arbitrary<Change> = fc.oneof(
  accountId.map((id) => ({ kind: 'insert', accountId: id }) as const),
  fc.record({ kind: fc.constant('update' as const), which, accountId }),
  fc.record({ kind: fc.constant('delete' as const), which }),
);

test('the index finds what a look at every record finds', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const table = new RecordTable(CONTACT);
      const ids: string[] = [];
      for (const one of changes) {
        if (one.kind === 'insert') ids.push(table.insert({ LastName: 'x', AccountId: one.accountId }));
        else if (one.kind === 'update') table.update(ids[one.which] ?? '', { AccountId: one.accountId });
        else table.delete(ids[one.which] ?? '', {});
      }
      const all = [...table.all()];
      assert.equal(all.length + [...table.deleted()].length, ids.length);
      for (const value of ACCOUNT_IDS) {
        const expected = all.filter((record) => record.get('AccountId') === value).map(({ id }) => id);
        const found = table.lookup('AccountId', [value])?.map(({ id }) => id);
        assert.deepEqual(found?.toSorted(), value === null ? undefined : expected.toSorted());
      }
      for (const id of ids) assert.equal((table.find(id) ?? table.findDeleted(id))?.id, id);
    }),
  );
});

test('a record that somebody holds does not change', () => {
  const table = new RecordTable(ACCOUNT);
  const id = table.insert({ Name: 'before' });
  const held = table.find(id);
  table.update(id, { Name: 'after' });
  table.delete(id, {});
  assert.deepEqual([held?.get('Name'), held?.get('IsDeleted'), held?.get('Phone')], ['before', false, null]);
  assert.deepEqual([table.findDeleted(id)?.get('Name'), table.findDeleted(id)?.get('IsDeleted')], ['after', true]);
});

test('the recycle bin forgets its oldest records', () => {
  const table = new RecordTable(ACCOUNT);
  const ids = Array.from({ length: 10_001 }, () => table.insert({ Name: 'x' }));
  for (const id of ids) table.delete(id, {});
  assert.equal(table.findDeleted(ids[0] ?? ''), undefined);
  assert.equal(table.findDeleted(ids[1] ?? '')?.id, ids[1]);
});
