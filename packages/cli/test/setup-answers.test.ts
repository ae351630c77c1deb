import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Context } from '../src/context.ts';
import { Interrupts } from '../src/interrupts.ts';
import { answersOf, type SetupFlags } from '../src/setup/answers.ts';
import { Output } from '../src/terminal/output.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';

/** A terminal at which somebody types each answer when the question is there. */
function terminal(answers: readonly (readonly [question: string, keys: readonly string[]])[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  const asked: string[] = [];
  let shown = '';
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8');
    const [next] = answers.slice(asked.length);
    if (next === undefined || !shown.includes(next[0])) return;
    asked.push(next[0]);
    shown = '';
    for (const key of next[1]) setImmediate(() => stdin.write(key));
  });
  const context: Context = {
    env: {},
    stdin,
    output: new Output(new PassThrough(), stderr, {}),
    interrupts: new Interrupts(process, () => undefined),
    now: Date.now,
    openForcemint: () => Promise.reject(new TypeError('nothing is opened here')),
    exitCode: 0,
  };
  return { context, asked, shown: () => shown };
}

const NO_FLAGS: SetupFlags = { browser: true };
const POLICY = { extraOrigins: [], sovereign: false };

test('a site is one of the kinds of org, and its URL is asked for', async () => {
  const questions = [
    ['Who gets tokens?', [ENTER]],
    ['What kind of org is it?', [DOWN, DOWN, DOWN, DOWN, ENTER]],
    ['URL of the site', ['https://acme.my.site.com/partners', ENTER]],
    ['Salesforce user whom programs act for', ['sync@acme.example', ENTER]],
    ['Email that Salesforce writes to', ['admins@acme.example', ENTER]],
  ] as const;
  const { context, asked } = terminal(questions);
  const answers = await answersOf(context, 'partners', NO_FLAGS, POLICY);
  assert.deepEqual(
    asked,
    questions.map(([question]) => question),
  );
  assert.deepEqual(answers, {
    grant: 'jwt-bearer',
    orgKind: 'site',
    app: 'external-client-app',
    loginUrl: 'https://acme.my.site.com/partners',
    selfAuthorize: false,
    username: 'sync@acme.example',
    email: 'admins@acme.example',
    label: 'Forcemint partners',
  });
});

const WHO = { 'jwt-bearer': [ENTER], 'client-credentials': [DOWN, ENTER], 'authorization-code': [DOWN, DOWN, ENTER] } as const;
const MY_DOMAIN = ['My Domain of the org', ['https://acme.my.salesforce.com', ENTER]] as const;
const USER = ['Salesforce user whom programs act for', ['sync@acme.example', ENTER]] as const;
const EMAIL = ['Email that Salesforce writes to', ['admins@acme.example', ENTER]] as const;

for (const grant of ['jwt-bearer', 'client-credentials', 'authorization-code'] as const) {
  test(`${grant}: each question once, and none of what the flags say`, async () => {
    const own = grant === 'authorization-code' ? [MY_DOMAIN, EMAIL] : [MY_DOMAIN, USER, EMAIL];
    const questions = [['Who gets tokens?', WHO[grant]], ['What kind of org is it?', [ENTER]], ...own] as const;
    const { context, asked } = terminal(questions);
    const answers = await answersOf(context, 'acme', NO_FLAGS, POLICY);
    assert.deepEqual(
      asked,
      questions.map(([question]) => question),
    );
    const { orgKind, loginUrl, username, email } = answers;
    assert.deepEqual([answers.grant, orgKind, loginUrl], [grant, 'production', 'https://acme.my.salesforce.com']);
    const flags: SetupFlags = { ...NO_FLAGS, grant, orgKind, loginUrl, username, email };
    const silent = terminal([]);
    assert.deepEqual(await answersOf(silent.context, 'acme', flags, POLICY), answers);
    assert.equal(silent.shown(), '', 'nothing was asked');
  });
}

test('a refusal comes as soon as it is known, before anything else is asked', async () => {
  const client = terminal([['Who gets tokens?', WHO['client-credentials']]]);
  await assert.rejects(answersOf(client.context, 'acme', { ...NO_FLAGS, selfAuthorize: true }, POLICY), /--self-authorize/);
  const site = terminal([]);
  const flags: SetupFlags = { ...NO_FLAGS, grant: 'jwt-bearer', orgKind: 'site' };
  await assert.rejects(
    answersOf(site.context, 'acme', { ...flags, loginUrl: 'https://acme.my.salesforce.com' }, POLICY),
    /is not the URL of an Experience Cloud site/,
  );
  assert.equal(site.shown(), '');
});
