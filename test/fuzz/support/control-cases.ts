import fc from 'fast-check';
import { headerValue, METHODS, text, wirePath } from './arbitraries.ts';
import type { WireRequest } from './wire.ts';
import { CALLBACK, USERS } from './world.ts';

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

/** Callbacks, of which most can't stand in a header. */
export const URLS: readonly string[] = [
  CALLBACK,
  'https://x/\r\ny: z',
  'https://é.example/',
  'http://localhost:1717/\u0000',
  'https://x.example/#f',
  'x y',
  '//x',
];

/** What each action reads, mostly of the right kind; `processingMs` and delays would only make the test wait. */
const BODIES: readonly (readonly [action: string, body: fc.Arbitrary<object>])[] = [
  ['clock', fc.record({ advanceSeconds: wide })],
  ['grants', fc.record({ app: wide, user: wide, count: fc.oneof(fc.nat({ max: 20 }), text) }, { requiredKeys: [] })],
  [
    'grants',
    fc.record({ app: fc.constantFrom('web', 'other'), user: fc.constantFrom(USERS.admin.username, USERS.person.username) }),
  ],
  ['revoke', fc.record({ token: wide, fingerprint: wide, app: wide, user: wide, accessTokensOnly: wide }, { requiredKeys: [] })],
  [
    'switches',
    fc.record(
      { approvalLimit: wide, sameSession: wide, identityHost: wide, concurrentRefresh: wide, loginLimitPerHour: wide },
      { requiredKeys: [] },
    ),
  ],
  [
    'apps',
    fc.record({ app: fc.constant('web'), callbackUrls: fc.array(fc.oneof(fc.constantFrom(...URLS), wide), { maxLength: 2 }) }),
  ],
  [
    'apps',
    fc.record(
      {
        app: fc.constantFrom('web', 'other'),
        scopes: wide,
        refreshTokenPolicy: wide,
        sessionTimeoutMinutes: wide,
        callbackUrls: wide,
      },
      { requiredKeys: ['app'] },
    ),
  ],
  [
    'users',
    fc.record(
      { username: fc.constantFrom(USERS.person.username, 'nobody', ''), isActive: wide, isFrozen: wide, loginIpRanges: wide },
      { requiredKeys: ['username'] },
    ),
  ],
  [
    'faults',
    fc.record({
      match: fc.record({ path: wide, host: wide, grantType: wide, clientId: wide }, { requiredKeys: [] }),
      action: fc.record(
        { row: wide, status: wide, body: wide, headers: wide, truncateAtByte: wide, tamper: wide },
        { requiredKeys: [] },
      ),
      times: wide,
    }),
  ],
];

const DEEP = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
const body = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(...BODIES.map(([, one]) => one)).map((one) => JSON.stringify(one)) },
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

/** A request to the control interface. */
export interface ControlCase {
  readonly request: WireRequest;
  /** From a page of somebody else, or by a name that only points to loopback. */
  readonly isForeign: boolean;
}

const anyCase: fc.Arbitrary<ControlCase> = fc
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

function told([action, one]: (typeof BODIES)[number]): fc.Arbitrary<ControlCase> {
  return one.map((content) => {
    const headers = [['content-type', 'application/json']] as const;
    const request = {
      host: 'login',
      method: 'POST',
      target: `/_emulator/${action}`,
      headers,
      body: JSON.stringify(content),
    } as const;
    return { request, isForeign: false };
  });
}

/** What an action reads, told to that action; or anything, by anybody. */
export const controlCase: fc.Arbitrary<ControlCase> = fc.oneof(
  { weight: 1, arbitrary: anyCase },
  { weight: 1, arbitrary: fc.oneof(...BODIES.map(told)) },
);
