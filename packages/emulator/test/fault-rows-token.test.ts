import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import type { Emulator, FaultAction } from '../src/index.ts';
import { clientCredentialsForm, type Form, get, post, requestToken, startEmulator } from './emulator-client.ts';
import { type ExpectedError, TOKEN_ERRORS } from './expected-rows.ts';

const FORM_ENCODED = 'application/x-www-form-urlencoded;charset=UTF-8';
const JSON_TYPE = 'application/json;charset=UTF-8';
const XML_TYPE = 'application/xml;charset=UTF-8';
const TOKEN = '/services/oauth2/token';

const ask = (emulator: Emulator) => requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll("'", '&#39;');

/** The fault without a variant where it is the default one, and with it. */
function actions({ id, variant }: ExpectedError): FaultAction[] {
  const isFirst = TOKEN_ERRORS.find((one) => one.id === id)?.variant === variant;
  return [...(isFirst ? [{ row: id }] : []), ...(variant === undefined ? [] : [{ row: id, variant }])];
}

test('rows of the token endpoint, in the format of each endpoint', async (t) => {
  const emulator = await startEmulator(t);
  const check = async ({ error, description }: ExpectedError, action: FaultAction) => {
    const at = (path: string, more: Form = {}, headers: Record<string, string> = {}) => {
      emulator.fault({ match: { path }, action });
      return post(`${emulator.myDomainUrl}${path}`, { ...clientCredentialsForm(emulator), ...more }, headers);
    };
    const json = JSON.stringify({ error, error_description: description });
    const encoded = new URLSearchParams({ error, error_description: description }).toString();
    const xml = `<?xml version="1.0" encoding="UTF-8"?><OAuth><error>${error}</error><error_description>${escaped(description)}</error_description></OAuth>`;
    for (const path of [TOKEN, '/services/oauth2/introspect']) {
      const plain = await at(path);
      assert.deepEqual([plain.status, plain.headers.get('content-type'), plain.text], [400, JSON_TYPE, json]);
      assert.match(plain.headers.get('cache-control') ?? '', /no-store/);
      // `format` beats Accept.
      const formatted = await at(path, { format: 'urlencoded' }, { accept: 'application/json' });
      assert.deepEqual([formatted.status, formatted.headers.get('content-type'), formatted.text], [400, FORM_ENCODED, encoded]);
      const accepted = await at(path, {}, { accept: 'application/xml' });
      assert.deepEqual([accepted.status, accepted.headers.get('content-type'), accepted.text], [400, XML_TYPE, xml]);
    }
    const revoked = await at('/services/oauth2/revoke');
    assert.deepEqual([revoked.status, revoked.headers.get('content-type'), revoked.text], [400, FORM_ENCODED, encoded]);
    assert.equal((await at('/services/oauth2/revoke', {}, { accept: 'application/json' })).text, json);
    const entry = emulator.ledger().at(-1);
    assert.deepEqual([entry?.outcome, entry?.description, entry?.status], [error, description, 400]);
  };
  for (const expected of TOKEN_ERRORS) {
    for (const action of actions(expected)) {
      await t.test([action.row, action.variant].filter(Boolean).join(' '), () => check(expected, action));
    }
  }
  assert.deepEqual(emulator.faults(), []);
});

test('S1 has error_uri: a page of the host that was asked', async (t) => {
  const emulator = await startEmulator(t);
  for (const origin of [emulator.loginUrl, emulator.myDomainUrl]) {
    emulator.fault({ action: { row: 'S1' } });
    const { status, text } = await post(`${origin}${TOKEN}`, { grant_type: 'assertion' });
    const expected = {
      error: 'invalid_grant',
      error_description: 'invalid assertion',
      error_uri: `${origin}/setup/secur/SAMLValidationPage.apexp`,
    };
    assert.deepEqual([status, text], [400, JSON.stringify(expected)]);
  }
});

test('T7 use_dpop_nonce carries a nonce', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'T7', variant: 'use_dpop_nonce' } });
  assert.match((await ask(emulator)).headers.get('dpop-nonce') ?? '', /^[\w-]+$/);
  emulator.fault({ action: { row: 'T7' } });
  assert.equal((await ask(emulator)).headers.get('dpop-nonce'), null);
});

test('T8: pages and a redirect, at the token endpoint and anywhere else', async (t) => {
  const emulator = await startEmulator(t);
  const paths = [TOKEN, '/services/data', '/services/oauth2/userinfo', '/services/oauth2/authorize', '/anywhere'];
  for (const path of paths) {
    for (const [variant, status, text] of [
      [undefined, 200, 'We are down for maintenance.'],
      ['maintenance', 200, 'We are down for maintenance.'],
      ['redirect', 302, 'The page has moved.'],
      ['not_found', 404, 'The page does not exist.'],
    ] as const) {
      emulator.fault({ action: { row: 'T8', ...(variant === undefined ? {} : { variant }) } });
      const answer = await get(`${emulator.loginUrl}${path}`);
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [status, 'text/html;charset=UTF-8'], path);
      assert.equal(answer.text, `<!doctype html><html><body><p>${text}</p></body></html>`);
      assert.equal(answer.headers.get('location'), variant === 'redirect' ? `${emulator.loginUrl}/login` : null);
    }
  }
  assert.equal(emulator.ledger().at(-1)?.outcome, 'http_404');
});

test('T9: the connection is reset before any byte', async (t) => {
  const emulator = await startEmulator(t);
  for (const path of [TOKEN, '/services/data']) {
    emulator.fault({ action: { row: 'T9' } });
    const code = await new Promise((resolve) => {
      httpRequest(`${emulator.myDomainUrl}${path}`, { agent: false }, (response) => resolve(response.statusCode))
        .on('error', (error) => resolve('code' in error ? error.code : error.message))
        .end();
    });
    assert.equal(code, 'ECONNRESET');
  }
  while (emulator.ledger().at(-1)?.endedAtMs === null) await new Promise((resolve) => setImmediate(resolve));
  const entry = emulator.ledger().at(-1);
  assert.deepEqual([entry?.status, entry?.outcome, entry?.written], [null, 'dropped', false]);
});

test('D5 page: the device flow that a browser sees refused', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'D5', variant: 'page' } });
  const { status, text, headers } = await ask(emulator);
  assert.deepEqual([status, headers.get('content-type')], [400, 'text/html;charset=UTF-8']);
  assert.match(text, /error=OAUTH_APPROVAL_ERROR_GENERIC&amp;error_description=this app can&#39;t be authorized</);
});

test('error and description of a row can be said otherwise, the description left out', async (t) => {
  const emulator = await startEmulator(t);
  const refused = async (action: FaultAction) => {
    emulator.fault({ action });
    return (await ask(emulator)).text;
  };
  assert.equal(
    await refused({ row: 'A8', description: 'code verifier is missing' }),
    '{"error":"invalid_grant","error_description":"code verifier is missing"}',
  );
  assert.equal(
    await refused({ row: 'T4', variant: 'system_down', error: 'down' }),
    '{"error":"down","error_description":"system down"}',
  );
  assert.equal(await refused({ row: 'T4', description: null }), '{"error":"server_error"}');
  assert.equal(emulator.ledger().at(-1)?.description, null);
});
