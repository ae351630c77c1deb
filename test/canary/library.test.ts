import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { signIn } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import { filesBelow, findCanaries, type Remains } from '../support/canaries.ts';
import {
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  jwtConnection,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { tcpRelay } from '../support/tcp-relay.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { wireSecrets } from '../support/wire-secrets.ts';

const CALLBACK = 'http://localhost:1717/OauthRedirect';
const TOKEN_REQUESTS = { path: '/services/oauth2/token' };
/** What a gateway might quote back, and a broken server might send. */
const QUOTED = 'synthetic-canary-0123456789-in-a-refusal';
const BROKEN = 'synthetic-canary-9876543210-in-a-broken-answer';

/** Everything an error could be printed as. */
function tracesOf(error: unknown): string {
  const chain: unknown[] = [];
  for (let link = error; link instanceof Error && chain.length < 10; link = link.cause) chain.push(link);
  return chain
    .flatMap((link) => [
      inspect(link, { depth: 10, showHidden: true, maxStringLength: null }),
      JSON.stringify(link),
      JSON.stringify(link, Object.getOwnPropertyNames(link)),
      link instanceof Error ? (link.stack ?? '') : '',
      String(link),
    ])
    .join('\n');
}

test('the library leaves no secret in files, errors, history, status, process listings or reports', async (t) => {
  const emulator = await emulatedSalesforce(t);
  emulator.configureApp('web', { isRefreshTokenRotationEnabled: true });
  const relays = [await tcpRelay(t, emulator.loginUrl), await tcpRelay(t, emulator.myDomainUrl)] as const;
  const [login, myDomain] = relays;
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), login.origin, myDomain.origin];
  const remains: Remains[] = [];
  const keep = (place: string, text: string) => remains.push({ place, bytes: Buffer.from(text) });
  const secrets = new Map<string, string>([
    ['quoted', QUOTED],
    ['broken', BROKEN],
  ]);

  {
    await using forcemint = await openForcemint({
      home,
      extraHosts: hosts,
      durations: PATIENT,
      env: {},
      onWarning: (text) => keep('warnings', text),
    });
    const { administration } = forcemint;
    const rotating = refreshTokenConnection(emulator, 'web', { loginUrl: login.origin, introspect: 'auto', clientAuth: 'basic' });
    const app = clientCredentialsConnection(emulator, { loginUrl: myDomain.origin, introspect: 'auto' });
    const jwt = jwtConnection(emulator);
    const person = {
      settings: { ...rotating.settings, grant: 'authorization-code', redirectUris: [CALLBACK] },
      secrets: rotating.secrets,
    };
    secrets.set('adopted refresh token', rotating.refreshToken);
    secrets.set('client secret', rotating.secrets.clientSecret ?? '');
    secrets.set('other client secret', app.secrets.clientSecret ?? '');
    secrets.set('private key', jwt.secrets.privateKey ?? '');
    await administration.connect('rotating', rotating);
    await administration.connect('app', app);
    await administration.connect('jwt', {
      ...jwt,
      settings: { ...jwt.settings, loginUrl: login.origin, audience: emulator.loginUrl },
    });
    await administration.connect('person', person);

    const attempt = await forcemint.login.begin('person');
    const [user] = emulator.ready.users;
    assert.ok(user !== undefined);
    const callback = new URL(await signIn(attempt.authorizeUrl, user));
    secrets.set('password', user.password);
    secrets.set('state', attempt.state);
    secrets.set('verifier', attempt.codeVerifier ?? '');
    await forcemint.login.complete(attempt, callback.searchParams);
    const names = ['rotating', 'app', 'jwt', 'person'];
    for (const name of names) {
      const { value } = await forcemint.getToken(name);
      await forcemint.renew(name);
      await forcemint.reportInvalid(name, value);
    }

    const errors: unknown[] = [];
    const fail = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: unknown) => errors.push(error),
      );
    const faults = [
      { status: 400, body: JSON.stringify({ error: 'invalid_request', error_description: `unexpected value ${QUOTED}` }) },
      { status: 400, body: `{"error":"${QUOTED}"}` },
      { status: 200, body: JSON.stringify({ access_token: BROKEN, refresh_token: { token: BROKEN } }) },
      { status: 200, body: `{"access_token":"${BROKEN}","token_type":"Bearer"` },
      { status: 200, body: `<html>${BROKEN}</html>` },
      { status: 503, body: BROKEN },
      { status: 307, headers: { location: `https://elsewhere.example/?token=${BROKEN}` } },
      { tamper: { jsonPatch: { instance_url: 'https://attacker.example' } } },
      { dropAfter: true },
    ];
    for (const action of faults) {
      emulator.fault({ match: TOKEN_REQUESTS, action });
      await fail(forcemint.renew('app'));
      emulator.fault({ match: TOKEN_REQUESTS, action });
      await fail(forcemint.renew('jwt'));
    }
    for (const action of faults.slice(7)) {
      emulator.fault({ match: TOKEN_REQUESTS, action });
      await fail(forcemint.renew('rotating'));
    }
    await fail(forcemint.login.complete(attempt, callback.searchParams));
    await fail(forcemint.login.complete(attempt, new URLSearchParams({ code: QUOTED, state: 'wrong' })));
    await fail(administration.connect('app', app));
    await fail(
      administration.connect('broken', { ...jwt, secrets: { privateKey: `${jwt.secrets.privateKey}`.replace('\n', 'X') } }),
    );
    assert.ok(errors.length >= 20, `${errors.length} errors`);
    errors.forEach((error, index) => void keep(`error ${index}: ${String(error).slice(0, 60)}`, tracesOf(error)));
    for (const name of names) {
      keep(`events of ${name}`, JSON.stringify(await forcemint.events(name, 1_000)));
      const { connection, ...status } = await forcemint.status(name);
      keep(`status of ${name}`, JSON.stringify([status, connection.settings]));
      keep(`connection of ${name}`, inspect(connection, { depth: 10 }));
    }
    keep('list', JSON.stringify(await forcemint.list()));
    keep('Forcemint itself', inspect(forcemint, { depth: 3 }));
    remains.push(...filesBelow(home, (path) => basename(path) === 'master.key'));
  }

  const child = await ForcemintProcess.start(t, { env: { FORCEMINT_DEBUG: '1' } });
  await child.ask({ do: 'open', home, extraHosts: hosts, durations: PATIENT });
  for (const name of ['app', 'jwt']) await child.ask({ do: 'renew', name });
  for (const part of ['cmdline', 'environ']) {
    remains.push({ place: `${part} of a process`, bytes: readFileSync(`/proc/${child.process.pid}/${part}`) });
  }
  keep('process report', String(await child.ask({ do: 'report' })));
  await child.ask({ do: 'close' });
  keep('output of a process', child.output);
  remains.push(...filesBelow(home, (path) => basename(path) === 'master.key'));

  secrets.set('master key', readFileSync(join(home, 'master.key'), 'utf8').trim());
  for (const relay of relays) for (const [name, secret] of wireSecrets(relay.traffic())) secrets.set(name, secret);
  const kinds = [...secrets.keys()].map((name) => name.replace(/ \d+$/, ''));
  for (const kind of ['access token', 'refresh token', 'authorization code', 'PKCE verifier', 'JWT assertion', 'ID token']) {
    assert.ok(kinds.includes(kind), `no ${kind} was seen on the wire`);
  }
  t.diagnostic(`${secrets.size} secrets, ${remains.length} places`);
  assert.deepEqual(findCanaries(secrets, remains), []);
});
