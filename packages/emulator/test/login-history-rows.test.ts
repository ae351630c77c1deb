import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  clientCredentialsForm,
  codeForm,
  type Form,
  INTEGRATION,
  jwtForm,
  obtainCode,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';
import { recordsOf, restClient } from './rest-client.ts';

const FIELDS = 'Application, LoginSubType, LoginUrl, SourceIp, LoginType, Status';

function idOf(emulator: Emulator, { username }: { username: string }): string {
  return emulator.ready.users.find((user) => user.username === username)?.id ?? '';
}

test('a token of any grant leaves a row', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('clientCredentials', { oauthClientCredentialUser: ADMIN.username });
  const request = await restClient(emulator);
  const asked = async (form: Form, host: 'login' | 'mydomain', headers: Record<string, string> = {}) => {
    emulator.advanceClock(1);
    const { status, text, body } = await requestToken(emulator, form, { host, headers });
    assert.equal(status, 200, text);
    return body;
  };
  const code = await obtainCode(emulator, 'web', {}, INTEGRATION);
  const { refresh_token: refreshToken = '' } = await asked(codeForm(emulator, 'web', code), 'login');
  await asked(refreshForm(emulator, 'web', refreshToken), 'mydomain', { 'x-forwarded-for': '203.0.113.7, 10.0.0.1' });
  await asked(jwtForm(emulator), 'login');
  await asked(clientCredentialsForm(emulator, 'all'), 'mydomain');

  const whose = `UserId = '${idOf(emulator, INTEGRATION)}'`;
  const rows = await recordsOf(request, `SELECT ${FIELDS} FROM LoginHistory WHERE ${whose} ORDER BY LoginTime DESC LIMIT 200`);
  const [login, mydomain] = [new URL(emulator.loginUrl).host, new URL(emulator.myDomainUrl).host];
  assert.deepEqual(
    rows.map(({ attributes: _, ...row }) => Object.values(row)),
    [
      ['all', 'OAuth Client Credentials', mydomain, '127.0.0.1', 'Remote Access 2.0', 'Success'],
      ['jwt', null, login, '127.0.0.1', 'Remote Access 2.0', 'Success'],
      ['web', 'OAuth Refresh Token', mydomain, '203.0.113.7', 'Remote Access 2.0', 'Success'],
      ['web', 'OAuth Web Server', login, '127.0.0.1', 'Remote Access 2.0', 'Success'],
    ],
  );
});

test('a row has the time of the emulated clock, and every field is there', async (t) => {
  const now = Date.parse('2026-03-04T05:06:07.000Z');
  const emulator = await startEmulator(t, { clock: () => now });
  emulator.advanceClock(3600);
  const request = await restClient(emulator);
  assert.deepEqual(await recordsOf(request, 'SELECT FIELDS(ALL) FROM LoginHistory LIMIT 1'), [
    {
      attributes: { type: 'LoginHistory', url: '/services/data/v66.0/sobjects/LoginHistory/0Ya000000EMU001CQD' },
      Id: '0Ya000000EMU001CQD',
      UserId: idOf(emulator, INTEGRATION),
      LoginTime: '2026-03-04T06:06:07.000+0000',
      LoginType: 'Remote Access 2.0',
      SourceIp: '127.0.0.1',
      LoginUrl: new URL(emulator.myDomainUrl).host,
      TlsProtocol: null,
      Browser: 'Unknown',
      Platform: 'Unknown',
      Status: 'Success',
      Application: 'clientCredentials',
      ClientVersion: 'N/A',
      ApiType: 'N/A',
      ApiVersion: 'N/A',
      CountryIso: null,
      LoginSubType: 'OAuth Client Credentials',
    },
  ]);
});

test('reset forgets the history', async (t) => {
  const emulator = await startEmulator(t);
  await requestToken(emulator, jwtForm(emulator));
  emulator.reset();
  const request = await restClient(emulator);
  assert.equal((await recordsOf(request, 'SELECT Id FROM LoginHistory')).length, 1, 'the one who asks');
});
