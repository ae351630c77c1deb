import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AuthError, type NewConnection } from '@forcemint/core';
import { appsFromMetadata, createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import {
  type AppInput,
  type AppKind,
  createKeyPair,
  newConsumerKey,
  planApp,
  preApprovalUrl,
  projectFiles,
} from '@forcemint/setup';
import { World } from './support/command-line.ts';

const CALLBACK = 'http://localhost:1717/OauthRedirect';
const RUN_AS = 'integration@emulator.example';

/** What is generated for an org is what the emulator is set up with, and what a token is got with. */
describe('generated apps', () => {
  let folder: string;
  let keys: Awaited<ReturnType<typeof createKeyPair>>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forcemint-e2e-'));
    keys = await createKeyPair({ commonName: 'generated apps', nowMs: Date.now() });
  });
  after(() => rm(folder, { recursive: true }));

  const credentials = { consumerKey: newConsumerKey(randomBytes), consumerSecret: newConsumerKey(randomBytes) };

  function inputOf(kind: AppKind, grant: AppInput['grant']): AppInput {
    const input: AppInput = { label: 'Nightly <Sync> & “Co”', contactEmail: 'admins@example.com', kind, grant, ...credentials };
    if (grant === 'jwt-bearer') return { ...input, certificatePem: keys.certificatePem, permissionSet: 'Nightly_Users' };
    if (grant === 'client-credentials') return { ...input, runAsUsername: RUN_AS, permissionSet: 'Nightly_Users' };
    return { ...input, callbackUrls: [CALLBACK] };
  }

  /** The connection that goes with the app. */
  function connectionTo(emulator: Emulator, grant: AppInput['grant'], app: string): NewConnection {
    const { consumerKey: clientId, consumerSecret: clientSecret } = credentials;
    const { loginUrl, myDomainUrl } = emulator;
    const username = emulator.ready.users[0]?.username ?? '';
    if (grant === 'jwt-bearer')
      return { settings: { grant, loginUrl, clientId, username }, secrets: { privateKey: keys.privateKeyPem } };
    if (grant === 'client-credentials')
      return { settings: { grant, loginUrl: myDomainUrl, clientId }, secrets: { clientSecret } };
    const settings = { grant, loginUrl, clientId, redirectUris: grant === 'authorization-code' ? [CALLBACK] : undefined };
    const [refreshToken = ''] = grant === 'refresh-token' ? emulator.grant({ app, user: username }) : [];
    return { settings, secrets: { clientSecret }, ...(refreshToken !== '' && { refreshToken }) };
  }

  for (const kind of ['external-client-app', 'connected-app'] as const) {
    for (const grant of ['jwt-bearer', 'authorization-code', 'refresh-token', 'client-credentials'] as const) {
      test(`${kind}, ${grant}: a token, and a second one`, async (t) => {
        const plan = planApp(inputOf(kind, grant));
        const apps = appsFromMetadata(projectFiles(plan).filter(({ path }) => path.endsWith('-meta.xml')));
        await using emulator = await createEmulator({ config: { apps } });
        const home = await mkdtemp(join(folder, 'home-'));
        t.after(() => rm(home, { recursive: true }));
        const { loginUrl, myDomainUrl, ready } = emulator;
        await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl], env: {} });
        await forcemint.administration.connect('acme', connectionTo(emulator, grant, plan.name));
        if (grant === 'authorization-code') {
          const attempt = await forcemint.login.begin('acme');
          const { username = '', password = '' } = ready.users[0] ?? {};
          const callback = await signIn(attempt.authorizeUrl, { username, password });
          await forcemint.login.complete(attempt, new URL(callback).searchParams);
        }
        const first = await forcemint.getToken('acme');
        const answer = await fetch(`${first.instanceUrl}/services/data/v66.0/limits`, {
          headers: { authorization: `Bearer ${first.value}` },
        });
        assert.equal(answer.status, 200);
        emulator.advanceClock(31);
        await forcemint.renew('acme').catch((error: unknown) => assert.fail(String(error)));
        const { rotation } = await forcemint.status('acme');
        const rotates = grant === 'authorization-code' || grant === 'refresh-token';
        assert.equal(rotation === 'yes', rotates, 'it rotates where the metadata says so');
      });
    }
  }

  for (const kind of ['external-client-app', 'connected-app'] as const) {
    test(`${kind}, where users authorize themselves: one approval in a browser, and JWT bearer serves that user`, async (t) => {
      const permittedUsers = 'self-authorize';
      const plan = planApp({ ...inputOf(kind, 'jwt-bearer'), permissionSet: undefined, permittedUsers });
      const apps = appsFromMetadata(projectFiles(plan).filter(({ path }) => path.endsWith('-meta.xml')));
      await using emulator = await createEmulator({ config: { apps } });
      const home = await mkdtemp(join(folder, 'home-'));
      t.after(() => rm(home, { recursive: true }));
      const { loginUrl, myDomainUrl, ready } = emulator;
      await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl], env: {} });
      await forcemint.administration.connect('acme', connectionTo(emulator, 'jwt-bearer', plan.name));
      await assert.rejects(forcemint.getToken('acme'), (error) => error instanceof AuthError && error.diagnosis?.id === 'J1');
      const { username = '', password = '' } = ready.users[0] ?? {};
      await signIn(preApprovalUrl(plan, loginUrl), { username, password });
      assert.match((await forcemint.getToken('acme')).value, /^00D/);
    });
  }

  test('the command line takes the folder as it is written', async () => {
    await using world = await World.make();
    const project = join(folder, 'project');
    const plan = planApp(inputOf('external-client-app', 'client-credentials'));
    for (const { path, content } of projectFiles(plan)) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), content, { mode: 0o600 });
    }
    const running = world.start(['emulator', '--metadata', join(project, 'force-app'), '--json']);
    const ready = JSON.parse((await running.seen('stdout', /\n/)).split('\n', 1)[0] ?? '');
    running.child.kill('SIGTERM');
    await running.finished;
    assert.deepEqual(Object.keys(ready.apps), [plan.name]);
    assert.equal(ready.apps[plan.name].clientId, credentials.consumerKey);
    for (const [path, message] of [
      [join(folder, 'nowhere'), /cannot be read/],
      [join(project, 'manifest'), /There is no app in/],
    ] as const) {
      const { code, stderr } = await world.run(['emulator', '--metadata', path]);
      assert.deepEqual([code, message.test(stderr)], [2, true], stderr);
    }
  });
});
