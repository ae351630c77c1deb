import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headerValue, METHODS, text, wirePath } from './support/arbitraries.ts';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import type { WireRequest } from './support/wire.ts';
import { CALLBACK, USERS, World } from './support/world.ts';

const CASES_PER_BATCH = 100;
const ACTIONS = ['ready', 'ledger', 'faults', 'clock', 'grants', 'revoke', 'switches', 'apps', 'users', 'reset', 'nothing', ''];

const wide = fc.oneof(
  fc.constantFrom(
    true,
    false,
    null,
    0,
    -1,
    1e9,
    1e15,
    1e300,
    0.5,
    '',
    'web',
    'machine',
    USERS.admin.username,
    'always',
    CALLBACK,
  ),
  fc.constantFrom<unknown>(
    'https://x/\r\ny: z',
    'https://é.example/',
    'http://localhost:1717/\u0000',
    [],
    {},
    ['api'],
    ['a b'],
    [1],
  ),
  fc.jsonValue(),
  text,
);

/** What each action reads, mostly of the right kind; `processingMs` and delays would only make the test wait. */
const BODIES: readonly fc.Arbitrary<object>[] = [
  fc.record({ advanceSeconds: wide }),
  fc.record({ app: wide, user: wide, count: fc.oneof(fc.nat({ max: 20 }), text) }, { requiredKeys: [] }),
  fc.record({ app: fc.constantFrom('web', 'other'), user: fc.constantFrom(USERS.admin.username, USERS.person.username) }),
  fc.record({ token: wide, fingerprint: wide, app: wide, user: wide, accessTokensOnly: wide }, { requiredKeys: [] }),
  fc.record(
    { approvalLimit: wide, sameSession: wide, identityHost: wide, concurrentRefresh: wide, loginLimitPerHour: wide },
    { requiredKeys: [] },
  ),
  fc.record({ app: fc.constantFrom('web', 'other'), callbackUrls: fc.oneof(fc.array(wide, { maxLength: 2 }), wide) }),
  fc.record(
    { app: fc.constantFrom('web', 'other'), scopes: wide, refreshTokenPolicy: wide, sessionTimeoutMinutes: wide },
    { requiredKeys: ['app'] },
  ),
  fc.record({ username: fc.constantFrom(USERS.person.username, 'nobody', ''), isActive: wide }),
  fc.record({
    match: fc.record({ path: wide, host: wide, grantType: wide, clientId: wide }, { requiredKeys: [] }),
    action: fc.record(
      { row: wide, status: wide, body: wide, headers: wide, truncateAtByte: wide, tamper: wide },
      { requiredKeys: [] },
    ),
    times: wide,
  }),
];

const DEEP = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
const body = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(...BODIES).map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: fc.jsonValue().map((one) => JSON.stringify(one)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '{',
      '"\\ud800"',
      '{"__proto__":{"isActive":true}}',
      DEEP,
      `{"action":{"tamper":{"jsonPatch":{"x":${DEEP}}}}}`,
      `{"app":"web","scopes":${DEEP}}`,
    ),
  },
  { weight: 1, arbitrary: text },
);

interface Case {
  readonly request: WireRequest;
  /** From a page of somebody else, or by a name that only points to loopback. */
  readonly isForeign: boolean;
}

const controlCase: fc.Arbitrary<Case> = fc
  .record({
    host: fc.constantFrom('login', 'login', 'login', 'login', 'mydomain'),
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'POST', 'POST', 'DELETE'), fc.constantFrom(...METHODS)),
    action: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...ACTIONS) }, { weight: 1, arbitrary: text }),
    query: fc.oneof(
      fc.constant(''),
      text.map((after) => `?after=${encodeURIComponent(after.toWellFormed())}`),
    ),
    body,
    foreign: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ['origin', 'https://evil.example'],
          ['origin', 'null'],
          ['sec-fetch-site', 'cross-site'],
          ['sec-fetch-site', 'same-site'],
          ['host', 'evil.example'],
          ['host', 'localhost.evil.example:1'],
          ['host', '127.0.0.1.evil.example'],
          ['host', ''],
        ),
      },
      { weight: 1, arbitrary: text.map((junk) => ['host', `${headerValue(junk)}x`]) },
    ),
  })
  .map(({ host, method, action, query, body: content, foreign }) => {
    const [name = '', value = ''] = foreign ?? [];
    const headers = [['content-type', 'application/json'] as const, ...(foreign === undefined ? [] : [[name, value] as const])];
    const target = wirePath(`/_emulator/${action}${query}`);
    return { request: { host, method, target, headers, body: content }, isForeign: foreign !== undefined };
  });

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
  for (const { username } of [USERS.admin, USERS.person]) emulator.configureUser(username, { isActive: true });
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
      // What was let in must not break what comes after it.
      const clientId = world.app('web').clientId;
      const login = { host: 'login', method: 'GET', headers: [], body: '' } as const;
      const parts = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        prompt: 'none',
        scope: 'nonsense',
      });
      for (const target of [
        `/services/oauth2/authorize?${parts}`,
        '/.well-known/openid-configuration',
        '/_emulator/ledger?after=999999999',
      ]) {
        const next = await world.wire.send({ ...login, target });
        assert.ok(next.status < 500, `${request.target} ${request.body}: ${next.status} ${next.text}`);
      }
      if (cases % CASES_PER_BATCH === 0) {
        await restore(world);
        await judgeLiveness(world);
      }
    });
    await fc.assert(property, parameters(1_500));
  },
);
