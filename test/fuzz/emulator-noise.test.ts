import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noise, settle } from './support/noise.ts';
import { judgeAnswer, judgeLiveness, pathOf } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { get, type WireRequest } from './support/wire.ts';
import { World } from './support/world.ts';

const CASES_PER_BATCH = 250;
const DATA = '/services/data/v66.0/limits';

test(`requests of anything at all: no defect, no token, no redirect, no markup (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  let token = await world.newAccessToken();
  let cases = 0;
  const property = fc.asyncProperty(noise, async (anything) => {
    const request = settle(world, token, anything);
    const answer = await world.wire.send(request);
    judgeAnswer(world, request, answer);
    if (pathOf(request) === '/services/oauth2/token') assert.notEqual(answer.status, 200, 'nothing in it was a credential');
    if (answer.headers.location !== undefined) assert.doesNotMatch(answer.headers.location, /[?&]code=/);
    cases += 1;
    if (cases % CASES_PER_BATCH === 0) {
      await judgeLiveness(world);
      token = await world.newAccessToken();
    }
  });
  await fc.assert(property, parameters(12_000));
});

test('requests that are too large are turned away, and the connection serves the next', DEADLINE, async () => {
  await using world = await World.start();
  const megabytes = (count: number): string => `grant_type=${'x'.repeat(count * 1_048_576)}`;
  const headers = [['content-type', 'application/x-www-form-urlencoded']] as const;
  const targets = ['/services/oauth2/token', '/services/oauth2/revoke', '/login', '/_emulator/grants', DATA];
  for (const target of targets) {
    // A collection of records may be larger than any other request.
    const body = megabytes(target.startsWith(DATA) ? 9 : 1);
    for (const host of ['login', 'mydomain'] as const) {
      const request: WireRequest = { host, method: 'POST', target, headers, body };
      const answer = await world.wire.send(request);
      assert.equal(answer.status, 413, target);
      judgeAnswer(world, request, answer);
    }
    assert.equal((await world.wire.send(get('login', '/.well-known/openid-configuration'))).status, 200);
  }
  await judgeLiveness(world);
});
