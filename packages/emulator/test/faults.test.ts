import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type Emulator, fingerprint, type LedgerEntry } from '../src/index.ts';
import { ADMIN, appOf, clientCredentialsForm, isAccepted, refreshForm, requestToken, startEmulator } from './emulator-client.ts';

const ask = (emulator: Emulator) => requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });

async function rotatingToken(emulator: Emulator) {
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  return { token, refresh: () => requestToken(emulator, refreshForm(emulator, 'rotating', token)) };
}

/** Waits for the server to notice the end of a connection that the client has seen already. */
async function lastEntry(emulator: Emulator): Promise<LedgerEntry> {
  for (;;) {
    const entry = emulator.ledger().at(-1);
    if (entry !== undefined && entry.endedAtMs !== null) return entry;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('row: the answer of the catalogue, once, and nothing is processed', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh } = await rotatingToken(emulator);
  emulator.fault({ action: { row: 'R2' } });
  const { status, body } = await refresh();
  assert.equal(status, 400);
  assert.deepEqual(body, { error: 'invalid_grant', error_description: 'token request is already being processed' });
  assert.deepEqual([(await lastEntry(emulator)).outcome, (await lastEntry(emulator)).consumed], ['invalid_grant', false]);
  assert.equal((await refresh()).status, 200);
});

test('status, body and headers', async (t) => {
  const emulator = await startEmulator(t);
  const headers = { location: 'https://elsewhere.example/', 'retry-after': '7' };
  emulator.fault({ action: { status: 302, headers } });
  const moved = await ask(emulator);
  assert.deepEqual([moved.status, moved.headers.get('location'), moved.headers.get('retry-after')], [302, headers.location, '7']);
  emulator.fault({ action: { status: 503, body: '<html>down</html>', headers: { 'content-type': 'text/html' } } });
  const down = await ask(emulator);
  assert.deepEqual([down.status, down.text, down.headers.get('content-type')], [503, '<html>down</html>', 'text/html']);
  assert.equal((await lastEntry(emulator)).outcome, 'http_503');
});

test('status with processed: the token is used up, the answer is another', async (t) => {
  const emulator = await startEmulator(t);
  const { token, refresh } = await rotatingToken(emulator);
  emulator.fault({ action: { status: 200, body: 'null', processed: true } });
  assert.equal((await refresh()).text, 'null');
  const { consumed, outcome, presented, written } = await lastEntry(emulator);
  assert.deepEqual([consumed, outcome, presented, written], [true, 'ok', fingerprint(token), true]);
});

test('dropBefore: nothing processed, nothing answered', async (t) => {
  const emulator = await startEmulator(t);
  const { token, refresh } = await rotatingToken(emulator);
  emulator.fault({ action: { dropBefore: true } });
  await assert.rejects(refresh());
  const { status, outcome, consumed, written, presented } = await lastEntry(emulator);
  assert.deepEqual([status, outcome, consumed, written, presented], [null, 'dropped', false, false, fingerprint(token)]);
  assert.equal((await refresh()).status, 200);
});

test('dropAfter: the token is rotated and the answer lost', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh } = await rotatingToken(emulator);
  emulator.fault({ action: { dropAfter: true } });
  await assert.rejects(refresh());
  const { status, outcome, consumed, written, issued } = await lastEntry(emulator);
  assert.deepEqual([status, outcome, consumed, written], [null, 'ok', true, false]);
  assert.match(issued ?? '', /^[0-9a-f]{16}$/);
  assert.equal((await refresh()).body.error_description, 'expired access/refresh token');
});

for (const bytes of [0, 1, 40, 1_000_000]) {
  test(`truncateAtByte ${bytes}: the whole length is announced, fewer bytes come`, async (t) => {
    const emulator = await startEmulator(t);
    emulator.fault({ action: { truncateAtByte: bytes } });
    const { hostname, port } = new URL(emulator.myDomainUrl);
    const form = new URLSearchParams(Object.entries(clientCredentialsForm(emulator)).map(([k, v]) => [k, v ?? ''])).toString();
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
    );
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    await once(socket, 'close');
    const [head = '', body = ''] = received.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    assert.match(head, /^HTTP\/1.1 200/);
    assert.equal(body.length, Math.min(bytes, length - 1));
    const { status, outcome, written } = await lastEntry(emulator);
    assert.deepEqual([status, outcome, written], [200, 'ok', false]);
  });
}

test('hang: no answer until the client gives up', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { hang: true } });
  const hanging = fetch(`${emulator.myDomainUrl}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    signal: AbortSignal.timeout(200),
  });
  await assert.rejects(hanging, { name: 'TimeoutError' });
  assert.deepEqual([(await lastEntry(emulator)).outcome, (await lastEntry(emulator)).written], ['dropped', false]);
});

test('a client that hangs up during a delay has used its token up all the same', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  emulator.fault({ action: { delayMs: 3_600_000 } });
  const { clientId } = appOf(emulator, 'rotating');
  const lost = fetch(`${emulator.loginUrl}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: clientId }),
    signal: AbortSignal.timeout(200),
  });
  await assert.rejects(lost);
  const { outcome, consumed, written } = await lastEntry(emulator);
  assert.deepEqual([outcome, consumed, written], ['ok', true, false]);
});

test('delayBeforeMs: the request waits unprocessed', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { delayBeforeMs: 50 } });
  assert.equal((await ask(emulator)).status, 200);
  const { startedAtMs, endedAtMs } = await lastEntry(emulator);
  assert.ok((endedAtMs ?? 0) - startedAtMs >= 49);
});

test('tamper: fields of a successful answer, and of no other', async (t) => {
  const emulator = await startEmulator(t);
  const jsonPatch = { instance_url: 'https://evil.example', signature: null, expires_in: 7 };
  emulator.fault({ action: { tamper: { jsonPatch } }, times: 2 });
  const { body } = await ask(emulator);
  assert.deepEqual([body.instance_url, 'signature' in body, body.expires_in], ['https://evil.example', false, 7]);
  assert.ok(await isAccepted(emulator, body.access_token));
  const refused = await requestToken(emulator, clientCredentialsForm(emulator));
  assert.deepEqual(Object.keys(refused.body), ['error', 'error_description']);
});
