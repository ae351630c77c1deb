import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { controlCase, URLS } from './support/control-cases.ts';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { get, type WireRequest } from './support/wire.ts';
import { CALLBACK, USERS, World } from './support/world.ts';

const CASES_PER_BATCH = 100;
const DEFAULT_SWITCHES = JSON.stringify({
  approvalLimit: 5,
  sameSession: false,
  identityHost: 'login',
  concurrentRefresh: 'refuse',
  loginLimitPerHour: 0,
});

/** Undoes what the case may have changed, so that only what it broke shows. */
async function restore(world: World): Promise<void> {
  const { emulator, wire } = world;
  const apps = ['web', 'other'] as const;
  const settings = {
    scopes: ['api', 'web', 'refresh_token', 'openid', 'id'],
    callbackUrls: [CALLBACK],
    refreshTokenPolicy: 'infinite',
  };
  const post = async (target: string, content: string, method = 'POST'): Promise<void> => {
    const { status, text: said } = await wire.send({
      host: 'login',
      method,
      target: `/_emulator/${target}`,
      headers: [],
      body: content,
    });
    assert.equal(status, 200, said);
  };
  await post('faults', '', 'DELETE');
  await post('switches', DEFAULT_SWITCHES);
  for (const app of apps) await post('apps', JSON.stringify({ app, ...settings }));
  for (const { username } of [USERS.admin, USERS.person])
    emulator.configureUser(username, { isActive: true, isFrozen: false, loginIpRanges: [] });
}

/** What was let in must not break what comes after it: callbacks are redirected to, and dates are dates. */
async function judgeAfterwards(world: World, { target, body: content }: WireRequest): Promise<void> {
  const clientId = world.app('web').clientId;
  const targets = ['/.well-known/openid-configuration', '/_emulator/ledger?after=999999999'];
  for (const callback of [CALLBACK, ...URLS]) {
    const parts = new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: callback, scope: 'nonsense' });
    targets.push(`/services/oauth2/authorize?${parts}`);
  }
  for (const next of targets) {
    const { status, headers, text: said } = await world.wire.send(get('login', next));
    assert.ok(status < 500, `after ${target} ${content}: ${status} ${said}`);
    if (!next.startsWith('/_emulator')) assert.ok(Number.isFinite(Date.parse(headers.date ?? '')), `a date of ${headers.date}`);
  }
}

test(
  `the control interface: 200, or 400 with an error; nothing to foreign pages; and all goes on (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    let cases = 0;
    const property = fc.asyncProperty(controlCase, async ({ request, isForeign }) => {
      cases += 1;
      const answer = await world.wire.send(request);
      judgeAnswer(world, request, answer);
      const isControl = request.host === 'login';
      if (isForeign || !isControl)
        assert.ok(answer.status === 403 || answer.status === 404 || answer.status === 400, `${answer.status}`);
      if (isControl && answer.status !== 200 && request.method !== 'HEAD') {
        const { error } = JSON.parse(answer.text);
        assert.ok(typeof error === 'string' && error !== '', answer.text);
      }
      if (request.target === '/_emulator/faults') await restore(world);
      await judgeAfterwards(world, request);
      if (cases % CASES_PER_BATCH === 0) {
        await restore(world);
        await judgeLiveness(world);
      }
    });
    await fc.assert(property, parameters(1_500));
  },
);
