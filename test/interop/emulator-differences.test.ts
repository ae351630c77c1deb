import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize, exchange, refresh } from './support/action-words.ts';
import { playBoth } from './support/compare-servers.ts';
import { startServers } from './support/differential-server.ts';
import { KNOWN_DIFFERENCES } from './support/known-differences.ts';

// A difference that is gone must leave the table, or it would excuse what nobody knows.
test('the known differences to oidc-provider are really there', async (t) => {
  const servers = await startServers(t);
  for (const { what, fact, mark, script, emulator, foreign } of KNOWN_DIFFERENCES) {
    await t.test(`${what} (${fact}; ${mark})`, async () => {
      const { verdicts } = await playBoth(servers, script);
      assert.deepEqual(verdicts.at(-1), [emulator, foreign]);
      for (const [ours, theirs] of verdicts.slice(0, -1)) assert.equal(ours, theirs, 'up to there they agree');
    });
  }
});

test('a known difference to oidc-provider: no expires_in from any grant (B.1; R)', async (t) => {
  const { held } = await playBoth(await startServers(t), [authorize(), exchange(), refresh()]);
  const [ours, theirs] = held.map(({ answers }) => answers.map((answer) => 'expires_in' in answer));
  assert.deepEqual(
    [ours, theirs],
    [
      [false, false],
      [true, true],
    ],
  );
});
