import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  clientCredentialsForm,
  codeForm,
  type Form,
  isAccepted,
  jwtForm,
  obtainCode,
  obtainTokens,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const HOUR_SECONDS = 3600;

async function refused(emulator: Emulator, form: Form, host?: 'mydomain'): Promise<void> {
  const { status, body } = await requestToken(emulator, form, host === undefined ? {} : { host });
  assert.deepEqual([status, body.error], [400, 'rate_limit_exceeded']);
}

test('a refresh token that was refused for the rate works an hour later, and the grant is whole', async (t) => {
  const emulator = await startEmulator(t);
  const [first = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  emulator.setSwitches({ loginLimitPerHour: 1 });
  const { body } = await requestToken(emulator, refreshForm(emulator, 'rotating', first));
  const second = body.refresh_token ?? '';
  await refused(emulator, refreshForm(emulator, 'rotating', second));
  const last = emulator.ledger().at(-1);
  assert.deepEqual([last?.consumed, last?.issued], [false, null]);
  emulator.advanceClock(HOUR_SECONDS);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'rotating', second))).status, 200);
  assert.equal(await isAccepted(emulator, body.access_token), true);
});

test('so do a code, an assertion with its jti, and client credentials', async (t) => {
  const emulator = await startEmulator(t);
  const tokens = await obtainTokens(emulator, 'all');
  const code = await obtainCode(emulator, 'all');
  const assertion = jwtForm(emulator, 'all', { jti: 'once', exp: Math.floor(Date.now() / 1000) + 2 * HOUR_SECONDS });
  emulator.setSwitches({ loginLimitPerHour: 1, approvalLimit: 1 });
  const filler = (user: string) => requestToken(emulator, jwtForm(emulator, 'all', { sub: user }));
  for (const { username } of emulator.ready.users) assert.equal((await filler(username)).status, 200);
  await refused(emulator, codeForm(emulator, 'all', code));
  await refused(emulator, assertion);
  await refused(emulator, clientCredentialsForm(emulator, 'all'), 'mydomain');
  assert.equal(await isAccepted(emulator, tokens.access_token), true, 'no approval pushed out the one before');
  emulator.advanceClock(HOUR_SECONDS);
  emulator.setSwitches({ loginLimitPerHour: 0 });
  assert.equal((await requestToken(emulator, assertion)).status, 200);
  const again = await requestToken(emulator, assertion);
  assert.equal(again.body.error, 'bad_jti_claim');
  assert.equal((await requestToken(emulator, clientCredentialsForm(emulator, 'all'), { host: 'mydomain' })).status, 200);
});

test('a code that was refused for the rate is not used up', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web');
  emulator.setSwitches({ loginLimitPerHour: 1 });
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', token))).status, 200);
  await refused(emulator, codeForm(emulator, 'web', code));
  emulator.setSwitches({ loginLimitPerHour: 0 });
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code))).status, 200);
});
