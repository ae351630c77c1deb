import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { type AccessToken, type ConnectionSettings, OAuthResponseError } from '@forcemint/core';
import { readTokenError } from '@forcemint/core/salesforce/token-errors';
import type { Context } from '../src/context.ts';
import { Interrupts } from '../src/interrupts.ts';
import { NotedError } from '../src/noted-error.ts';
import { type Approval, approvalAdvice, approvalOf, browserOf, inviteToApprove } from '../src/setup/approval.ts';
import { proveUntil, type Tries } from '../src/setup/prove.ts';
import { Output } from '../src/terminal/output.ts';

const SETTINGS: ConnectionSettings = {
  grant: 'jwt-bearer',
  loginUrl: 'https://acme.my.site.com/partners',
  clientId: 'synthetic',
  clientAuth: 'none',
  username: 'sync@acme.example',
  rotates: 'auto',
  introspect: 'auto',
  sessionTimeoutSeconds: 7200,
  apiVersion: '66.0',
  labels: {},
};
const APPROVAL: Approval = { url: 'https://acme.my.salesforce.com/authorize', username: 'sync@acme.example' };
const TOKEN: AccessToken = {
  value: 'synthetic',
  tokenType: 'Bearer',
  instanceUrl: 'https://acme.my.salesforce.com',
  scope: 'api',
  issuedAt: 0,
  expiresAt: 7200,
  expirySource: 'policy',
  connection: 'acme',
};

function refused(error: string, description: string): OAuthResponseError {
  const { errorClass, diagnosis } = readTokenError('jwt-bearer', error, description);
  return new OAuthResponseError(`refused: ${error}`, { error, status: 400, errorClass }, { diagnosis });
}

const unknown = refused('invalid_client_id', 'client identifier invalid');
const notApproved = refused('invalid_grant', "user hasn't approved this consumer");

/** Tries that get these answers, the last one for good, in a time of their own. */
function tries(answers: readonly (Error | AccessToken)[]) {
  const happened: string[] = [];
  let [nowMs, asked] = [0, 0];
  const all: Tries = {
    getToken: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
    nowMs: () => nowMs,
    pause: async (forMs) => {
      nowMs += forMs;
      happened.push('paused');
    },
    tell: () => happened.push('told'),
    approval: APPROVAL,
    invite: async ({ url }) => {
      happened.push(`invited to ${url}`);
    },
  };
  return { all, happened };
}

test('the user is invited once to approve the app, as soon as that is what is missing', async () => {
  const { all, happened } = tries([unknown, notApproved, notApproved, TOKEN]);
  assert.equal(await proveUntil('acme', 600_000, all), TOKEN);
  assert.deepEqual(happened, ['told', 'paused', 'told', `invited to ${APPROVAL.url}`, 'paused', 'paused']);
});

test('where nothing can be approved nobody is invited', async () => {
  const { all, happened } = tries([notApproved, TOKEN]);
  await proveUntil('acme', 600_000, { ...all, approval: undefined });
  assert.deepEqual(happened, ['told', 'paused']);
});

test('when the time is over, the approval is the first way out of this refusal, and of no other', async () => {
  const fixOf = async (refusal: Error): Promise<readonly string[]> => {
    const error: unknown = await proveUntil('acme', 0, tries([refusal]).all).catch((reason: unknown) => reason);
    assert.ok(error instanceof NotedError);
    return error.fix;
  };
  assert.equal((await fixOf(notApproved))[0], approvalAdvice(APPROVAL));
  assert.ok(!(await fixOf(unknown)).join().includes(APPROVAL.url));
});

test('an approval belongs to a connection by JWT bearer, at its own login URL', () => {
  const approval = approvalOf(SETTINGS);
  const url = new URL(approval?.url ?? '');
  assert.equal(`${url.origin}${url.pathname}`, 'https://acme.my.site.com/partners/services/oauth2/authorize');
  assert.deepEqual(
    [url.searchParams.get('client_id'), url.searchParams.get('redirect_uri'), approval?.username],
    ['synthetic', 'https://login.salesforce.com/services/oauth2/success', 'sync@acme.example'],
  );
  for (const grant of ['client-credentials', 'refresh-token', 'authorization-code'] as const) {
    assert.equal(approvalOf({ ...SETTINGS, grant }), undefined, grant);
  }
  assert.equal(approvalOf({ ...SETTINGS, loginUrl: 'http://sf.example' }), undefined, 'nobody is to type a password there');
});

test('the browser is opened where it may be, and the address is shown all the same', async () => {
  const invitation = async (open?: (url: string) => Promise<boolean>): Promise<string> => {
    const stderr = new PassThrough();
    await inviteToApprove(new Output(new PassThrough(), stderr, {}), APPROVAL, open);
    return String(stderr.read());
  };
  const opened: string[] = [];
  const opens = async (url: string): Promise<boolean> => {
    opened.push(url);
    return true;
  };
  assert.match(await invitation(opens), /browser window that opens.*\n\n {2}https:\/\/acme\.my\.salesforce\.com\/authorize\n/s);
  assert.deepEqual(opened, [APPROVAL.url]);
  for (const open of [undefined, async () => false]) {
    assert.match(await invitation(open), /at this address:\n\n {2}https:\/\/acme\.my\.salesforce\.com\/authorize\n/);
  }
});

test('a browser is opened for a person at a terminal who has one, and not against their will', () => {
  const contextOf = (isTTY: boolean, env: Context['env']): Context => ({
    env,
    stdin: new PassThrough(),
    output: new Output(new PassThrough(), Object.assign(new PassThrough(), { isTTY }), {}),
    interrupts: new Interrupts(process, () => undefined),
    now: Date.now,
    openForcemint: () => Promise.reject(new TypeError('nothing is opened here')),
    exitCode: 0,
  });
  const [here, remote] = [{ DISPLAY: ':0' }, { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }];
  assert.equal(typeof browserOf(contextOf(true, here), { browser: true }), 'function');
  for (const [isTTY, env, flags] of [
    [true, here, { browser: false }],
    [true, here, { browser: true, json: true }],
    [false, here, { browser: true }],
    [true, remote, { browser: true }],
  ] as const) {
    assert.equal(browserOf(contextOf(isTTY, env), flags), undefined, JSON.stringify([isTTY, env, flags]));
  }
});
