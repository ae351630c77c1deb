import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, appOf, clientCredentialsForm, get, obtainTokens, post, requestToken, startEmulator } from './emulator-client.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';
const XML_TYPE = 'application/xml;charset=UTF-8';
const FORM_TYPE = 'application/x-www-form-urlencoded;charset=UTF-8';
const SCRIPT_TYPE = 'application/javascript;charset=UTF-8';

/** The header, and the type of an answer that is JSON unless another is asked for. */
const ACCEPTS: readonly (readonly [accept: string, type: string])[] = [
  ['application/json', JSON_TYPE],
  ['application/xml', XML_TYPE],
  ['text/xml; charset=utf-8', XML_TYPE],
  ['application/xml,application/json', XML_TYPE],
  ['application/json, application/xml', JSON_TYPE],
  ['APPLICATION/XML', XML_TYPE],
  ['text/html, application/xml;q=0.9, */*;q=0.8', XML_TYPE],
  ['*/*, application/xml', JSON_TYPE],
  ['application/*, application/xml', JSON_TYPE],
  ['text/html', JSON_TYPE],
  ['application/xmlish, text/application/xml', JSON_TYPE],
  ['', JSON_TYPE],
];

test('the token endpoint reads Accept from left to right', async (t) => {
  const emulator = await startEmulator(t);
  for (const [accept, type] of [
    ...ACCEPTS,
    ['application/x-www-form-urlencoded, application/json', FORM_TYPE],
    ['application/xml, application/x-www-form-urlencoded', XML_TYPE],
  ] as const) {
    const { headers } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain', headers: { accept } });
    assert.equal(headers.get('content-type'), type, accept);
  }
  const form = clientCredentialsForm(emulator, 'clientCredentials', { format: 'json' });
  const json = await requestToken(emulator, form, { host: 'mydomain', headers: { accept: 'application/xml' } });
  assert.equal(json.headers.get('content-type'), JSON_TYPE, 'format beats Accept');
});

test('where errors come form-encoded, Accept for anything else keeps them so', async (t) => {
  const emulator = await startEmulator(t);
  const typeOf = async (accept: string) => {
    const answer = await post(`${emulator.loginUrl}/services/oauth2/revoke`, { token: 'unknown' }, { accept });
    return answer.headers.get('content-type');
  };
  assert.equal(await typeOf('*/*'), FORM_TYPE);
  assert.equal(await typeOf('text/plain, */*'), FORM_TYPE);
  assert.equal(await typeOf('application/json, text/plain, */*'), JSON_TYPE);
  assert.equal(await typeOf('text/plain, application/xml, application/json'), XML_TYPE);
});

test('the identity URL in the format of Accept or of the parameter, in the query or the form', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token = '', id = '' } = await obtainTokens(emulator, 'web');
  const authorization = `Bearer ${token}`;
  for (const [accept, type] of [...ACCEPTS, ['application/x-www-form-urlencoded', JSON_TYPE]] as const) {
    const { status, headers } = await get(id, { authorization, accept });
    assert.deepEqual([status, headers.get('content-type')], [200, type], accept);
  }
  const xml = await post(id, { format: 'xml', version: '42.0', oauth_token: token });
  assert.equal(xml.headers.get('content-type'), XML_TYPE);
  assert.ok(xml.text.includes('/services/data/v42.0/sobjects/'), 'the version of the form');
  const json = await get(`${id}?format=json&version=41.0`, { authorization, accept: 'application/xml' });
  assert.equal(json.body.username, ADMIN.username);
  assert.ok(json.text.includes('/services/data/v41.0/sobjects/'));
});

test('a POST may have its token in the query', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token = '', id = '' } = await obtainTokens(emulator, 'web');
  for (const url of [id, `${emulator.loginUrl}/services/oauth2/userinfo`]) {
    for (const name of ['oauth_token', 'access_token']) {
      assert.equal((await post(`${url}?${name}=${token}`, {})).body.user_id, emulator.ready.users[0]?.id, `${name} ${url}`);
      assert.equal((await post(`${url}?${name}=`, {})).text, 'Missing_OAuth_Token');
    }
  }
  emulator.fault({ match: { clientId: appOf(emulator, 'web').clientId }, action: { row: 'V6' } });
  assert.equal((await post(`${id}?oauth_token=${token}`, {})).text, 'Bad_OAuth_Token', 'a fault knows whose request it is');
});

test('the identity URL as JSONP', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token = '', id = '' } = await obtainTokens(emulator, 'web');
  const authorization = `Bearer ${token}`;
  const plain = await get(id, { authorization });
  for (const answer of [
    await get(`${id}?callback=my.done_1`, { authorization }),
    await get(`${id}?callback=my.done_1&oauth_token=${token}`),
    await post(id, { callback: 'my.done_1' }, { authorization }),
  ]) {
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, SCRIPT_TYPE]);
    assert.equal(answer.text, `my.done_1(${plain.text})`);
  }
  assert.equal((await get(`${id}?callback=alert(1)`, { authorization })).text, plain.text, 'no script but a name');
  const xml = await get(`${id}?callback=done&format=xml`, { authorization });
  assert.equal(xml.headers.get('content-type'), XML_TYPE, 'JSONP is of JSON');
});
