import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import type { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { connectionRow, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

async function filled(store: PostgresStore): Promise<void> {
  for (let n = 0; n < 50; n += 1) {
    const row = connectionRow({ name: `c${n}` });
    await store.insertConnection(row, tokenRow(row.id), []);
  }
}

/** Overwrites a stretch in the first data page of a relation, while the server is down. */
async function damage(database: string, relation: string): Promise<void> {
  await there.server.query('CHECKPOINT');
  const [row] = await there.server.query<{ path: string }>(`SELECT pg_relation_filepath('${relation}') AS path`, [], database);
  await there.server.halt();
  const file = openSync(join(there.server.dataDirectory, row?.path ?? ''), 'r+');
  writeSync(file, Buffer.alloc(4_000, 0xa5), 0, 4_000, 8_192 + 200);
  closeSync(file);
  await there.server.start();
}

test('a damaged index is found, with amcheck and without', { skip }, async (t) => {
  for (const amcheck of [true, false]) {
    const { store, database } = await there.store(t);
    if (amcheck) await there.server.query('CREATE EXTENSION amcheck', [], database);
    await filled(store);
    assert.deepEqual(await store.checkIntegrity(), []);
    await damage(database, 'forcemint.tokens_pkey');
    const findings = await store.checkIntegrity();
    assert.match(findings.join('\n'), /tokens/, `amcheck: ${amcheck}`);
  }
});

test('a role that may not use amcheck does without', { skip }, async (t) => {
  const { store, database, connect } = await there.store(t);
  await filled(store);
  await there.server.query("CREATE EXTENSION amcheck; CREATE ROLE checker LOGIN PASSWORD 'synthetic'", [], database);
  await there.server.query(
    'GRANT USAGE ON SCHEMA forcemint TO checker; GRANT SELECT ON ALL TABLES IN SCHEMA forcemint TO checker',
    [],
    database,
  );
  const plain = await connect({ url: parsePostgresUrl(there.server.url(database, 'checker', 'synthetic')) });
  assert.deepEqual(await plain.checkIntegrity(), []);
});
