import { createHmac, createPublicKey, createSign, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { type AppName, type AssertionFacts, USERS, type UserName, type World } from './world.ts';

/**
 * Signed assertions and what each is good for. The judgement is made here, from how the assertion was built, and not by
 * taking it apart as the emulator does.
 */

const CLOCK_SKEW_SECONDS = 180;

const AUDIENCES = {
  loginHost: { value: (world: World) => world.emulator.loginUrl, isGood: true },
  loginHostSlash: { value: (world: World) => `${world.emulator.loginUrl}/`, isGood: true },
  myDomain: { value: (world: World) => world.emulator.myDomainUrl, isGood: true },
  production: { value: () => 'https://login.salesforce.com', isGood: true },
  sandboxSlash: { value: () => 'https://test.salesforce.com/', isGood: false },
  twoSlashes: { value: () => 'https://login.salesforce.com//', isGood: false },
  otherHost: { value: () => 'https://login.salesforce.com.evil.example', isGood: false },
  otherScheme: { value: () => 'http://login.salesforce.com', isGood: false },
  otherPort: { value: (world: World) => world.emulator.loginUrl.replace(/\d+$/, '1'), isGood: false },
  capitals: { value: () => 'HTTPS://LOGIN.SALESFORCE.COM', isGood: false },
  blank: { value: () => ' https://login.salesforce.com', isGood: false },
  array: { value: () => ['https://login.salesforce.com'], isGood: false },
  object: { value: () => ({ 0: 'https://login.salesforce.com' }), isGood: false },
  empty: { value: () => '', isGood: false },
  missing: { value: () => undefined, isGood: false },
  tokenEndpoint: { value: (world: World) => `${world.emulator.loginUrl}/services/oauth2/token`, isGood: false },
} as const;

type Seconds = (nowSeconds: number) => unknown;
const EXPIRIES = {
  soon: { value: (now: number) => now + 120, isGood: true },
  asText: { value: (now: number) => String(Math.floor(now) + 120), isGood: true },
  inMilliseconds: { value: (now: number) => Math.floor(now) * 1000 + 300, isGood: true },
  farAhead: { value: () => 9_999_999_999, isGood: true },
  fraction: { value: (now: number) => now + 0.5, isGood: true },
  withinSkew: { value: (now: number) => now - CLOCK_SKEW_SECONDS + 1, isGood: true },
  pastSkew: { value: (now: number) => now - CLOCK_SKEW_SECONDS - 1, isGood: false },
  longPast: { value: () => 1, isGood: false },
  pastAsText: { value: (now: number) => String(Math.floor(now) - CLOCK_SKEW_SECONDS - 1), isGood: false },
  zero: { value: () => 0, isGood: false },
  negative: { value: (now: number) => -now - 9_999, isGood: false },
  null: { value: () => null, isGood: false },
  true: { value: () => true, isGood: false },
  array: { value: (now: number) => [now + 120], isGood: false },
  words: { value: () => 'tomorrow', isGood: false },
  hexadecimal: { value: () => '0xffffffff', isGood: false },
  exponent: { value: () => '1e300', isGood: false },
  blank: { value: (now: number) => ` ${Math.floor(now) + 120}`, isGood: false },
  emptyText: { value: () => '', isGood: false },
  missing: { value: () => undefined, isGood: false },
} as const satisfies Record<string, { value: Seconds; isGood: boolean }>;

const ISSUERS = ['jwt', 'web', 'jwtUnapproved', 'rotating', 'nobody', 'empty', 'missing', 'array', 'username'] as const;
const SUBJECTS = ['admin', 'adminInCapitals', 'person', 'gone', 'nobody', 'empty', 'missing', 'array', 'clientId'] as const;
const SIGNINGS = [
  'good',
  'foreign key',
  'foreign key in the header',
  'SHA-512',
  'says SHA-512',
  'alg none',
  'alg none, signed',
  'alg NONE',
  'no alg',
  'alg in lower case',
  'alg as an array',
  'HMAC with the public key',
  'HMAC with the bare key',
  'empty signature',
  'signature of another text',
  'critical extension',
] as const;
const TEXTS = [
  'as it is',
  'no signature part',
  'fourth part',
  'padding',
  'blank at the end',
  'line break',
  'standard alphabet',
  'header twice',
  'without header',
  'claims no JSON',
  'claims an array',
  'claims null',
] as const;

/** How an assertion is made; the default of every part is good. */
export interface AssertionPlan {
  readonly issuer: (typeof ISSUERS)[number];
  readonly subject: (typeof SUBJECTS)[number];
  readonly principal: (typeof SUBJECTS)[number] | undefined;
  readonly audience: keyof typeof AUDIENCES;
  readonly expiry: keyof typeof EXPIRIES;
  readonly signing: (typeof SIGNINGS)[number];
  readonly text: (typeof TEXTS)[number];
  readonly jwtId: 'none' | 'new' | 'seen' | 'number';
  readonly extra: Readonly<Record<string, unknown>>;
}

const GOOD: AssertionPlan = {
  issuer: 'jwt',
  subject: 'admin',
  principal: undefined,
  audience: 'loginHost',
  expiry: 'soon',
  signing: 'good',
  text: 'as it is',
  jwtId: 'none',
  extra: {},
};

const change: fc.Arbitrary<Partial<AssertionPlan>> = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...ISSUERS).map((issuer) => ({ issuer })),
  fc.constantFrom(...SUBJECTS).map((subject) => ({ subject })),
  fc.constantFrom(...SUBJECTS).map((principal) => ({ principal })),
  fc.constantFrom(...(Object.keys(AUDIENCES) as (keyof typeof AUDIENCES)[])).map((audience) => ({ audience })),
  fc.constantFrom(...(Object.keys(EXPIRIES) as (keyof typeof EXPIRIES)[])).map((expiry) => ({ expiry })),
  fc.constantFrom(...SIGNINGS).map((signing) => ({ signing })),
  fc.constantFrom(...TEXTS).map((text) => ({ text })),
  fc.constantFrom('new', 'seen', 'number').map((jwtId) => ({ jwtId })),
  fc.constantFrom({ iat: 9_999_999_999 }, { nbf: 1 }, { scope: 'full' }, { toString: 1 }).map((extra) => ({ extra })),
);

export const assertionPlan: fc.Arbitrary<AssertionPlan> = fc
  .array(change, { maxLength: 2 })
  .map((changes) => Object.assign({ ...GOOD }, ...changes));

/** As a client assertion: issuer and subject are the app. */
export const clientAssertionPlan: fc.Arbitrary<AssertionPlan> = assertionPlan.map((plan) => ({
  ...plan,
  issuer: plan.issuer === 'jwt' ? 'web' : plan.issuer,
  subject: plan.subject === 'admin' ? 'clientId' : plan.subject,
}));

/** Signs the assertion of that plan, and notes in the world what it is good for. */
export function makeAssertion(world: World, plan: AssertionPlan, serial: number): string {
  const issuerApp = appNamed(plan.issuer);
  const clientId = issuerApp === undefined ? '3MVG9nobody' : world.app(issuerApp).clientId;
  const issuer = { empty: '', missing: undefined, array: [clientId], username: USERS.admin.username, nobody: '3MVG9nobody' };
  const jwtId = { none: undefined, new: `jti-${serial}`, seen: 'jti-seen', number: 7 }[plan.jwtId];
  const claims = {
    iss: issuerApp === undefined ? Reflect.get(issuer, plan.issuer) : clientId,
    sub: subjectValue(plan.subject, clientId),
    ...(plan.principal === undefined ? {} : { prn: subjectValue(plan.principal, clientId) }),
    aud: AUDIENCES[plan.audience].value(world),
    exp: EXPIRIES[plan.expiry].value(world.nowMs / 1000),
    jti: jwtId,
    ...plan.extra,
  };
  const assertion = reshape(signPlan(world, plan, claims), plan.text);
  world.assertions.set(assertion, factsOf(plan, issuerApp, typeof jwtId === 'string' ? `${issuerApp} ${jwtId}` : undefined));
  world.secrets.add(assertion);
  return assertion;
}

function factsOf(plan: AssertionPlan, app: AppName | undefined, jwtId: string | undefined): AssertionFacts {
  const isSound =
    AUDIENCES[plan.audience].isGood && EXPIRIES[plan.expiry].isGood && plan.signing === 'good' && plan.text === 'as it is';
  const subject = plan.principal === undefined || plan.principal === 'missing' ? plan.subject : plan.principal;
  const isAdmin = subject === 'admin' || subject === 'adminInCapitals';
  const user: UserName | undefined = isAdmin ? 'admin' : subject === 'person' && app === 'web' ? 'person' : undefined;
  const isProof =
    (plan.issuer === 'web' || plan.issuer === 'jwt' || plan.issuer === 'jwtUnapproved') && plan.subject === 'clientId';
  // A client assertion may also name the endpoint itself.
  const isSoundForClient = isSound || isEndpointOnly(plan);
  return {
    bearer: isSound && (app === 'jwt' || app === 'web') ? user : undefined,
    isPreauthorized: app === 'jwt',
    client: isSoundForClient && isProof ? app : undefined,
    jwtId,
  };
}

function isEndpointOnly(plan: AssertionPlan): boolean {
  const isRest = EXPIRIES[plan.expiry].isGood && plan.signing === 'good' && plan.text === 'as it is';
  return isRest && (plan.audience === 'tokenEndpoint' || plan.audience === 'array');
}

function appNamed(issuer: AssertionPlan['issuer']): AppName | undefined {
  return issuer === 'jwt' || issuer === 'web' || issuer === 'jwtUnapproved' || issuer === 'rotating' ? issuer : undefined;
}

function subjectValue(subject: AssertionPlan['subject'], clientId: string): unknown {
  const { username } = USERS.admin;
  return {
    admin: username,
    adminInCapitals: username.toUpperCase(),
    person: USERS.person.username,
    gone: USERS.gone.username,
    nobody: 'nobody@emulator.example',
    empty: '',
    missing: undefined,
    array: [username],
    clientId,
  }[subject];
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const HEADERS: Readonly<Partial<Record<AssertionPlan['signing'], object>>> = {
  'says SHA-512': { alg: 'RS512' },
  'SHA-512': { alg: 'RS512' },
  'alg none': { alg: 'none' },
  'alg none, signed': { alg: 'none' },
  'alg NONE': { alg: 'NONE' },
  'no alg': { typ: 'JWT' },
  'alg in lower case': { alg: 'rs256' },
  'alg as an array': { alg: ['RS256'] },
  'HMAC with the public key': { alg: 'HS256' },
  'HMAC with the bare key': { alg: 'HS256' },
  'critical extension': { alg: 'RS256', crit: ['synthetic'], synthetic: true },
};

function signPlan(world: World, { signing }: AssertionPlan, claims: object): string {
  const publicKey = createPublicKey(world.appKey);
  const jwk = signing === 'foreign key in the header' ? { jwk: createPublicKey(world.foreignKey).export({ format: 'jwk' }) } : {};
  const text = `${encode({ ...(HEADERS[signing] ?? { alg: 'RS256' }), ...jwk })}.${encode(claims)}`;
  const rsa = (key: KeyObject, hash = 'sha256', what = text): string => createSign(hash).update(what).sign(key, 'base64url');
  const hmac = (key: string): string => createHmac('sha256', key).update(text).digest('base64url');
  switch (signing) {
    case 'foreign key':
    case 'foreign key in the header':
      return `${text}.${rsa(world.foreignKey)}`;
    case 'SHA-512':
      return `${text}.${rsa(world.appKey, 'sha512')}`;
    case 'alg none':
    case 'alg NONE':
    case 'empty signature':
      return `${text}.`;
    case 'HMAC with the public key':
      return `${text}.${hmac(publicKey.export({ type: 'spki', format: 'pem' }).toString())}`;
    case 'HMAC with the bare key':
      return `${text}.${hmac(publicKey.export({ type: 'pkcs1', format: 'pem' }).toString())}`;
    case 'signature of another text':
      return `${text}.${sign('sha256', Buffer.from('another text'), world.appKey).toString('base64url')}`;
    default:
      return `${text}.${rsa(world.appKey)}`;
  }
}

function reshape(jwt: string, text: AssertionPlan['text']): string {
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  switch (text) {
    case 'as it is':
      return jwt;
    case 'no signature part':
      return `${header}.${claims}`;
    case 'fourth part':
      return `${jwt}.e30`;
    case 'padding':
      return `${jwt}==`;
    case 'blank at the end':
      return `${jwt} `;
    case 'line break':
      return `${jwt}\n`;
    case 'standard alphabet':
      return `${header}.${claims}.${Buffer.from(signature, 'base64url').toString('base64')}=`;
    case 'header twice':
      return `${header}.${header}.${signature}`;
    case 'without header':
      return `.${claims}.${signature}`;
    case 'claims no JSON':
      return `${header}.${Buffer.from('claims').toString('base64url')}.${signature}`;
    case 'claims an array':
      return `${header}.${encode([1])}.${signature}`;
    case 'claims null':
      return `${header}.${encode(null)}.${signature}`;
  }
}
