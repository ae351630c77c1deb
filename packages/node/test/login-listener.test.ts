import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { type LoginListenerOptions, startLoginListener } from '../src/login-listener.ts';
import { type Ending, failure, present } from './support/machine.ts';

const STATE = 'synthetic-state-0123456789';
const CODE = 'synthetic-code.==';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly address?: string;
}

async function listener(t: Ending, changes: Partial<LoginListenerOptions> = {}) {
  const options = { redirectUri: 'http://localhost:0/OauthRedirect', expectedState: STATE, lingerMs: 0, ...changes };
  const listening = await startLoginListener(options);
  t.after(() => listening.close());
  const uri = new URL(listening.redirectUri);
  const ask = (path: string, { method = 'GET', headers = {}, address = '127.0.0.1' }: Ask = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = httpRequest(
        { host: address, port: uri.port, path, method, agent: false, headers: { host: uri.host, ...headers } },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        },
      );
      sent.on('error', reject).end();
    });
  const callback = (parameters: Record<string, string> = { code: CODE, state: STATE }) =>
    `${uri.pathname}?${new URLSearchParams(parameters)}`;
  return { listening, uri, ask, callback };
}

test('the valid callback is taken, and the browser is sent to an address without the code', async (t) => {
  const { listening, ask, callback } = await listener(t);
  const waiting = listening.waitForCallback();
  const answer = await ask(callback());
  assert.deepEqual([answer.status, answer.headers.location, answer.body], [303, '/done', '']);
  assert.deepEqual(
    [...(await waiting)],
    [
      ['code', CODE],
      ['state', STATE],
    ],
  );
  const page = await ask('/done');
  assert.equal(page.status, 200);
  assert.match(page.body, /You can close this window/);
  for (const { headers, body } of [answer, page]) {
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-[^']+='; /);
    assert.ok(!JSON.stringify([headers, body]).includes('synthetic'), 'neither code nor state comes back');
  }
});

test('everything else is refused and the wait goes on', async (t) => {
  const { listening, uri, ask, callback } = await listener(t);
  let done = false;
  const waiting = listening.waitForCallback().finally(() => {
    done = true;
  });
  const twice = (name: string, value: string) => `${callback()}&${name}=${encodeURIComponent(value)}`;
  const stray: [string, Ask, number][] = [
    ['/favicon.ico', {}, 404],
    ['/', {}, 404],
    ['/done', {}, 404],
    ['/oauthredirect?code=a&state=b', {}, 404],
    [`${callback()}`.replace('?', '/?'), {}, 404],
    [callback(), { method: 'POST' }, 405],
    [callback(), { method: 'HEAD' }, 405],
    [callback(), { method: 'PUT' }, 405],
    [callback(), { method: 'OPTIONS' }, 204],
    [uri.pathname, {}, 400],
    [callback({ code: CODE }), {}, 400],
    [callback({ code: CODE, state: '' }), {}, 400],
    [callback({ code: CODE, state: `${STATE}x` }), {}, 400],
    [callback({ code: CODE, state: STATE.toUpperCase() }), {}, 400],
    [callback({ state: STATE }), {}, 400],
    [callback({ code: '', state: STATE }), {}, 400],
    [callback({ code: CODE, error: 'access_denied', state: STATE }), {}, 400],
    [twice('state', STATE), {}, 400],
    [twice('state', 'other'), {}, 400],
    [twice('code', CODE), {}, 400],
    [callback(), { headers: { host: 'evil.example' } }, 421],
    [callback(), { headers: { host: `127.0.0.1:${uri.port}` } }, 421],
    [callback(), { headers: { host: 'localhost' } }, 421],
    [callback(), { headers: { host: `localhost.evil.example:${uri.port}` } }, 421],
  ];
  for (const [path, how, status] of stray) {
    const answer = await ask(path, how);
    assert.equal(answer.status, status, `${how.method ?? 'GET'} ${path} ${JSON.stringify(how.headers ?? {})}`);
    assert.ok(!JSON.stringify(answer).includes('synthetic-'), path);
    if (status === 405) assert.equal(answer.headers.allow, 'GET, OPTIONS');
    if (status === 400) assert.match(answer.body, /not the login that the command waits for/);
  }
  assert.equal(done, false);
  assert.equal((await ask(callback(), { headers: { host: uri.host.toUpperCase() } })).status, 303);
  assert.equal((await waiting).get('code'), CODE);
});

test('broken HTTP, and a connection that says nothing, do not end the wait', async (t) => {
  const { listening, uri, ask, callback } = await listener(t);
  const broken = connect(Number(uri.port), '127.0.0.1');
  broken.end('\x16\x03\x01 this is TLS\r\n\r\n');
  broken.resume();
  await once(broken, 'close');
  const silent = connect(Number(uri.port), '127.0.0.1');
  await once(silent, 'connect');
  assert.equal((await ask(callback())).status, 303);
  await listening.waitForCallback();
  const silentClosed = once(silent, 'close');
  await listening.close();
  await silentClosed;
});

test('of two callbacks at once the first wins, and the second learns that it is over', async (t) => {
  const { listening, ask, callback } = await listener(t);
  const answers = await Promise.all([ask(callback({ code: 'one', state: STATE })), ask(callback({ code: 'two', state: STATE }))]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 410]);
  const winner = answers[0]?.status === 303 ? 'one' : 'two';
  assert.equal((await listening.waitForCallback()).get('code'), winner);
  assert.equal((await ask(callback())).status, 410);
  assert.equal((await listening.waitForCallback()).get('code'), winner);
});

test('a refusal by the user or by Salesforce is an answer too, with a page that says so', async (t) => {
  for (const [error, says] of [
    ['access_denied', /Access was denied/],
    ['invalid_scope', /Salesforce has refused/],
  ] as const) {
    const { listening, ask, callback } = await listener(t);
    const answer = await ask(callback({ error, error_description: 'synthetic <script>', state: STATE }));
    assert.equal(answer.status, 303);
    assert.equal((await listening.waitForCallback()).get('error'), error);
    const page = await ask(present(answer.headers.location));
    assert.match(page.body, says);
    assert.doesNotMatch(page.body, /<script|synthetic/);
  }
});

test('a preflight for this machine is granted to the page that sends the browser here, and nothing can be read', async (t) => {
  const { ask, callback } = await listener(t);
  const headers = { origin: 'https://login.salesforce.com', 'access-control-request-private-network': 'true' };
  const answer = await ask(callback(), { method: 'OPTIONS', headers });
  assert.deepEqual(
    [answer.status, answer.headers['access-control-allow-private-network'], answer.headers['access-control-allow-origin']],
    [204, 'true', 'https://login.salesforce.com'],
  );
  const plain = await ask(callback(), { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
  assert.equal(plain.headers['access-control-allow-origin'], undefined);
  const get = await ask(callback(), { headers });
  assert.equal(get.headers['access-control-allow-origin'], undefined);
});

test('localhost means both loopback addresses, and nothing but them', async (t) => {
  const { listening, uri, ask, callback } = await listener(t);
  assert.notEqual(uri.port, '0');
  assert.equal((await ask('/favicon.ico')).status, 404);
  const hasIpv6 = await new Promise<boolean>((resolve) => {
    const probe = createServer().on('error', () => resolve(false));
    probe.listen(0, '::1', () => probe.close(() => resolve(true)));
  });
  if (hasIpv6) assert.equal((await ask(callback(), { address: '::1' })).status, 303);
  else await ask(callback());
  await listening.waitForCallback();
  const { networkInterfaces } = await import('node:os');
  for (const { address, internal } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    if (!internal) await assert.rejects(ask('/', { address }), address);
  }
});

test('a redirect URI with an address of its own, and one whose path is /done', async (t) => {
  const { uri, ask, callback } = await listener(t, { redirectUri: 'http://127.0.0.1:0/done' });
  assert.equal(uri.hostname, '127.0.0.1');
  assert.deepEqual([(await ask(callback())).headers.location, (await ask('/finished')).status], ['/finished', 200]);
});

test('the redirect URI stays as it was written but for the port', async (t) => {
  for (const [written, pattern] of [
    ['http://localhost:0', /^http:\/\/localhost:[1-9]\d*$/],
    ['http://localhost:0/', /^http:\/\/localhost:[1-9]\d*\/$/],
    ['http://localhost:0/a:0/B', /^http:\/\/localhost:[1-9]\d*\/a:0\/B$/],
  ] as const) {
    const { listening } = await listener(t, { redirectUri: written });
    assert.match(listening.redirectUri, pattern);
  }
});

test('a port that is taken is an error that names the ways out, on either address', async () => {
  for (const address of ['127.0.0.1', '::1']) {
    const taken = createServer();
    const free = await new Promise<boolean>((resolve) => {
      taken.on('error', () => resolve(false)).listen(0, address, () => resolve(true));
    });
    if (!free) continue;
    const { port } = taken.address() as AddressInfo;
    const redirectUri = `http://localhost:${port}/OauthRedirect`;
    const error = await failure(() => startLoginListener({ redirectUri, expectedState: STATE }));
    assert.deepEqual([error.name, error.code], ['ConfigurationError', 'invalid_setting']);
    assert.match(error.message, new RegExp(`port ${port} .* used by another program`));
    assert.match(JSON.stringify(error.diagnosis), /--redirect-uri.*--paste/);
    taken.close();
    await once(taken, 'close');
    await (await startLoginListener({ redirectUri, expectedState: STATE })).close();
  }
});

test('a redirect URI that is not on this machine is refused', async () => {
  for (const redirectUri of [
    'https://localhost:1717/OauthRedirect',
    'http://app.example/callback',
    'http://0.0.0.0:1717/',
    'http://localhost.evil.example:1717/',
    'http://user@localhost:1717/',
    'http://localhost:1717/?a=b',
    'com.example.app://oauth',
    'garbage',
  ]) {
    const error = await failure(() => startLoginListener({ redirectUri, expectedState: STATE }));
    assert.deepEqual([error.name, error.code], ['ConfigurationError', 'invalid_setting'], redirectUri);
    assert.match(JSON.stringify(error.diagnosis), /--paste/);
  }
});

test('waiting ends with the reason of the signal, and can begin again', async (t) => {
  const { listening, ask, callback } = await listener(t);
  const reason = new RangeError('synthetic');
  await assert.rejects(listening.waitForCallback(AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const waiting = listening.waitForCallback(controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  await ask(callback());
  assert.equal((await listening.waitForCallback(AbortSignal.timeout(60_000))).get('code'), CODE);
});

test('closing waits until the browser has its last page, and then frees the port', async (t) => {
  const { listening, uri, ask, callback } = await listener(t, { lingerMs: 60_000 });
  await ask(callback());
  let closed = false;
  const closing = listening.close().then(() => {
    closed = true;
  });
  assert.equal((await ask('/favicon.ico')).status, 404);
  assert.equal(closed, false);
  assert.equal((await ask('/done')).status, 200);
  await closing;
  const again = await startLoginListener({ redirectUri: uri.href, expectedState: STATE });
  await again.close();
});

test('closing without a callback does not wait', async (t) => {
  const { listening } = await listener(t, { lingerMs: 60_000 });
  await listening.close();
  await listening.close();
});
