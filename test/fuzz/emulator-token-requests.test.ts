import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { changes } from './support/token-changes.ts';
import { type Draft, makeDraft, plan, toWire } from './support/token-draft.ts';
import { judgeDraft } from './support/token-model.ts';
import type { WireAnswer } from './support/wire.ts';
import { type AppName, type UserName, World } from './support/world.ts';

const CASES_PER_BATCH = 250;
const USER_IDS: Readonly<Record<UserName, number>> = { admin: 0, person: 1, gone: 2 };

function readFields({ headers, text }: WireAnswer): Record<string, string> {
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return JSON.parse(text);
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  return Object.fromEntries([...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value]));
}

/** Sends the request, compares with what it deserves, and says whether a token was issued. */
async function check(world: World, draft: Draft): Promise<boolean> {
  const request = toWire(draft);
  const deserved = judgeDraft(world, draft);
  const answer = await world.wire.send(request);
  judgeAnswer(world, request, answer);
  const isIssued = answer.status === 200;
  const said = `${request.host}: ${request.method} ${request.target} ${request.headers.join()}\n${request.body}\n→ ${answer.status} ${answer.text}`;
  if (!isIssued) {
    assert.doesNotMatch(answer.text, /access_token/);
    assert.ok(deserved.user === undefined || !deserved.isCertain, `a good request was refused:\n${said}`);
    deserved.onRefused();
    return false;
  }
  const fields = readFields(answer);
  deserved.onIssued(fields);
  assert.ok(deserved.user !== undefined, `a token for a bad request:\n${said}`);
  const { id = '', access_token: token = '', refresh_token: refreshToken, issued_at: issuedAt } = fields;
  for (const secret of [token, refreshToken, fields['id_token']]) if (secret !== undefined) world.secrets.add(secret);
  assert.match(token, /^00D\w{12}![\w.]+$/);
  assert.equal(id.split('/').at(-1), world.emulator.ready.users[USER_IDS[deserved.user]]?.id, 'a token for somebody else');
  assert.equal(issuedAt, String(world.nowMs));
  return true;
}

/** Sends a good request again; where that kills a family, its current token is dead too. */
async function replay(world: World, draft: Draft): Promise<void> {
  await check(world, draft);
  const shown = draft.parameters.find(([name]) => name === 'refresh_token');
  const family = world.families.get(shown?.[1] ?? '');
  // Another grant passes a refresh token over, whatever it is.
  const [, grantType] = draft.parameters.find(([name]) => name === 'grant_type') ?? [];
  if (grantType !== 'refresh_token' || shown === undefined || family === undefined || family.isAlive) return;
  shown[1] = family.current;
  assert.equal(await check(world, draft), false, 'the family was to be dead');
}

test(
  `token requests of which something was changed: a token for each good one, none for a bad one (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    const count = { issued: 0, refused: 0, cases: 0 };
    const property = fc.asyncProperty(plan, changes, async (chosen, list) => {
      count.cases += 1;
      const app: AppName = chosen.grant === 'jwt' ? 'jwt' : chosen.app;
      const draft = await makeDraft(world, chosen, count.cases);
      const untouched: Draft = { ...draft, parameters: draft.parameters.map(([name, value]) => [name, value]) };
      for (const change of list) await change(world, draft, app);
      const isIssued = await check(world, draft);
      count[isIssued ? 'issued' : 'refused'] += 1;
      // A good request that comes again may be bad then; what a bad one brought along is as good as before.
      if (isIssued) await replay(world, draft);
      else await check(world, untouched);
      if (count.cases % CASES_PER_BATCH === 0) await judgeLiveness(world);
    });
    await fc.assert(property, parameters(4_000));
    assert.ok(count.issued * 10 > count.cases && count.refused * 10 > count.cases, `one-sided: ${JSON.stringify(count)}`);
  },
);
