import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  codeForm,
  jwtForm,
  obtainCode,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

test('each token request is one line, with fingerprints and never a token', async (t) => {
  const emulator = await startEmulator(t);
  const started = Date.now();
  const { body: first } = await requestToken(emulator, codeForm(emulator, 'rotating', await obtainCode(emulator, 'rotating')));
  const { body: second } = await requestToken(emulator, refreshForm(emulator, 'rotating', first.refresh_token ?? ''));
  await requestToken(emulator, jwtForm(emulator, 'jwt', { sub: 'nobody@emulator.example' }));
  await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const ledger = emulator.ledger();
  const clientId = (name: string) => appOf(emulator, name).clientId;
  const [issued, renewed] = [fingerprint(first.refresh_token ?? ''), fingerprint(second.refresh_token ?? '')];
  assert.deepEqual(
    ledger.map(({ startedAtMs: _1, endedAtMs: _2, clockMs: _3, ...rest }) => rest),
    [
      {
        seq: 1,
        host: 'login',
        grantType: 'authorization_code',
        clientId: clientId('rotating'),
        subject: ADMIN.username,
        status: 200,
        outcome: 'ok',
        description: null,
        presented: null,
        issued,
        consumed: false,
        written: true,
      },
      {
        seq: 2,
        host: 'login',
        grantType: 'refresh_token',
        clientId: clientId('rotating'),
        subject: ADMIN.username,
        status: 200,
        outcome: 'ok',
        description: null,
        presented: issued,
        issued: renewed,
        consumed: true,
        written: true,
      },
      {
        seq: 3,
        host: 'login',
        grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        clientId: clientId('jwt'),
        subject: 'nobody@emulator.example',
        status: 400,
        outcome: 'invalid_grant',
        description: "user hasn't approved this consumer",
        presented: null,
        issued: null,
        consumed: false,
        written: true,
      },
      {
        seq: 4,
        host: 'mydomain',
        grantType: 'client_credentials',
        clientId: clientId('clientCredentials'),
        subject: 'integration@emulator.example',
        status: 200,
        outcome: 'ok',
        description: null,
        presented: null,
        issued: null,
        consumed: false,
        written: true,
      },
    ],
  );
  for (const { startedAtMs, endedAtMs } of ledger) {
    assert.ok(startedAtMs >= started - 1 && (endedAtMs ?? 0) >= startedAtMs && (endedAtMs ?? 0) <= Date.now() + 1);
  }
  const text = JSON.stringify(ledger);
  for (const token of [first.refresh_token, second.refresh_token, first.access_token]) assert.ok(!text.includes(token ?? '?'));
});

test("the times of the ledger are real, whatever the emulator's clock says", async (t) => {
  const emulator = await startEmulator(t);
  emulator.advanceClock(86_400);
  await requestToken(emulator, clientCredentialsForm(emulator));
  const [entry] = emulator.ledger();
  const ahead = (entry?.clockMs ?? 0) - (entry?.startedAtMs ?? 0);
  assert.ok(ahead > 86_390_000 && ahead < 86_410_000);
});

test('simultaneous requests with one token overlap in the ledger', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { processingMs: 1000 } } });
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  await Promise.all([0, 1].map(() => requestToken(emulator, refreshForm(emulator, 'rotating', token))));
  const [winner, loser] = emulator.ledger().toSorted((left) => (left.outcome === 'ok' ? -1 : 1));
  assert.equal(winner?.presented, loser?.presented);
  assert.ok((loser?.startedAtMs ?? 0) < (winner?.endedAtMs ?? 0) && (loser?.endedAtMs ?? 0) > (winner?.startedAtMs ?? 0));
  assert.deepEqual(
    [winner?.consumed, loser?.consumed, loser?.description],
    [true, false, 'token request is already being processed'],
  );
});

test('the ledger is bounded: the newest lines stay', async (t) => {
  const emulator = await startEmulator(t, { config: { ledgerLimit: 3 } });
  for (let request = 0; request < 8; request++) await requestToken(emulator, { grant_type: 'none' });
  assert.deepEqual(
    emulator.ledger().map(({ seq }) => seq),
    [6, 7, 8],
  );
  assert.deepEqual(
    emulator.ledger(7).map(({ seq }) => seq),
    [8],
  );
});

test('a secret or token in the wrong field stands in the ledger as a fingerprint', async (t) => {
  const emulator = await startEmulator(t);
  const { clientSecret = '' } = appOf(emulator, 'web');
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  await requestToken(emulator, { grant_type: token, client_id: clientSecret });
  await requestToken(emulator, jwtForm(emulator, 'jwt', { sub: token }));
  await requestToken(emulator, { grant_type: 'refresh_tokn', client_id: 'x'.repeat(100_000) });
  const [swapped, subject, long] = emulator.ledger();
  assert.deepEqual(
    [swapped?.grantType, swapped?.clientId, subject?.subject],
    [`unknown:${fingerprint(token)}`, `unknown:${fingerprint(clientSecret)}`, `unknown:${fingerprint(token)}`],
  );
  assert.deepEqual([long?.grantType, long?.clientId], ['refresh_tokn', `unknown:${fingerprint('x'.repeat(100_000))}`]);
});
