import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultAction } from '../src/index.ts';
import { appOf, clientCredentialsForm, get, isAccepted, post, requestToken, startEmulator } from './emulator-client.ts';
import {
  FAMILY_SIZES,
  PAGE_ERRORS,
  REDIRECTED_ERRORS,
  REST_ERRORS,
  SINGLE_ROWS,
  SOAP_FAULTS,
  TEXT_ANSWERS,
  TOKEN_ERRORS,
  UNCONFIRMED,
} from './expected-rows.ts';

const action = (row: string, variant: string | undefined): FaultAction => (variant === undefined ? { row } : { row, variant });

/** The default has no variant: it is tried with and without. */
function withDefault(lines: readonly { id: string; variant: string | undefined }[], index: number): FaultAction[] {
  const { id = '', variant } = lines[index] ?? {};
  const isFirst = lines.findIndex((line) => line.id === id) === index;
  return [...(isFirst ? [action(id, undefined)] : []), ...(variant === undefined ? [] : [action(id, variant)])];
}

test('every row of the catalogue has a test, and there are 113', async (t) => {
  const emulator = await startEmulator(t);
  const ids = Object.entries(FAMILY_SIZES).flatMap(([letter, size]) =>
    Array.from({ length: size }, (_, index) => `${letter}${index + 1}`),
  );
  assert.equal(ids.length, 113);
  const described = emulator.rows();
  assert.deepEqual(
    described.map(({ id }) => id),
    ids,
  );
  const tested = new Set([
    ...[...TOKEN_ERRORS, ...REDIRECTED_ERRORS, ...PAGE_ERRORS].map(({ id }) => id),
    ...[...TEXT_ANSWERS, ...REST_ERRORS].map(([id]) => id),
    ...SINGLE_ROWS,
  ]);
  assert.deepEqual(tested, new Set(ids));
  assert.deepEqual(
    described.filter((row) => !row.isTextConfirmed).map(({ id }) => id),
    UNCONFIRMED,
  );
  const response = await get(`${emulator.controlUrl}/_emulator/rows`);
  assert.deepEqual(JSON.parse(response.text), JSON.parse(JSON.stringify(described)));
});

test('a row says where it appears and what it says', async (t) => {
  const emulator = await startEmulator(t, {
    config: { errorDescriptions: { A8: 'no verifier', T3: null }, errorStatuses: { T1: 429 } },
  });
  const rows = new Map(emulator.rows().map((row) => [row.id, row]));
  assert.deepEqual(rows.get('J1'), {
    id: 'J1',
    endpoints: ['token'],
    error: 'invalid_grant',
    description: "user hasn't approved this consumer",
    status: 400,
    isTextConfirmed: true,
    variants: [],
  });
  assert.deepEqual(rows.get('H8')?.variants, [
    { variant: '401', error: 'URL_NOT_RESET', description: 'Destination URL not reset', status: 401, isTextConfirmed: true },
    { variant: '500', error: 'URL_NOT_RESET', description: 'Destination URL not reset', status: 500, isTextConfirmed: true },
  ]);
  const { error, description, status, endpoints } = rows.get('T9') ?? {};
  assert.deepEqual([error, description, status, endpoints?.includes('rest')], [null, null, null, true]);
  assert.deepEqual([rows.get('A8')?.description, rows.get('A8')?.isTextConfirmed], ['no verifier', false]);
  assert.deepEqual([rows.get('T3')?.description, rows.get('T3')?.isTextConfirmed], [null, false]);
  assert.deepEqual([rows.get('T1')?.status, rows.get('T1')?.variants.map((one) => one.status)], [429, [429, 429]]);
  for (const { id, variants } of rows.values()) {
    assert.equal(new Set(variants.map(({ variant }) => variant)).size, variants.length, id);
    assert.notEqual(variants.length, 1, id);
  }
});

test('userinfo, identity URL and singleaccess: one word', async (t) => {
  const emulator = await startEmulator(t);
  for (const [id, path, status, word, variant] of TEXT_ANSWERS) {
    emulator.fault({ action: action(id, variant) });
    const answer = await get(`${emulator.myDomainUrl}${path}`);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.text],
      [status, 'text/plain;charset=UTF-8', word],
      `${id} ${variant}`,
    );
  }
  emulator.fault({ action: { row: 'V7' } });
  assert.equal((await get(`${emulator.myDomainUrl}/services/oauth2/userinfo`)).text, 'Missing_OAuth_Token');
});

test('revocation: V1 and V2, which repeats the token', async (t) => {
  const emulator = await startEmulator(t);
  const url = `${emulator.loginUrl}/services/oauth2/revoke`;
  const token = '00D000000000EMU!synthetic $& "token"';
  const description = `invalid token: ${token}`;
  emulator.fault({ action: { row: 'V1' }, times: 2 });
  const unknown = await post(url, { token });
  assert.deepEqual([unknown.status, unknown.text], [400, 'error=invalid_token&error_description=invalid+token']);
  assert.equal(
    (await post(url, { token }, { accept: 'application/json' })).text,
    '{"error":"invalid_token","error_description":"invalid token"}',
  );

  emulator.fault({ action: { row: 'V2' }, times: 4 });
  const encoded = await post(url, { token });
  assert.equal(encoded.text, new URLSearchParams({ error: 'unsupported_token_type', error_description: description }).toString());
  assert.equal(encoded.headers.get('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
  const json = await post(url, { token }, { accept: 'application/json' });
  assert.equal(json.text, JSON.stringify({ error: 'unsupported_token_type', error_description: description }));
  const byGet = await get(`${url}?${new URLSearchParams({ token, format: 'json' })}`);
  assert.deepEqual([byGet.status, byGet.body.error_description], [400, description]);
  const jsonp = await get(`${url}?${new URLSearchParams({ token, callback: 'done' })}`);
  assert.deepEqual([jsonp.status, jsonp.headers.get('content-type')], [200, 'application/javascript;charset=UTF-8']);
  assert.equal(jsonp.text, `done(${JSON.stringify({ error: 'unsupported_token_type', error_description: description })})`);

  emulator.fault({ match: { path: '/services/oauth2/token' }, action: { row: 'V2' } });
  const { body } = await requestToken(emulator, { token });
  assert.equal(body.error_description, description);
  assert.ok(!JSON.stringify(emulator.ledger()).includes('synthetic'));
  assert.equal(emulator.ledger().at(-1)?.description, 'invalid token: <token>');
});

test('introspection: V3 and V4 inactive, V5 refused', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token } = (await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' })).body;
  const { clientId, clientSecret } = appOf(emulator, 'clientCredentials');
  const ask = () =>
    post(`${emulator.myDomainUrl}/services/oauth2/introspect`, { client_id: clientId, client_secret: clientSecret, token });
  for (const row of ['V3', 'V4']) {
    emulator.fault({ action: { row } });
    const { status, text, headers } = await ask();
    assert.deepEqual([status, text, headers.get('content-type')], [200, '{"active":false}', 'application/json;charset=UTF-8']);
  }
  emulator.fault({ action: { row: 'V5' } });
  const refused = await ask();
  assert.deepEqual(
    [refused.status, refused.text],
    [400, '{"error":"invalid_client","error_description":"invalid client credentials"}'],
  );
  assert.equal(String((await ask()).body.active), 'true');
  assert.ok(await isAccepted(emulator, token));
});

test('REST: an array with one error', async (t) => {
  const emulator = await startEmulator(t);
  const lines = REST_ERRORS.map(([id, , , , variant]) => ({ id, variant }));
  for (const [index, [, status, errorCode, message]] of REST_ERRORS.entries()) {
    for (const fault of withDefault(lines, index)) {
      emulator.fault({ action: fault });
      const answer = await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`);
      assert.deepEqual(
        [answer.status, answer.headers.get('content-type'), answer.text],
        [status, 'application/json;charset=UTF-8', JSON.stringify([{ message, errorCode }])],
        JSON.stringify(fault),
      );
    }
  }
});

test('H13: a page or a redirect instead of the REST API', async (t) => {
  const emulator = await startEmulator(t);
  for (const [variant, status, text, location] of [
    [undefined, 200, 'We are down for maintenance.', null],
    ['page', 200, 'We are down for maintenance.', null],
    ['redirect', 302, 'The page has moved.', `${emulator.myDomainUrl}/login`],
  ] as const) {
    emulator.fault({ action: action('H13', variant) });
    const answer = await get(`${emulator.myDomainUrl}/services/data/v66.0`);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.headers.get('location'), answer.text],
      [status, 'text/html;charset=UTF-8', location, `<!doctype html><html><body><p>${text}</p></body></html>`],
    );
  }
});

test('H14: SOAP faults', async (t) => {
  const emulator = await startEmulator(t);
  const lines = SOAP_FAULTS.map(([code]) => ({ id: 'H14', variant: code }));
  for (const [index, [code, message]] of SOAP_FAULTS.entries()) {
    for (const fault of withDefault(lines, index)) {
      emulator.fault({ action: fault });
      const response = await fetch(`${emulator.loginUrl}/services/Soap/u/50.0`, { method: 'POST', body: '<login/>' });
      assert.deepEqual([response.status, response.headers.get('content-type')], [500, 'text/xml;charset=UTF-8']);
      assert.equal(
        await response.text(),
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
          'xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
          `<soapenv:Fault><faultcode>sf:${code}</faultcode><faultstring>${code}: ${message}</faultstring><detail>` +
          `<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>${code}</sf:exceptionCode>` +
          `<sf:exceptionMessage>${message}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
      );
    }
  }
});
