import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { verifyStore } from '@forcemint/core/maintenance/verify-store';
import fc from 'fast-check';
import { systemRandom } from '../../src/random.ts';
import { addConnection, fill, openWith } from '../support/filled-store.ts';
import { temporaryDirectory } from '../support/machine.ts';

async function filled(t: { after(done: () => unknown): void }, count: number) {
  const path = `${temporaryDirectory(t)}/store.db`;
  const opened = await openWith(path, systemRandom.bytes(32));
  await fill(opened, count);
  const damage = new DatabaseSync(path);
  t.after(async () => {
    damage.close();
    await opened.store[Symbol.asyncDispose]();
  });
  const verify = () => verifyStore({ store: opened.store, keys: opened.keys, report: () => undefined });
  return { ...opened, damage, verify };
}

test('a sound store: everything was opened, nothing found', async (t) => {
  const { verify } = await filled(t, 40);
  const { size, opened, findings } = await verify();
  assert.deepEqual(findings, []);
  assert.deepEqual([size.connections, size.tokens, size.revocations, opened], [40, 41, 4, 40 * 4 + 4]);
});

test('property: one flipped bit in any sealed field is found, and named', async (t) => {
  const { damage, verify } = await filled(t, 6);
  const columns = [
    ['connections', 'id', 'secrets', 'secrets'],
    ['tokens', 'connection_id', 'refresh_token', 'refreshToken'],
    ['tokens', 'connection_id', 'access_token', 'accessToken'],
    ['tokens', 'connection_id', 'held_answer', 'heldAnswer'],
    ['revocations', 'id', 'sealed', 'revocation'],
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...columns), fc.nat(5), fc.nat(), async ([table, idColumn, column, field], at, anyBit) => {
      const rows = damage
        .prepare(`SELECT ${idColumn} AS id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL`)
        .all();
      const { id, sealed } = rows[at % rows.length] ?? {};
      if (typeof id !== 'string' || !(sealed instanceof Uint8Array)) throw new TypeError('filled');
      const flipped = Uint8Array.from(sealed);
      const bit = anyBit % (flipped.length * 8);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const write = damage.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${idColumn} = ?`);
      write.run(flipped, id);
      const { findings } = await verify();
      write.run(sealed, id);
      assert.deepEqual(
        findings.map((finding) => finding.field),
        [field],
      );
    }),
    { numRuns: 60 },
  );
  assert.deepEqual((await verify()).findings, []);
});

test('values that changed places, an unknown key, orphans and strange rows are found', async (t) => {
  const opened = await filled(t, 5);
  const { damage, verify, store } = opened;
  await addConnection(opened, 'lost');
  const { id: one = '' } = (await store.getConnection('c1')) ?? {};
  const { id: two = '' } = (await store.getConnection('c2')) ?? {};
  const [ones, twos] = [await store.getToken(one), await store.getToken(two)];
  const swap = damage.prepare('UPDATE tokens SET refresh_token = ? WHERE connection_id = ?');
  swap.run(twos?.refreshToken ?? null, one);
  swap.run(ones?.refreshToken ?? null, two);
  damage.exec("DELETE FROM connections WHERE name = 'lost'");
  damage.exec("UPDATE connections SET settings = json_set(settings, '$.loginUrl', 'https://evil.example') WHERE name = 'c3'");
  damage.exec(`UPDATE tokens SET access_token = CAST(substr(access_token, 1, 5) || x'00000063' || substr(access_token, 10) AS BLOB)
               WHERE connection_id = (SELECT id FROM connections WHERE name = 'c4')`);
  const { findings } = await verify();
  const shown = findings.map(
    ({ connection, field, problem }) => `${/^c\d$/.test(connection ?? '') ? connection : '?'} ${field}: ${problem.split(':')[0]}`,
  );
  assert.deepEqual(shown.sort(), [
    '? undefined: has tokens, but is gone',
    'c1 refreshToken: does not open',
    'c2 refreshToken: does not open',
    'c3 secrets: does not open',
    'c4 accessToken: is sealed by a key that this store does not have',
  ]);
  const strange = damage.prepare("UPDATE tokens SET exchange = '7' WHERE connection_id = ?");
  strange.run(one);
  const { findings: more } = await verify();
  assert.ok(
    more.some(({ problem }) => problem.includes(one)),
    JSON.stringify(more),
  );
  assert.ok(more.every(({ problem }) => !problem.includes('token-of')));
});
