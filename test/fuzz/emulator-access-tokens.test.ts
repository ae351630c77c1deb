import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headerValue, text, wirePath } from './support/arbitraries.ts';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { type ShownToken, showToken, tokenPlan } from './support/token-states.ts';
import { get, type HeaderList, postForm, type WireAnswer, type WireRequest } from './support/wire.ts';
import { USERS, World } from './support/world.ts';

const CASES_PER_BATCH = 250;
const OAUTH = '/services/oauth2';
const RESOURCES = ['', '/limits', '/sobjects', '/query?q=SELECT+Id+FROM+Account', '/tooling/query?q=SELECT+Id+FROM+User'];

/** How a token is put into `Authorization`; the first four are right. */
const SHAPES: readonly ((token: string) => string)[] = [
  (token) => `Bearer ${token}`,
  (token) => `bearer ${token}`,
  (token) => `OAuth ${token}`,
  (token) => `Bearer  ${token}`,
  (token) => `Bearer${token}`,
  (token) => `Bearer: ${token}`,
  (token) => `Bearer ${token},`,
  (token) => `Bearer ${token} ${token}`,
  (token) => `Bearer "${token}"`,
  (token) => `Basic ${Buffer.from(token).toString('base64')}`,
  (token) => `Basic ${token}`,
  (token) => `Token ${token}`,
  (token) => token,
  () => 'Bearer',
  () => 'Bearer null',
  () => '',
];
const RIGHT_SHAPES = 4;

interface Shown {
  readonly token: ShownToken;
  readonly headers: HeaderList;
  /** The header says the token as it should be said. */
  readonly isSaid: boolean;
}

function say(token: ShownToken, shape: number): Shown {
  const value = headerValue(SHAPES[shape]?.(token.text) ?? '');
  const isWhole = value.endsWith(token.text) && token.text === token.text.trim();
  return { token, headers: [['authorization', value]], isSaid: shape < RIGHT_SHAPES && isWhole };
}

async function send(world: World, request: WireRequest): Promise<WireAnswer> {
  const answer = await world.wire.send({ ...request, target: wirePath(request.target) });
  judgeAnswer(world, request, answer);
  return answer;
}

const shape = fc.oneof(fc.nat({ max: RIGHT_SHAPES - 1 }), fc.nat({ max: SHAPES.length - 1 }));
const batch = (world: World) => {
  let cases = 0;
  return async (): Promise<void> => {
    cases += 1;
    if (cases % CASES_PER_BATCH === 0) await judgeLiveness(world);
  };
};

test(`the REST API takes good tokens, said rightly, and no others (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  const ended = batch(world);
  const resource = fc.constantFrom(...RESOURCES);
  const host = fc.constantFrom('mydomain', 'mydomain', 'mydomain', 'login');
  const property = fc.asyncProperty(tokenPlan, shape, resource, host, async (plan, how, path, where) => {
    const { token, headers, isSaid } = say(await showToken(world, plan), how);
    const { status } = await send(world, get(where, `/services/data/v66.0${path}`, headers));
    const isRight = token.owner !== undefined && isSaid && where === 'mydomain';
    assert.equal(status === 200, isRight, `${status} for ${plan.kind}: ${headers.join()}`);
    if (!isRight) assert.equal(status, 401);
    await ended();
  });
  await fc.assert(property, parameters(700));
});

test(`userinfo and the identity URL: a word, but for good tokens and users that exist (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  const ended = batch(world);
  const { org, users } = world.emulator.ready;
  const idOf = (user: 'admin' | 'person') => users.find(({ username }) => username === USERS[user].username)?.id ?? '';
  const ids = fc.constantFrom<(id: string) => string>(
    (id) => id,
    (id) => id,
    (id) => id.slice(0, 15),
    (id) => `${id.slice(0, 15)}AAA`,
    (id) => id.slice(0, 14),
    (id) => id.toUpperCase(),
    () => '',
    () => '%00',
  );
  const place = fc.oneof(
    fc.record({ at: fc.constant('userinfo'), how: fc.constantFrom('header', 'access_token', 'oauth_token', 'form') }),
    fc.record({
      at: fc.constant('identity'),
      how: fc.constantFrom('header', 'oauth_token'),
      whose: fc.constantFrom('admin', 'person'),
      org: ids,
      user: ids,
      format: fc.constantFrom('', 'json', 'xml'),
      version: fc.oneof(fc.constantFrom('latest', '58.0'), text),
    }),
  );
  const property = fc.asyncProperty(tokenPlan, shape, place, async (plan, how, chosen) => {
    const { token, headers, isSaid } = say(await showToken(world, plan), how);
    let path = `${OAUTH}/userinfo`;
    let exists = true;
    let described = plan.user;
    const query = new URLSearchParams();
    if (chosen.at === 'identity') {
      const [organization, user] = [chosen.org(org.id), chosen.user(idOf(chosen.whose))];
      path = `/id/${organization}/${user}`;
      exists = [org.id, org.id.slice(0, 15)].includes(organization);
      exists &&= [idOf(chosen.whose), idOf(chosen.whose).slice(0, 15)].includes(user);
      described = chosen.whose;
      query.set('format', chosen.format);
      query.set('version', chosen.version.toWellFormed());
    }
    if (chosen.how === 'access_token' || chosen.how === 'oauth_token') query.set(chosen.how, token.text);
    const request =
      chosen.how === 'form'
        ? postForm('mydomain', path, { access_token: token.text })
        : get('mydomain', `${path}?${query}`, chosen.how === 'header' ? headers : []);
    const { status, text: body } = await send(world, request);
    const isRight = token.owner !== undefined && exists && (chosen.how !== 'header' || isSaid);
    assert.equal(status === 200, isRight, `${status} for ${plan.kind} at ${request.target}: ${body}`);
    if (status === 200) {
      assert.ok(body.includes(idOf(described)));
      const isAsserted = /asserted_user(?:>|":)true/.test(body);
      assert.equal(isAsserted, chosen.at === 'identity' && described === plan.user);
    } else assert.match(`${status} ${body}`, /^(403 [A-Z][A-Za-z]*(_[A-Za-z]+)*|404 Bad_Id)$/);
    await ended();
  });
  await fc.assert(property, parameters(700));
});

test(
  `introspection: active for the app's own living tokens only; revocation ends what it is shown (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    const ended = batch(world);
    const asker = fc.constantFrom('web', 'other', 'rotating');
    const proof = fc.constantFrom('right', 'right', 'right', 'wrong', "another's", 'none');
    const property = fc.asyncProperty(tokenPlan, asker, proof, async (plan, app, how) => {
      const token = await showToken(world, plan);
      const { clientId, clientSecret } = world.app(app);
      const secret = {
        right: clientSecret,
        wrong: `${clientSecret} `,
        "another's": world.app('machine').clientSecret,
        none: undefined,
      }[how];
      const form = { client_id: clientId, token: token.text, ...(secret === undefined ? {} : { client_secret: secret }) };
      const introspect = () => send(world, postForm('mydomain', `${OAUTH}/introspect`, form));
      const { status, text: body } = await introspect();
      // An empty token is none, which RFC 7662 section 2.1 requires.
      const isProven = how === 'right' && clientSecret !== undefined && token.text !== '';
      assert.equal(status, isProven ? 200 : 400, body);
      const isLiving = token.owner !== undefined || token.isRefreshToken;
      if (isProven) assert.equal(JSON.parse(body).active, isLiving && plan.app === app, `${plan.kind}: ${body}`);
      const revocation = await send(world, postForm('mydomain', `${OAUTH}/revoke`, { token: token.text }));
      assert.equal(revocation.status, isLiving ? 200 : 400);
      if (isProven) assert.deepEqual(JSON.parse((await introspect()).text), { active: false });
      await ended();
    });
    await fc.assert(property, parameters(700));
  },
);

test(`single access: a frontdoor for good tokens only, and no way out of it (seed ${seed})`, DEADLINE, async () => {
  await using world = await World.start();
  const ended = batch(world);
  const { loginUrl, myDomainUrl } = world.emulator;
  const elsewhere = fc.oneof(
    fc.constantFrom(
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'https:evil.example',
      `${myDomainUrl}@evil.example/`,
    ),
    fc.constantFrom(
      '/lightning/page/home',
      'lightning/page/home',
      myDomainUrl,
      loginUrl,
      `${myDomainUrl}/x?y#z`,
      'javascript:alert(1)',
    ),
    text,
  );
  const property = fc.asyncProperty(tokenPlan, shape, elsewhere, fc.boolean(), async (plan, how, target, byPost) => {
    const { token, headers, isSaid } = say(await showToken(world, plan), how);
    const redirectUri = target.toWellFormed();
    const path = `${OAUTH}/singleaccess`;
    const request = byPost
      ? postForm('mydomain', path, { redirect_uri: redirectUri }, headers)
      : get('mydomain', `${path}?${new URLSearchParams({ redirect_uri: redirectUri })}`, headers);
    const { status, text: body } = await send(world, request);
    if (status === 200) {
      assert.ok(token.owner !== undefined && isSaid, `a frontdoor for ${plan.kind}`);
      const frontdoor = new URL(JSON.parse(body).frontdoor_uri);
      assert.ok(frontdoor.origin === myDomainUrl || frontdoor.origin === loginUrl, frontdoor.origin);
      await send(world, get('mydomain', frontdoor.pathname + frontdoor.search));
    } else assert.ok(status === 403 || status === 404 || status === 400, `${status} ${body}`);
    const shortcut = new URLSearchParams({ sid: token.text, retURL: redirectUri, startURL: redirectUri });
    await send(world, get('mydomain', `/secur/frontdoor.jsp?${shortcut}`));
    await ended();
  });
  await fc.assert(property, parameters(400));
});
