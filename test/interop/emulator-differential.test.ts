import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { authorize, clientCredentials, exchange, introspect, refresh, revoke, token, userinfo } from './support/action-words.ts';
import { agree, playBoth } from './support/compare-servers.ts';
import { type Action, NONCE } from './support/differential-actions.ts';
import { CLIENTS, type DifferentialServer, startServers } from './support/differential-server.ts';

const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Math.max(60, Number(process.env['FORCEMINT_TEST_RUNS'] ?? 0) || 0);

const PUBLIC = { client: 'public', proof: 'none' } as const;

const SCENARIOS: Readonly<Record<string, readonly Action[]>> = {
  'a login, its tokens in use, and a refresh': [
    authorize(),
    exchange(),
    userinfo(),
    introspect(),
    refresh(),
    userinfo(1),
    userinfo(),
  ],
  'Basic authentication': [
    authorize(),
    exchange({ proof: 'basic' }),
    refresh({ proof: 'basic' }),
    introspect({ proof: 'basic' }),
  ],
  'a public client': [authorize(PUBLIC), exchange(PUBLIC), refresh(PUBLIC), refresh({ ...PUBLIC, token: 1 })],
  'a public client without a challenge': [authorize({ client: 'public', challenge: 'none' })],
  'a public client with a secret': [authorize(PUBLIC), exchange({ client: 'public', proof: 'post' }), exchange(PUBLIC)],
  'PKCE: wrong verifier, none, the right one': [
    authorize(),
    exchange({ verifier: 'wrong' }),
    exchange({ verifier: 'missing' }),
    exchange(),
  ],
  'PKCE: the shortest and the longest verifier': [
    authorize({ verifier: 'of 43' }),
    exchange(),
    authorize({ verifier: 'of 128' }),
    exchange({ code: 1 }),
  ],
  'PKCE: plain is refused': [authorize({ challenge: 'plain' })],
  'a confidential client may do without PKCE': [authorize({ challenge: 'none' }), exchange({ verifier: 'missing' })],
  'a code works once': [authorize(), exchange(), exchange()],
  "another client's code": [authorize(), exchange({ client: 'other' }), exchange()],
  'another redirect URI, none, the right one': [
    authorize(),
    exchange({ redirectUri: 'other' }),
    exchange({ redirectUri: 'missing' }),
    exchange(),
  ],
  'wrong and missing secrets': [
    authorize(),
    exchange({ proof: 'wrong' }),
    exchange({ proof: 'wrong basic' }),
    exchange({ proof: 'none' }),
    exchange(),
    refresh({ proof: 'wrong' }),
    refresh({ proof: 'none' }),
    refresh(),
  ],
  'unknown client': [authorize({ client: 'nobody' }), clientCredentials({ client: 'nobody' })],
  'unknown code and tokens': [exchange(), refresh(), introspect()],
  'redirect URIs that are not registered': [authorize({ redirectUri: 'foreign' }), authorize({ redirectUri: 'missing' })],
  'a response type that is none': [authorize({ responseType: 'nonsense' })],
  'deny, then allow': [authorize({ decision: 'deny' }), authorize(), exchange()],
  'log in and consent anew': [authorize({ prompt: 'login consent' }), exchange()],
  'fewer scopes: no refresh token': [authorize({ scope: 'openid' }), exchange(), userinfo(), refresh()],
  'rotation: each refresh token once, then the family dies with its access tokens': [
    authorize(),
    exchange(),
    refresh(),
    refresh({ token: 1 }),
    userinfo(2),
    refresh(),
    userinfo(),
    userinfo(1),
    userinfo(2),
    refresh({ token: 2 }),
    introspect({ token: 2 }),
  ],
  'two families do not touch each other': [
    authorize(),
    exchange(),
    authorize(),
    exchange({ code: 1 }),
    refresh(),
    refresh(),
    userinfo(),
    userinfo(1),
    refresh({ token: 1 }),
  ],
  "another client's refresh token, which stays good": [authorize(), exchange(), refresh({ client: 'other' }), refresh()],
  'a refresh token that is revoked, and everything of it': [
    authorize(),
    exchange(),
    refresh(),
    revoke({ token: 1 }),
    refresh({ token: 1 }),
    userinfo(),
    userinfo(1),
    introspect({ kind: 'refresh', token: 1 }),
  ],
  'an access token that is revoked': [authorize(), exchange(), revoke({ kind: 'access' })],
  "introspection of one's own tokens and of another's": [
    authorize(),
    exchange(),
    introspect(),
    introspect({ kind: 'refresh' }),
    introspect({ client: 'other' }),
    introspect({ proof: 'wrong' }),
    introspect({ proof: 'none' }),
    introspect({ client: 'nobody' }),
  ],
  'client credentials': [
    clientCredentials(),
    clientCredentials({ proof: 'basic' }),
    clientCredentials({ proof: 'wrong' }),
    clientCredentials({ proof: 'none' }),
    introspect({ client: 'machine' }),
    refresh(),
  ],
  'a grant type that is none': [token({ grant_type: 'nonsense', client_id: CLIENTS.web.id, client_secret: CLIENTS.web.secret })],
};

test('emulator and oidc-provider agree', async (t) => {
  const servers = await startServers(t);
  for (const [name, script] of Object.entries(SCENARIOS)) {
    await t.test(name, async () => {
      assert.equal(await agree(servers, script), script.length);
    });
  }
});

const index = fc.nat({ max: 2 });
const client = fc.constantFrom('web', 'web', 'web', 'other', 'public');
const proof = fc.constantFrom('post', 'post', 'post', 'basic', 'wrong', 'none');
const kind = fc.constantFrom('access', 'refresh');
const mostly = <const T>(good: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        client,
        challenge: mostly('S256', 'no method', 'plain', 'none'),
        verifier: mostly('usual', 'of 43', 'of 128', 'of 171'),
        redirectUri: mostly('own', 'foreign', 'missing'),
        responseType: mostly('code', 'nonsense'),
        scope: mostly('openid offline_access api', 'openid', 'openid profile offline_access', 'openid wave_api'),
        decision: mostly('allow', 'deny'),
      })
      .map((changes) => authorize(changes)),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        code: index,
        client,
        proof,
        redirectUri: mostly('own', 'other', 'missing'),
        verifier: mostly('right', 'wrong', 'missing'),
      })
      .map((changes) => exchange(changes)),
  },
  // The newest tokens and codes of a client that proves itself, so that runs get somewhere.
  {
    weight: 4,
    arbitrary: fc.tuple(index, fc.constantFrom('post', 'basic')).map(([code, how]) => exchange({ code, proof: how })),
  },
  { weight: 2, arbitrary: index.map((code) => exchange({ ...PUBLIC, code })) },
  { weight: 4, arbitrary: fc.record({ token: index, client, proof }).map((changes) => refresh(changes)) },
  { weight: 2, arbitrary: index.map((one) => refresh({ ...PUBLIC, token: one })) },
  { weight: 3, arbitrary: index.map((one) => userinfo(one)) },
  {
    weight: 3,
    arbitrary: fc
      .record({ kind, token: index, client: fc.constantFrom('web', 'other'), proof })
      .map((changes) => introspect(changes)),
  },
  { weight: 1, arbitrary: fc.record({ kind, token: index, client, proof }).map((changes) => revoke(changes)) },
  { weight: 1, arbitrary: fc.constantFrom('post', 'basic', 'wrong').map((how) => clientCredentials({ proof: how })) },
);

test(`emulator and oidc-provider agree in whatever order things are done (seed ${seed})`, { timeout: 600_000 }, async (t) => {
  const servers = await startServers(t);
  let compared = 0;
  const property = fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 14, size: 'max' }), async (script) => {
    compared += await agree(servers, [authorize(), ...script]);
  });
  await fc.assert(property, { seed, numRuns });
  assert.ok(compared > 3 * numRuns, `only ${compared} actions were compared`);
});

async function verified({ endpoints }: DifferentialServer, idToken: unknown): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(endpoints.jwks));
  const { payload } = await jwtVerify(String(idToken), keys, {
    issuer: endpoints.issuer,
    audience: CLIENTS.web.id,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'exp', 'iat'],
  });
  return payload;
}

test('the ID tokens of both are right by their own keys: issuer, audience, nonce, at_hash, and the subject of userinfo', async (t) => {
  const servers = await startServers(t);
  const { held, verdicts } = await playBoth(servers, [authorize(), exchange()]);
  assert.deepEqual(verdicts.at(-1), ['issued', 'issued']);
  for (const [number, server] of servers.entries()) {
    const [answer = {}] = held[number]?.answers ?? [];
    const claims = await verified(server, answer['id_token']);
    const accessToken = String(answer['access_token']);
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');
    // OpenID Connect Core section 3.1.3.6 leaves at_hash to the server here; Salesforce has it (B.10; D).
    const hash = server.name === 'emulator' ? half : undefined;
    assert.deepEqual([claims['nonce'], claims['at_hash']], [NONCE, hash], server.name);
    const response = await fetch(server.endpoints.userinfo, { headers: { authorization: `Bearer ${accessToken}` } });
    const { sub } = (await response.json()) as { sub: string };
    assert.equal(claims.sub, sub, server.name);
  }
});
