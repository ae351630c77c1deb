import assert from 'node:assert/strict';
import type { DataKeyRow } from '@forcemint/core/ports';
import type { FormerMasterKey } from '@forcemint/core/store-maintenance';
import { type MakePlace, promisesOf, type WholeStore } from './support/promises.ts';

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function dataKey(id: number, wrapped = `key ${id}`): DataKeyRow {
  return { id, wrapped: bytes(wrapped), createdAtMs: 1_700_000_000_000 + id };
}

function formerKey(id: number, dataKeys: readonly DataKeyRow[]): FormerMasterKey {
  return { id, check: bytes(`check ${id}`), sealedKey: bytes(`sealed ${id}`), dataKeys, replacedAtMs: 1_700_000_000_000 };
}

/** What is stored, with bytes as text. */
async function keysOf(store: WholeStore) {
  const { check, dataKeys, former } = await store.readKeys();
  const shown = (keys: readonly DataKeyRow[]) => keys.map(({ id, wrapped }) => [id, Buffer.from(wrapped).toString()]);
  return {
    check: check && Buffer.from(check).toString(),
    dataKeys: shown(dataKeys),
    former: former.map((one) => ({
      id: one.id,
      sealedKey: Buffer.from(one.sealedKey).toString(),
      dataKeys: shown(one.dataKeys),
    })),
  };
}

/** What every store does with the keys that its secrets are sealed with. */
export function keysContract(name: string, place: MakePlace): void {
  const contract = promisesOf(name, place);

  contract('a new store has no keys; the first to bind it to a master key stays', async (store, connect) => {
    const other = await connect();
    assert.deepEqual(await keysOf(store), { check: undefined, dataKeys: [], former: [] });
    assert.equal(await store.isEmpty(), true);
    const won = await Promise.all([
      store.initialise({ check: bytes('one'), dataKey: dataKey(1, 'by one') }),
      other.initialise({ check: bytes('two'), dataKey: dataKey(1, 'by two') }),
    ]);
    assert.deepEqual([...won].sort(), [false, true]);
    const winner = won[0] ? 'one' : 'two';
    for (const handle of [store, other]) {
      assert.deepEqual(await keysOf(handle), { check: winner, dataKeys: [[1, `by ${winner}`]], former: [] });
      assert.equal(await handle.isEmpty(), false);
    }
  });

  contract('an id of a data key is given once', async (store, connect) => {
    const other = await connect();
    await store.initialise({ check: bytes('check'), dataKey: dataKey(1) });
    const added = await Promise.all([
      store.addDataKey(dataKey(2, 'one'), new Map()),
      other.addDataKey(dataKey(2, 'two'), new Map()),
    ]);
    assert.deepEqual([...added].sort(), [false, true]);
    assert.deepEqual((await keysOf(store)).dataKeys[1], [2, added[0] ? 'one' : 'two']);
    assert.equal(await store.deleteDataKey(1), true);
    assert.equal(await store.deleteDataKey(1), false);
    assert.deepEqual(
      (await keysOf(other)).dataKeys.map(([id]) => id),
      [2],
    );
  });

  contract('a master key is replaced with every data key, and the former one is kept', async (store) => {
    await store.initialise({ check: bytes('check 7'), dataKey: dataKey(1) });
    await store.addDataKey(dataKey(2), new Map());
    const next = { check: bytes('check 8'), dataKeys: [dataKey(1, 'one by 8'), dataKey(2, 'two by 8')] };
    const former = formerKey(7, [dataKey(1), dataKey(2)]);
    assert.equal(await store.replaceMasterKey(next, former, bytes('check 7')), true);
    assert.deepEqual(await keysOf(store), {
      check: 'check 8',
      dataKeys: [
        [1, 'one by 8'],
        [2, 'two by 8'],
      ],
      former: [
        {
          id: 7,
          sealedKey: 'sealed 7',
          dataKeys: [
            [1, 'key 1'],
            [2, 'key 2'],
          ],
        },
      ],
    });
  });

  contract('a master key is not replaced where the check or the data keys are others by now', async (store) => {
    await store.initialise({ check: bytes('check 7'), dataKey: dataKey(1) });
    const before = await keysOf(store);
    const next = { check: bytes('check 8'), dataKeys: [dataKey(1, 'by 8')] };
    const former = formerKey(7, [dataKey(1)]);
    assert.equal(await store.replaceMasterKey(next, former, bytes('check 6')), false);
    assert.equal(await store.replaceMasterKey({ ...next, dataKeys: [] }, former, bytes('check 7')), false);
    const more = { ...next, dataKeys: [...next.dataKeys, dataKey(2)] };
    assert.equal(await store.replaceMasterKey(more, former, bytes('check 7')), false);
    assert.equal(await store.replaceMasterKey({ ...next, dataKeys: [dataKey(2)] }, former, bytes('check 7')), false);
    assert.deepEqual(await keysOf(store), before);
  });

  contract('former master keys come oldest first, with data keys that were added later, and go one by one', async (store) => {
    await store.initialise({ check: bytes('check 9'), dataKey: dataKey(1) });
    await store.replaceMasterKey(
      { check: bytes('check 3'), dataKeys: [dataKey(1)] },
      formerKey(9, [dataKey(1)]),
      bytes('check 9'),
    );
    await store.replaceMasterKey(
      { check: bytes('check 5'), dataKeys: [dataKey(1)] },
      formerKey(3, [dataKey(1)]),
      bytes('check 3'),
    );
    const added = new Map([
      [9, dataKey(2, 'two by 9')],
      [3, dataKey(2, 'two by 3')],
    ]);
    assert.equal(await store.addDataKey(dataKey(2, 'two by 5'), added), true);
    const { former } = await keysOf(store);
    assert.deepEqual(
      former.map(({ id, dataKeys }) => [id, dataKeys[1]]),
      [
        [9, [2, 'two by 9']],
        [3, [2, 'two by 3']],
      ],
    );
    assert.equal(await store.deleteDataKey(1), true);
    assert.deepEqual(
      (await keysOf(store)).former.map(({ dataKeys }) => dataKeys.length),
      [1, 1],
    );
    assert.equal(await store.deleteFormerMasterKey(9), true);
    assert.equal(await store.deleteFormerMasterKey(9), false);
    assert.deepEqual(
      (await keysOf(store)).former.map(({ id }) => id),
      [3],
    );
  });
}
