import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AuthorizePlan,
  authorizePlan,
  type DeservedPage,
  fieldsOf,
  judgeFields,
  type Step,
} from './support/authorize-plan.ts';
import { judgeAnswer, judgeLiveness } from './support/oracles.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { get, type HeaderList, postForm, type WireAnswer, type WireRequest } from './support/wire.ts';
import { USERS, type UserName, VERIFIER, World } from './support/world.ts';

const CASES_PER_BATCH = 250;
const AUTHORIZE = '/services/oauth2/authorize';
const CONSENT = '/setup/secur/RemoteAccessAuthorizationPage.apexp';

async function send(world: World, request: WireRequest): Promise<WireAnswer> {
  const answer = await world.wire.send(request);
  judgeAnswer(world, request, answer);
  return answer;
}

/** The way of one authorization request through the pages, as it is to be. */
class Visit {
  readonly world: World;
  readonly plan: AuthorizePlan;
  readonly fields: Readonly<Record<string, string>>;
  readonly deserved: DeservedPage;
  /** Who is logged in to this request; undefined when nobody is. */
  user: UserName | undefined;
  transaction: string | undefined;
  isOver = false;

  constructor(world: World, plan: AuthorizePlan) {
    this.world = world;
    this.plan = plan;
    this.fields = fieldsOf(world, plan);
    this.deserved = judgeFields(world, this.fields);
  }

  async begin(): Promise<WireAnswer> {
    const { browser, byPost, repeated } = this.plan;
    const isKnown = browser === 'admin' || browser === 'person';
    const forged = `emulator_sid_${new URL(this.world.origin('login')).port}=${'forged'.repeat(6)}`;
    const cookie = isKnown ? await this.world.cookie(browser) : forged;
    const headers: HeaderList = browser === 'nobody' ? [] : [['cookie', cookie]];
    const prompts = (this.fields['prompt'] ?? '').split(' ');
    if (isKnown && !prompts.includes('login') && !prompts.includes('select_account')) this.user = browser;
    // The first of several is the one that counts.
    const more = repeated ? '&redirect_uri=https%3A%2F%2Fevil.example%2F&client_id=3MVG9nobody' : '';
    const isComplete = this.fields['redirect_uri'] !== undefined && this.fields['client_id'] !== undefined;
    const query = `${new URLSearchParams(this.fields)}${isComplete ? more : ''}`;
    const request = byPost
      ? { ...postForm('login', AUTHORIZE, {}, headers), body: query }
      : get('login', `${AUTHORIZE}?${query}`, headers);
    return send(this.world, request);
  }

  take(step: Step): Promise<WireAnswer> {
    const transaction = this.transaction ?? 'unknown';
    if (step.form === 'login') {
      const { username, password } = USERS[step.user];
      const passwords = { right: password, wrong: `${password} `, "somebody's": USERS.admin.password, none: '' };
      const sent = passwords[step.password];
      if (sent === password && step.user !== 'gone' && this.transaction !== undefined && !this.isOver) this.user = step.user;
      return send(this.world, postForm('login', '/login', { transaction, username, password: sent }));
    }
    const form = { transaction, ...(step.decision === undefined ? {} : { decision: step.decision }) };
    if (step.method === 'GET') return send(this.world, get('login', `${CONSENT}?${new URLSearchParams(form)}`));
    return send(this.world, postForm('login', CONSENT, form));
  }

  /** True when the user has what it takes to be given a code. */
  get mayHaveCode(): boolean {
    const { target, isGood } = this.deserved;
    const isApproved = !(target?.app === 'adminOnly' || target?.app === 'jwt') || this.user === 'admin';
    return isGood && !this.isOver && this.user !== undefined && this.user !== 'gone' && isApproved;
  }
}

/** Looks at the answer to the request or a step; returns the code when there is one. */
function judge(visit: Visit, answer: WireAnswer, isDenied: boolean): string | undefined {
  const { location } = answer.headers;
  const { target, isGood } = visit.deserved;
  if (location === undefined) {
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
    visit.transaction = /name="transaction" value="([^"]+)"/.exec(answer.text)?.[1] ?? visit.transaction;
    if (visit.transaction !== undefined) assert.ok(isGood, 'a page for a bad request');
    return undefined;
  }
  assert.ok(target !== undefined, `sent to ${location}`);
  const { redirectUri } = target;
  assert.ok(location.startsWith(redirectUri + (redirectUri.includes('?') ? '&' : '?')), `${location} is not ${redirectUri}`);
  const query = new URLSearchParams(location.slice(redirectUri.length + 1));
  assert.equal(query.get('state') ?? undefined, visit.fields['state'], 'the state is another');
  assert.deepEqual([...new Set(query.keys())].length, [...query.keys()].length, 'a parameter stands twice');
  const code = query.get('code') ?? undefined;
  if (code === undefined) {
    assert.ok(query.get('error') && query.get('error_description'));
    const isImmediate = visit.fields['immediate'] === 'true';
    assert.ok(!isGood || isDenied || isImmediate, `a good request was refused: ${location}`);
    visit.isOver = true;
    return undefined;
  }
  visit.world.secrets.add(code);
  assert.ok(visit.mayHaveCode, 'a code for a request that deserves none');
  visit.isOver = true;
  return code;
}

/** The code is for the user who logged in, and for nothing that was not asked. */
async function redeem(visit: Visit, code: string): Promise<void> {
  const { target } = visit.deserved;
  assert.ok(target !== undefined && visit.user !== undefined);
  const { clientId, clientSecret } = visit.world.app(target.app);
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.redirectUri,
    client_id: clientId,
    code_verifier: VERIFIER,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
  };
  const answer = await send(visit.world, postForm('mydomain', '/services/oauth2/token', form));
  if (answer.status !== 200) return;
  const { id, scope } = JSON.parse(answer.text);
  const { users } = visit.world.emulator.ready;
  assert.equal(id.split('/').at(-1), users.find(({ username }) => username === USERS[visit.user ?? 'gone'].username)?.id);
  const asked = (visit.fields['scope'] ?? '').replace('offline_access', 'refresh_token').split(/\s+/).filter(Boolean);
  if (asked.length > 0) for (const one of scope.split(' ')) assert.ok(asked.includes(one), `${one} was not asked`);
}

test(
  `authorization requests and their pages: codes for the right ones, redirects to callbacks only (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    const count = { cases: 0, codes: 0, redirects: 0, pages: 0 };
    const property = fc.asyncProperty(authorizePlan, async (plan) => {
      count.cases += 1;
      const visit = new Visit(world, plan);
      let code = judge(visit, await visit.begin(), false);
      for (const step of plan.steps) {
        const answer = await visit.take(step);
        if (step.form === 'consent' && step.method === 'GET')
          assert.equal(answer.headers.location, undefined, 'a link decides nothing');
        const isDenied = step.form === 'consent' && step.decision === 'deny' && step.method === 'POST';
        code = judge(visit, answer, isDenied) ?? code;
      }
      if (code !== undefined) await redeem(visit, code);
      count.codes += code === undefined ? 0 : 1;
      count.redirects += visit.isOver ? 1 : 0;
      count.pages += visit.isOver ? 0 : 1;
      if (count.cases % CASES_PER_BATCH === 0) await judgeLiveness(world);
    });
    await fc.assert(property, parameters(2_500));
    for (const some of [count.codes, count.redirects, count.pages])
      assert.ok(some * 20 > count.cases, `one-sided: ${JSON.stringify(count)}`);
  },
);
