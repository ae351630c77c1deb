import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDefaults } from '../src/config/config-defaults.ts';
import { type App, createApp } from '../src/org/apps.ts';
import { pooledRandom } from '../src/org/opaque-text.ts';
import { RefreshTokens } from '../src/org/refresh-tokens.ts';
import { type User, Users } from '../src/org/users.ts';

const ROTATIONS = 110_000;

function prepare(): { tokens: RefreshTokens; app: App; user: User } {
  const random = pooledRandom();
  const { users, apps } = withDefaults({});
  const [user] = new Users(users).all();
  const config = apps.rotating;
  assert.ok(user !== undefined && config !== undefined);
  const app = createApp('rotating', config, { random, nowMs: 0, generatedCertificate: undefined });
  return { tokens: new RefreshTokens(random), app, user };
}

test('of the replaced refresh tokens the latest 100,000 are known, and no living one is ever forgotten', () => {
  const { tokens, app, user } = prepare();
  const other = tokens.issue(app, user, ['api'], 0);
  const grant = tokens.issue(app, user, ['api'], 0);
  const replaced: string[] = [];
  for (let round = 0; round < ROTATIONS; round++) {
    replaced.push(grant.currentToken);
    tokens.rotate(grant);
  }
  const known = () => replaced.filter((token) => tokens.find(token) === grant);
  // Not the lists whole: the difference of two such lists takes minutes to print.
  assert.deepEqual([known().length, known()[0]], [100_000, replaced[ROTATIONS - 100_000]]);
  assert.equal(tokens.find(other.currentToken), other);
  assert.equal(tokens.find(grant.currentToken), grant);
  tokens.revoke(grant);
  assert.equal(tokens.find(grant.currentToken)?.isRevoked, true, 'known a while longer, for the log');
  assert.equal(known().length, 99_999);
});

test('revoked grants are forgotten, the oldest first', () => {
  const { tokens, app, user } = prepare();
  const grants = Array.from({ length: ROTATIONS }, () => tokens.issue(app, user, ['api'], 0));
  for (const grant of grants) tokens.revoke(grant);
  assert.equal(grants.filter(({ currentToken }) => tokens.find(currentToken) !== undefined).length, 100_000);
  assert.equal(tokens.hasLiving(app.name, user), false);
  assert.deepEqual(
    [tokens.find(grants[0]?.currentToken ?? ''), tokens.find(grants.at(-1)?.currentToken ?? '')],
    [undefined, grants.at(-1)],
  );
});
