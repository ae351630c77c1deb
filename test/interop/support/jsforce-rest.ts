import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import { adminOf } from './emulated-org.ts';
import { type JsforceLibrary, logIn, VERSION } from './jsforce-library.ts';

/** As simple-salesforce reads them: the first element of an array, or a crash. */
async function firstError(emulator: Emulator, path: string, accessToken: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const response = await fetch(`${emulator.myDomainUrl}/services/data/v${VERSION}${path}`, { headers });
  const body: unknown = await response.json();
  assert.ok(Array.isArray(body), `${path}: an array, not ${JSON.stringify(body)}`);
  return body[0].errorCode;
}

/** What the library gets from the REST API. */
export function judgeRest(name: string, library: JsforceLibrary): void {
  test(`${name}: identity, query, limits`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    const identity = await connection.identity();
    const { id, username } = adminOf(emulator);
    assert.deepEqual([identity.organization_id, identity.user_id, identity.username], [emulator.ready.org.id, id, username]);
    const { records } = await connection.query(`SELECT Username FROM User WHERE Id = '${id}'`);
    assert.equal(records[0]?.Username, username);
    const { DailyApiRequests: requests } = await connection.limits();
    assert.equal(requests?.Max, 15_000);
    assert.equal(requests.Remaining, 15_000 - (connection.limitInfo.apiUsage?.used ?? 0));
  });

  test(`${name}: errors of the REST API are arrays, the errorCode in the first element`, async () => {
    await using emulator = await createEmulator();
    const { instanceUrl, accessToken } = await logIn(library, emulator, 'web');
    const good = accessToken ?? '';
    const refused: readonly [path: string, token: string, errorCode: string][] = [
      ['/limits', 'nonsense', 'INVALID_SESSION_ID'],
      ['/nowhere', good, 'NOT_FOUND'],
      ['/query?q=SELECT', good, 'MALFORMED_QUERY'],
      ['/query?q=SELECT+Id+FROM+Nothing', good, 'INVALID_TYPE'],
      ['/query?q=SELECT+Nothing+FROM+Account', good, 'INVALID_FIELD'],
    ];
    for (const [path, token, errorCode] of refused) {
      const connection = library.connect({ version: VERSION, instanceUrl, accessToken: token });
      await assert.rejects(async () => connection.request(path), { name: errorCode, errorCode });
      assert.equal(await firstError(emulator, path, token), errorCode);
    }
  });

  test(`${name}: a bad token at the identity URL is 403 and a word, which it takes for any HTTP error`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web', 'api');
    emulator.advanceClock(7201);
    await assert.rejects(connection.identity(), { errorCode: 'ERROR_HTTP_403', message: 'Bad_OAuth_Token' });
  });
}
