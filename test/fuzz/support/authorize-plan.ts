import fc from 'fast-check';
import { text } from './arbitraries.ts';
import { isRegisteredCallback } from './callbacks.ts';
import { APP_CALLBACK, APP_NAMES, type AppName, CALLBACK, s256, VERIFIER, WEB_CALLBACK, type World } from './world.ts';

/** Registered, nearly registered, and other people's addresses. */
const REDIRECT_URIS: readonly string[] = [
  CALLBACK,
  CALLBACK,
  CALLBACK,
  WEB_CALLBACK,
  APP_CALLBACK,
  'http://127.0.0.1:50000',
  'http://localhost:1717/callback',
  'http://localhost:65535/callback',
  'http://localhost:65536/callback',
  'http://localhost:80/callback',
  'http://localhost/callback',
  'http://localhost:023456/callback',
  'http://localhost:2345６/callback',
  'http://localhost:23456/callback/',
  'http://localhost:23456/callback?x=1',
  'http://localhost:23456/callback#x',
  'http://localhost:23456/callback/../../evil',
  'http://localhost:23456//callback',
  'http://localhost:23456/Callback',
  'http://LOCALHOST:23456/callback',
  'HTTP://localhost:23456/callback',
  'https://localhost:23456/callback',
  'http://localhost:23456@evil.example/callback',
  'http://evil.example@localhost:23456/callback',
  'http://localhost:23456.evil.example/callback',
  'http://localhost.evil.example:23456/callback',
  'http://localhost:23456\\@evil.example/callback',
  'http://localhost:*/callback',
  'http://localhost:1 2/callback',
  'http://[::1]:23456/callback',
  'http://127.0.0.1:50000@evil.example',
  'http://127.0.0.1:50000/',
  'http://127.0.0.1:50000.evil.example',
  'http://127.0.0.2:50000',
  'https://client.example/callback',
  'https://client.example/callback?tenant=1&tenant=2',
  'https://client.example/callback?tenant=1#',
  'https://client.example.evil.example/callback?tenant=1',
  'com.example.app:/oauth/../evil',
  'com.example.app://oauth',
  'urn:ietf:wg:oauth:2.0:oob',
  'javascript:alert(1)',
  'data:text/html,x',
  '//evil.example/callback',
  '/callback',
  '',
];

const OWN_SCOPES = ['api', 'web', 'refresh_token', 'openid', 'id'];
const CHALLENGE = s256(VERIFIER);

type Fields = Record<string, string | undefined>;

const junk = text.map((value) => value.toWellFormed());
const change: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 6,
    arbitrary: fc
      .oneof(
        fc.constantFrom(...REDIRECT_URIS, undefined),
        junk,
        fc.tuple(fc.constantFrom(CALLBACK, WEB_CALLBACK, APP_CALLBACK), junk).map(([good, tail]) => good + tail),
        fc.tuple(fc.constantFrom(CALLBACK, WEB_CALLBACK, APP_CALLBACK), junk).map(([good, head]) => head + good),
        fc
          .tuple(fc.constantFrom(CALLBACK, WEB_CALLBACK, APP_CALLBACK), fc.nat(), junk)
          .map(([good, at, put]) => good.slice(0, at % good.length) + put + good.slice(at % good.length)),
        fc.nat({ max: 70_000 }).map((port) => `http://localhost:${port}/callback`),
      )
      .map((redirect_uri) => ({ redirect_uri })),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(fc.constantFrom('code', 'token', 'id_token', 'code token', 'code ', 'CODE', '', undefined), junk)
      .map((response_type) => ({ response_type })),
  },
  { weight: 2, arbitrary: fc.oneof(fc.constantFrom('3MVG9nobody', '', undefined), junk).map((client_id) => ({ client_id })) },
  { weight: 3, arbitrary: fc.oneof(junk, fc.constant(undefined)).map((state) => ({ state })) },
  { weight: 1, arbitrary: junk.map((login_hint) => ({ login_hint })) },
  { weight: 1, arbitrary: junk.map((nonce) => ({ nonce })) },
  { weight: 1, arbitrary: junk.map((display) => ({ display })) },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        fc.subarray([...OWN_SCOPES, 'full', 'offline_access', 'wave_api', 'API']).map((list) => list.join(' ')),
        junk,
      )
      .map((scope) => ({ scope })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('login', 'consent', 'select_account', 'login consent', 'none', 'Login', '')
      .map((prompt) => ({ prompt })),
  },
  { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'TRUE', '').map((immediate) => ({ immediate })) },
  {
    weight: 2,
    arbitrary: fc
      .oneof(fc.constantFrom(CHALLENGE, CHALLENGE.slice(1), `${CHALLENGE}=`, `${CHALLENGE}A`, VERIFIER, '', undefined), junk)
      .map((code_challenge) => ({ code_challenge })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('S256', 's256', 'plain', '', 'S512', undefined)
      .map((code_challenge_method) => ({ code_challenge_method })),
  },
);

/** An authorization request, and who sits at the browser. */
export interface AuthorizePlan {
  readonly app: AppName;
  readonly changes: readonly Fields[];
  readonly repeated: boolean;
  readonly byPost: boolean;
  readonly browser: 'admin' | 'person' | 'nobody' | 'forged';
  readonly steps: readonly Step[];
}

/** What is done at the pages, in this order; the transaction is that of the request unless `foreign`. */
export type Step =
  | {
      readonly form: 'login';
      readonly user: 'admin' | 'person' | 'gone';
      readonly password: 'right' | 'wrong' | "somebody's" | 'none';
    }
  | { readonly form: 'consent'; readonly decision: string | undefined; readonly method: 'POST' | 'GET' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    form: fc.constant('login'),
    user: fc.constantFrom('admin', 'admin', 'person', 'gone'),
    password: fc.constantFrom('right', 'right', 'right', 'wrong', "somebody's", 'none'),
  }),
  fc.record({
    form: fc.constant('consent'),
    decision: fc.constantFrom('allow', 'allow', 'allow', 'deny', 'Allow', '', undefined),
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET'),
  }),
);

export const authorizePlan: fc.Arbitrary<AuthorizePlan> = fc.record({
  app: fc.constantFrom(...APP_NAMES, 'web', 'adminOnly', 'rotating'),
  changes: fc.array(change, { maxLength: 3 }),
  repeated: fc.boolean(),
  byPost: fc.boolean(),
  browser: fc.constantFrom('admin', 'person', 'nobody', 'nobody', 'forged'),
  steps: fc.array(step, { maxLength: 4 }),
});

export function fieldsOf(world: World, { app, changes }: AuthorizePlan): Readonly<Record<string, string>> {
  const good: Fields = {
    response_type: 'code',
    client_id: world.app(app).clientId,
    redirect_uri: CALLBACK,
    state: 'synthetic state',
    code_challenge: CHALLENGE,
  };
  const fields: Fields = Object.assign(good, ...changes);
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** What the request deserves before anybody looks at the pages. */
export interface DeservedPage {
  /** The app and the callback are known: only then may the browser be sent away. */
  readonly target: { readonly app: AppName; readonly redirectUri: string } | undefined;
  /** The rest of the request is right too. */
  readonly isGood: boolean;
}

export function judgeFields(world: World, sent: Readonly<Record<string, string>>): DeservedPage {
  // What has no value counts as omitted: RFC 6749 section 3.1.
  const fields = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ''));
  const { client_id: clientId, redirect_uri: redirectUri = '', scope = '', code_challenge: challenge } = fields;
  const app = world.appOf(clientId ?? '');
  const registered = app === undefined ? undefined : world.app(app).redirectUris;
  if (app === undefined || registered === undefined || !isOneOfTheApps(app, redirectUri))
    return { target: undefined, isGood: false };
  const scopes = scope
    .split(/\s+/)
    .filter(Boolean)
    .map((one) => (one === 'offline_access' ? 'refresh_token' : one));
  const isGood =
    fields['response_type'] === 'code' &&
    scopes.every((one) => world.app(app).scopes.includes(one)) &&
    (challenge === undefined ? app !== 'rotating' : /^[\w-]{43}$/.test(challenge)) &&
    (challenge === undefined || (fields['code_challenge_method'] ?? 'S256') === 'S256');
  return { target: { app, redirectUri }, isGood };
}

function isOneOfTheApps(app: AppName, redirectUri: string): boolean {
  if (app === 'machine') return redirectUri === CALLBACK;
  const isFixed = redirectUri === WEB_CALLBACK || redirectUri === APP_CALLBACK;
  return isFixed || (/^[^?#]*:\d+[^?#]*$/.test(redirectUri) && isRegisteredCallback(redirectUri));
}
