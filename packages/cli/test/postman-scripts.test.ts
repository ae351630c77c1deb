import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, verify, webcrypto } from 'node:crypto';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { FORGET_REVOKED, KEEP_LOGIN, KEEP_TOKEN } from '../src/export/postman/scripts/answers.ts';
import { SIGN_JWT } from '../src/export/postman/scripts/sign-jwt.ts';

const MY_DOMAIN = 'https://acme.my.salesforce.com';
const USER_ID = '0055g00000ABCDEAA5';
const ORG_ID = '00D5g000004EMULEA4';
const REFRESH_TOKEN = '5Aep861.synthetic_refresh_token';

/** What Postman gives to a script, as much of it as ours use, and what came of it. */
class Sandbox {
  readonly variables: Map<string, string>;
  readonly failed: string[] = [];
  readonly #events: string[] = [];
  skipped = false;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.variables = new Map(Object.entries(variables));
  }

  /** What was set and checked, in order. */
  get events(): readonly string[] {
    return this.#events;
  }

  /** @param more what stands there besides: `crypto` in Postman, `require` in newman */
  run(script: string, more: Readonly<Record<string, unknown>> = {}, response = { code: 200, body: {} as unknown }): void {
    const scope = {
      get: (name: string) => this.variables.get(name),
      set: (name: string, value: string) => {
        this.#events.push(`set ${name}`);
        this.variables.set(name, value);
      },
    };
    const expectation = (value: unknown) => ({ to: { equal: (other: unknown) => assert.equal(value, other) } });
    const pm = {
      variables: scope,
      environment: scope,
      response: { code: response.code, json: () => response.body, text: () => JSON.stringify(response.body) },
      request: more['request'],
      expect: expectation,
      execution: {
        skipRequest: () => {
          this.skipped = true;
        },
      },
      test: (name: string, check: () => void) => {
        this.#events.push(`test ${name}`);
        try {
          check();
        } catch (error) {
          this.failed.push(`${name}: ${error instanceof Error || hasMessage(error) ? error.message : error}`);
        }
      },
    };
    runInNewContext(script, { pm, Buffer, setTimeout, clearTimeout, ...more });
  }
}

/** Errors of another realm are none of this one’s. */
function hasMessage(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error;
}

describe('scripts on answers', () => {
  const ANSWER = {
    access_token: '00D!synthetic',
    refresh_token: REFRESH_TOKEN,
    instance_url: MY_DOMAIN,
    id: `https://login.salesforce.com/id/${ORG_ID}/${USER_ID}`,
  };

  test('a rotated refresh token is stored before anything else happens', () => {
    const sandbox = new Sandbox({ _refreshToken: 'spent' });
    sandbox.run(KEEP_TOKEN, {}, { code: 200, body: ANSWER });
    assert.equal(sandbox.events[0], 'set _refreshToken');
    assert.deepEqual(Object.fromEntries(sandbox.variables), {
      _refreshToken: REFRESH_TOKEN,
      _accessToken: '00D!synthetic',
      _endpoint: MY_DOMAIN,
      _orgId: ORG_ID,
      _userId: USER_ID,
    });
    assert.deepEqual(sandbox.failed, []);
  });

  test('an answer without a refresh token leaves the one that there is; a refusal leaves everything, and is told', () => {
    const sandbox = new Sandbox({ _refreshToken: 'current', _accessToken: 'living' });
    sandbox.run(KEEP_TOKEN, {}, { code: 400, body: { error: 'invalid_grant', error_description: 'invalid assertion' } });
    assert.deepEqual(Object.fromEntries(sandbox.variables), { _refreshToken: 'current', _accessToken: 'living' });
    assert.equal(sandbox.failed.length, 2);
    const { refresh_token: _, ...body } = ANSWER;
    sandbox.run(KEEP_TOKEN, {}, { code: 200, body });
    assert.equal(sandbox.variables.get('_refreshToken'), 'current');
    assert.equal(sandbox.variables.get('_accessToken'), '00D!synthetic');
  });

  test('Postman’s own login: the token that it presented, and where it is good', () => {
    const urls = { rest: `${MY_DOMAIN}/services/data/v{version}/` };
    const body = { user_id: USER_ID, organization_id: ORG_ID, urls };
    const request = (value: string | undefined) => ({ request: { headers: { get: () => value } } });
    const sandbox = new Sandbox();
    sandbox.run(KEEP_LOGIN, request('Bearer 00D!synthetic'), { code: 200, body });
    assert.deepEqual(sandbox.failed, []);
    assert.deepEqual([sandbox.variables.get('_accessToken'), sandbox.variables.get('_endpoint')], ['00D!synthetic', MY_DOMAIN]);
    const nobody = new Sandbox();
    nobody.run(KEEP_LOGIN, request(undefined), { code: 403, body: 'Missing_OAuth_Token' });
    assert.match(nobody.failed[0] ?? '', /^logged in: Authorization → Get New Access Token/);
    assert.equal(nobody.variables.size, 0);
  });

  test('only the token that was revoked is forgotten', () => {
    const fields = [
      { value: 'access', disabled: false },
      { value: 'refresh', disabled: true },
    ];
    const request = { request: { body: { urlencoded: fields } } };
    const sandbox = new Sandbox({ _accessToken: 'access', _refreshToken: 'refresh' });
    sandbox.run(FORGET_REVOKED, request, { code: 400, body: 'refresh' });
    assert.deepEqual([...sandbox.variables.values()], ['access', 'refresh']);
    assert.doesNotMatch(sandbox.failed.join(), /refresh/);
    sandbox.run(FORGET_REVOKED, request);
    assert.deepEqual([...sandbox.variables.values()], ['', 'refresh']);
  });
});

describe('signing in Postman', () => {
  const CLAIMS = { iss: '3MVG9.synthetic', sub: 'ünïcode@acme.example', aud: 'https://login.salesforce.com' };
  const SIGN = `${SIGN_JWT}sign('_assertion', ${JSON.stringify(CLAIMS)});`;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const cryptoJs = { SHA256: (text: string) => ({ toString: () => sha256(text) }) };
  const ENGINES = [
    { engine: 'newman, by BigInt', more: { require: (name: string) => (name === 'crypto-js' ? cryptoJs : assert.fail(name)) } },
    { engine: 'Postman, by Web Crypto', more: { crypto: webcrypto } },
  ] as const;

  async function sign(privateKey: string, more: object): Promise<Sandbox> {
    const sandbox = new Sandbox({ privateKey, _assertion: 'of an earlier run' });
    let holds = 0;
    await new Promise<void>((resolve) => {
      const held = {
        setTimeout: () => ++holds,
        clearTimeout: () => {
          holds -= 1;
          setImmediate(resolve);
        },
      };
      sandbox.run(SIGN, { ...more, ...held });
      if (holds === 0) resolve();
    });
    assert.equal(holds, 0);
    return sandbox;
  }

  function pair(modulusLength: number) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
    const pem = (type: 'pkcs8' | 'pkcs1') => String(privateKey.export({ type, format: 'pem' }));
    return { publicKey, privateKey, pkcs8: pem('pkcs8'), pkcs1: pem('pkcs1') };
  }

  function judge(sandbox: Sandbox, publicKey: KeyObject, what: string): void {
    assert.deepEqual([sandbox.failed, sandbox.skipped], [[], false], what);
    const [header = '', claims = '', signature = ''] = (sandbox.variables.get('_assertion') ?? '').split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    assert.deepEqual(decode(header), { alg: 'RS256', typ: 'JWT' });
    const { exp, ...rest } = decode(claims);
    assert.deepEqual(rest, CLAIMS);
    assert.ok(Math.abs(exp - Date.now() / 1000 - 180) < 60);
    const isSigned = verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
    assert.equal(isSigned, true, what);
  }

  for (const { engine, more } of ENGINES) {
    test(`${engine}: RS256 of PKCS #8 and PKCS #1, whatever the editor makes of line ends`, async () => {
      for (const bits of [1024, 1031, 2048]) {
        const { publicKey, pkcs8, pkcs1 } = pair(bits);
        const forms = [pkcs8, pkcs1, pkcs8.replaceAll('\n', ' '), pkcs1.replaceAll('\n', '\\n'), pkcs8.replaceAll('\n', '\r\n')];
        for (const form of forms) judge(await sign(form, more), publicKey, `${bits} bits: ${form.slice(0, 32)}`);
      }
    });

    test(`${engine}: what is no key sends nothing, and is told without being repeated`, async () => {
      const { privateKey, publicKey } = pair(1024);
      const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'synthetic' });
      const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
      for (const [key, message] of [
        ['', /privateKey is empty/],
        [' \n', /privateKey is empty/],
        [String(encrypted), /encrypted/],
        [String(elliptic), /no RSA private key/],
        [String(publicKey.export({ type: 'spki', format: 'pem' })), /no RSA private key/],
        ['synthetic-canary', /no RSA private key/],
        ['-----BEGIN PRIVATE KEY-----\nsynthetic\n-----END PRIVATE KEY-----', /no RSA private key/],
      ] as const) {
        const sandbox = await sign(key, more);
        assert.equal(sandbox.failed.length, 1, message.source);
        assert.match(sandbox.failed[0] ?? '', message);
        assert.doesNotMatch(sandbox.failed[0] ?? '', /canary|MII/);
        assert.deepEqual([sandbox.skipped, sandbox.variables.get('_assertion')], [true, '']);
      }
    });
  }

  test('newman, by BigInt: a signature that begins with zeros is as long as the key', () => {
    const { publicKey, pkcs8 } = pair(512);
    for (let round = 0, first = 1; first !== 0; round += 1) {
      const sandbox = new Sandbox({ privateKey: pkcs8 });
      sandbox.run(`${SIGN_JWT}sign('_assertion', ${JSON.stringify({ ...CLAIMS, jti: String(round) })});`, ENGINES[0].more);
      const [header, claims, text = ''] = (sandbox.variables.get('_assertion') ?? '').split('.');
      const signature = Buffer.from(text, 'base64url');
      assert.equal(signature.length, 64);
      first = signature[0] ?? 0;
      if (first === 0) assert.ok(verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, signature));
    }
  });

  test('newman, by BigInt: a modulus that is not that of the exponents is noticed', async () => {
    const { pkcs8 } = pair(1024);
    const inModulus = 140;
    const damaged = `${pkcs8.slice(0, inModulus)}${pkcs8[inModulus] === 'A' ? 'B' : 'A'}${pkcs8.slice(inModulus + 1)}`;
    const sandbox = await sign(damaged, ENGINES[0].more);
    assert.deepEqual([sandbox.failed, sandbox.skipped], [['privateKey signs: privateKey is damaged'], true]);
  });
});
