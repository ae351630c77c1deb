import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import { testCertificates } from '../../../../test/support/bad-certificates.ts';
import { PostgresServer } from '../../../../test/support/postgres-server.ts';
import { openPostgresStore } from '../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import { clock, random, temporaryDirectory } from '../support/machine.ts';
import { missing } from './support/server.ts';

const skip = missing;

/** Opens and closes it. @returns whether TLS was spoken */
async function opened(server: PostgresServer, parameters: string, host = 'localhost'): Promise<boolean> {
  const url = parsePostgresUrl(`${server.url().replace('127.0.0.1', host)}?${parameters}`);
  await using store = await openPostgresStore({ url, clock, random, poolSize: 1 });
  await store.changeMarks();
  const [row] = await server.query<{ ssl: boolean }>(
    "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'forcemint'",
  );
  return row?.ssl === true;
}

const refused = (opening: Promise<unknown>, retryable: boolean, what: string) =>
  assert.rejects(
    opening,
    (error: unknown) => error instanceof StoreError && error.code === 'store_unavailable' && error.retryable === retryable,
    what,
  );

test('a server is believed by its certificate alone', { skip }, async (t) => {
  const { ca, good, bad } = testCertificates();
  const directory = temporaryDirectory(t);
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, ca);
  await using server = await PostgresServer.start({ fsync: false, tls: { certificate: good.cert, key: good.key } });
  const trusting = `sslrootcert=${encodeURIComponent(caFile)}`;
  assert.equal(await opened(server, `sslmode=verify-full&${trusting}`), true);
  await refused(opened(server, 'sslmode=verify-full'), false, 'a CA that nobody named');
  await refused(opened(server, `sslmode=verify-full&${trusting}`, '127.0.0.1'), false, 'another name');
  assert.equal(await opened(server, `sslmode=verify-ca&${trusting}`, '127.0.0.1'), true);
  assert.equal(await opened(server, 'sslmode=require'), true);
  assert.equal(await opened(server, 'sslmode=disable'), false);

  for (const [what, { cert, key }] of Object.entries(bad)) {
    await server.halt();
    writeFileSync(join(server.dataDirectory, 'server.crt'), cert);
    writeFileSync(join(server.dataDirectory, 'server.key'), key);
    await server.start();
    await refused(opened(server, `sslmode=verify-full&${trusting}`), false, what);
  }
});

test('a server without TLS is not spoken to where TLS is asked for', { skip }, async () => {
  await using server = await PostgresServer.start({ fsync: false });
  for (const mode of ['require', 'verify-ca', 'verify-full']) await refused(opened(server, `sslmode=${mode}`), true, mode);
  assert.equal(await opened(server, ''), false);
});
