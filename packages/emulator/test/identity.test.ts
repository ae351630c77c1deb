import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import { ADMIN, get, INTEGRATION, obtainTokens, type Reply, startEmulator } from './emulator-client.ts';

const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
const textOf = ({ status, text, headers }: Reply) => [status, text, headers.get('content-type')];
const NOT_FOUND = [404, 'Bad_Id', 'text/plain;charset=UTF-8'];

/** The identity URL of another user than the token's. */
function otherUrl(emulator: Emulator, id = ''): string {
  const [admin, integration] = emulator.ready.users;
  assert.equal(integration?.username, INTEGRATION.username);
  return id.replace(admin?.id ?? '', integration?.id ?? '');
}

test('a token with api or full reads the identity of another user, which is not asserted', async (t) => {
  const emulator = await startEmulator(t);
  for (const [app, scope] of [
    ['web', 'api'],
    ['all', 'full'],
  ] as const) {
    emulator.configureApp(app, { scopes: ['refresh_token', 'id', scope] });
    const { access_token: token, id } = await obtainTokens(emulator, app);
    const own: Record<string, unknown> = (await get(id ?? '', bearer(token))).body;
    assert.deepEqual([own.username, own.asserted_user], [ADMIN.username, true]);
    const { status, body } = await get(otherUrl(emulator, id), bearer(token));
    const other: Record<string, unknown> = body;
    assert.equal(status, 200, scope);
    const { username, asserted_user: isAsserted, user_id: userId, id: otherId } = other;
    const expected = [INTEGRATION.username, false, emulator.ready.users[1]?.id, otherUrl(emulator, id)];
    assert.deepEqual([username, isAsserted, userId, otherId], expected);
  }
});

test('a token of narrower scopes reads that of its own user only', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { scopes: ['refresh_token', 'id'] });
  const { access_token: token, id = '' } = await obtainTokens(emulator, 'web');
  assert.equal((await get(id, bearer(token))).status, 200);
  assert.deepEqual(textOf(await get(otherUrl(emulator, id), bearer(token))), NOT_FOUND);
});

test('a user that nobody knows, and one who is deactivated: 404 and the word of the row', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token, id = '' } = await obtainTokens(emulator, 'web');
  const own = emulator.ready.users[0]?.id ?? '';
  for (const wrong of ['005000000000XXXAAA', 'nobody', '']) {
    assert.deepEqual(textOf(await get(id.replace(own, wrong), bearer(token))), NOT_FOUND);
  }
  emulator.configureUser(INTEGRATION.username, { isActive: false });
  const inactive = textOf(await get(otherUrl(emulator, id), bearer(token)));
  assert.deepEqual(inactive, [404, 'Inactive', 'text/plain;charset=UTF-8']);
  for (const [variant, natural] of [
    ['Bad_Id', NOT_FOUND],
    ['Inactive', inactive],
  ] as const) {
    emulator.fault({ action: { row: 'V7', variant } });
    assert.deepEqual(textOf(await get(id, bearer(token))), natural, 'as the fault has it');
  }
});
