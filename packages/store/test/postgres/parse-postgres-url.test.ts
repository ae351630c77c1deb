import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { ConfigurationError } from '@forcemint/core/errors';
import fc from 'fast-check';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';

const refused = (text: string, code = 'invalid_url') =>
  assert.throws(
    () => parsePostgresUrl(text),
    (error: unknown) => error instanceof ConfigurationError && error.code === code && error.diagnosis !== undefined,
    text,
  );

test('every part of a URL counts', () => {
  const { tls, ...address } = parsePostgresUrl(
    'postgresql://us%40er:p%23w@db.example:5433/na%2Fme?sslmode=disable&application_name=x',
  );
  assert.equal(tls, undefined);
  assert.deepEqual(address, {
    host: 'db.example',
    port: 5433,
    database: 'na/me',
    user: 'us@er',
    password: 'p#w',
    safeUrl: 'postgresql://us%40er@db.example:5433/na%2Fme?sslmode=disable&application_name=x',
  });
});

test('what is left out is as libpq has it', () => {
  const { host, port, database, user, password } = parsePostgresUrl('postgres://me@localhost');
  assert.deepEqual(
    { host, port, database, user, password },
    { host: 'localhost', port: 5432, database: 'me', user: 'me', password: undefined },
  );
  assert.equal(parsePostgresUrl('postgres://me@[::1]:6000/db').host, '::1');
});

test('a Unix socket is named by its directory', () => {
  for (const url of ['postgres://me:pw@/db?host=/run/postgresql', 'postgres:///db?host=%2Frun%2Fpostgresql&user=me']) {
    const { host, database, user, tls } = parsePostgresUrl(url);
    assert.deepEqual([host, database, user, tls], ['/run/postgresql', 'db', 'me', undefined]);
  }
});

test('beyond this machine the server must prove itself, unless it is said otherwise', () => {
  for (const local of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
    assert.equal(parsePostgresUrl(`postgres://u@${local}/d`).tls, undefined, local);
  for (const host of ['db.example', '10.0.0.5', '[fe80::1]', 'localhost.example', '127.0.0.1.example']) {
    assert.equal(parsePostgresUrl(`postgres://u@${host}/d`).tls?.rejectUnauthorized, true, host);
  }
  assert.equal(parsePostgresUrl('postgres://u@db.example/d?sslmode=disable').tls, undefined);
  assert.equal(parsePostgresUrl('postgres://u@db.example/d?sslmode=require').tls?.rejectUnauthorized, false);
  assert.equal(parsePostgresUrl('postgres://u@db.example/d?sslmode=verify-ca').tls?.rejectUnauthorized, true);
  assert.equal(parsePostgresUrl('postgres://u@localhost/d?sslmode=verify-full').tls?.rejectUnauthorized, true);
});

test('modes that give in to an attacker are refused, and what is not understood', () => {
  for (const mode of ['allow', 'prefer']) refused(`postgres://u@h/d?sslmode=${mode}`, 'insecure_url');
  refused('postgres://u@h/d?sslmode=');
  refused('postgres://u@h/d?sslmode=VERIFY-FULL');
  refused('postgres://u@h/d?sslrootcert=/nowhere/ca.pem', 'invalid_certificate');
  refused('postgres://u@h/d?options=-c%20synchronous_commit%3Doff');
  refused('postgres://u@h/d?target_session_attrs=any');
  refused('postgres://u@h:0/d');
  refused('postgres://u@h/d?port=70000');
  refused('postgres://h');
  refused('mysql://u@h/d');
  refused('postgres://u:p#w@h/d');
  refused('postgres://u:p%zz@h/d');
  refused('postgres://u:p@h1,h2/d?x');
  refused('postgres://u:12/secret@h/d');
  refused('');
});

test('a password is in no error and in nothing that is shown', () => {
  const part = fc.string({ unit: 'binary-ascii', maxLength: 12 });
  fc.assert(
    fc.property(part, part, fc.boolean(), (before, after, isEncoded) => {
      const secret = 'Synthetic-Secret-19';
      const password = `${before}${secret}${after}`;
      const url = `postgres://user:${isEncoded ? encodeURIComponent(password) : password}@db.example/d?sslmode=disable`;
      try {
        const parsed = parsePostgresUrl(url);
        assert.ok(!parsed.safeUrl.includes(secret));
      } catch (error) {
        assert.ok(error instanceof ConfigurationError);
        assert.ok(!inspect(error, { depth: 10 }).includes(secret));
      }
    }),
  );
});
