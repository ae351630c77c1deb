import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigurationError } from '../src/errors.ts';
import {
  type HostPolicy,
  isSharedLoginHost,
  jwtAudience,
  loginUrl,
  parseExtraHosts,
  trustedHost,
} from '../src/salesforce/hosts.ts';

const strict: HostPolicy = { extraOrigins: [], sovereign: false };

function refused(text: string, policy = strict): ConfigurationError {
  try {
    loginUrl(text, policy);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error;
  }
  return assert.fail(`${text} was accepted`);
}

const ACCEPTED: readonly [string, string][] = [
  ['https://login.salesforce.com', 'https://login.salesforce.com'],
  ['https://test.salesforce.com/', 'https://test.salesforce.com'],
  ['login.salesforce.com', 'https://login.salesforce.com'],
  ['https://ACME.my.salesforce.com', 'https://acme.my.salesforce.com'],
  ['https://acme--uat.sandbox.my.salesforce.com/', 'https://acme--uat.sandbox.my.salesforce.com'],
  ['https://acme.my.site.com/customers/', 'https://acme.my.site.com/customers'],
  ['https://acme.my.salesforce.com:443', 'https://acme.my.salesforce.com'],
];
for (const [given, expected] of ACCEPTED) {
  test(`login URL ${given}`, () => assert.equal(loginUrl(given, strict), expected));
}

const REFUSED: readonly [string, string][] = [
  ['https://login.salesforce.com@evil.example', 'invalid_url'],
  ['https://user:secret@login.salesforce.com', 'invalid_url'],
  ['https://login.salesforce.com.evil.example', 'host_not_allowed'],
  ['https://evil.example/#.my.salesforce.com', 'invalid_url'],
  ['https://evil.example\\.my.salesforce.com', 'host_not_allowed'],
  ['https://login.salesforce.com.', 'host_not_allowed'],
  ['https://my.salesforce.com', 'host_not_allowed'],
  ['https://.my.salesforce.com', 'host_not_allowed'],
  ['https://evilmy.salesforce.com', 'host_not_allowed'],
  ['https://acme.my.salesforce.com:8443', 'host_not_allowed'],
  ['http://login.salesforce.com', 'insecure_url'],
  ['http://127.0.0.1:8080', 'insecure_url'],
  ['https://0x7f.1', 'host_not_allowed'],
  ['https://[::ffff:127.0.0.1]', 'host_not_allowed'],
  ['https://na12.salesforce.com', 'host_not_allowed'],
  ['https://acme.my.salesforce.com/services/oauth2/token', 'invalid_url'],
  ['https://acme.my.salesforce.com?x=1', 'invalid_url'],
  ['https://acme.my.salesforce.mil', 'host_not_allowed'],
  ['not a url at all', 'invalid_url'],
  ['https://acme.lightning.force.com', 'lightning_url'],
];
for (const [given, code] of REFUSED) {
  test(`no login URL: ${given}`, () => {
    const error = refused(given);
    assert.equal(error.code, code);
    assert.ok((error.diagnosis?.fix.length ?? 0) > 0);
  });
}

test('a refused URL never echoes a password', () => {
  const { message, diagnosis } = refused('https://user:canary-password@login.salesforce.com/?token=canary-token');
  assert.doesNotMatch(`${message} ${JSON.stringify(diagnosis)}`, /canary/);
});

test('a Lightning URL is answered with the My Domain to use', () => {
  assert.deepEqual(refused('https://acme--uat.sandbox.lightning.force.com/lightning/page/home').diagnosis?.fix, [
    'Use https://acme--uat.sandbox.my.salesforce.com',
  ]);
});

test('full-width dots are folded by the URL parser before the host is looked at', () => {
  assert.equal(loginUrl('https://acme．my．salesforce．com', strict), 'https://acme.my.salesforce.com');
});

test('government hosts are there by opt-in', () => {
  assert.equal(loginUrl('https://acme.my.salesforce.mil', { ...strict, sovereign: true }), 'https://acme.my.salesforce.mil');
});

test('extra hosts are exact origins', () => {
  const policy = { ...strict, extraOrigins: parseExtraHosts('http://127.0.0.1:8080, https://proxy.example:8443') };
  assert.equal(loginUrl('http://127.0.0.1:8080', policy), 'http://127.0.0.1:8080');
  assert.equal(refused('http://127.0.0.1:8081', policy).code, 'insecure_url');
  assert.equal(refused('https://proxy.example', policy).code, 'host_not_allowed');
  assert.equal(trustedHost(new URL('https://proxy.example:8443/x'), policy), 'extra');
  assert.throws(() => parseExtraHosts('https://proxy.example/path'), /not an origin/);
  assert.throws(() => parseExtraHosts('proxy.example'), /not an origin/);
  assert.deepEqual(parseExtraHosts(undefined), []);
  assert.deepEqual(parseExtraHosts(' , '), []);
});

test('the audience of a JWT follows from the login URL', () => {
  const policy = { ...strict, extraOrigins: ['http://127.0.0.1:8080'] };
  assert.equal(jwtAudience('https://login.salesforce.com', policy), 'https://login.salesforce.com');
  assert.equal(jwtAudience('https://acme.my.salesforce.com', policy), 'https://login.salesforce.com');
  assert.equal(jwtAudience('https://test.salesforce.com', policy), 'https://test.salesforce.com');
  assert.equal(jwtAudience('https://acme--uat.sandbox.my.salesforce.com', policy), 'https://test.salesforce.com');
  assert.equal(jwtAudience('https://x.scratch.my.salesforce.com', policy), 'https://test.salesforce.com');
  assert.equal(jwtAudience('https://acme.my.site.com/customers', policy), 'https://acme.my.site.com/customers');
  assert.equal(jwtAudience('http://127.0.0.1:8080', policy), 'http://127.0.0.1:8080');
  assert.equal(isSharedLoginHost('https://login.salesforce.com'), true);
  assert.equal(isSharedLoginHost('https://acme.my.salesforce.com'), false);
});

test('property: whatever is accepted is https on a Salesforce host, and is accepted again as it is', () => {
  const host = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc.domain().map((name) => `https://${name}.my.salesforce.com`),
    fc.webUrl().map((url) => `${url}.my.salesforce.com`),
  );
  fc.assert(
    fc.property(host, (text) => {
      let accepted: string;
      try {
        accepted = loginUrl(text, strict);
      } catch (error) {
        assert.ok(error instanceof ConfigurationError);
        return;
      }
      const url = new URL(accepted);
      assert.equal(url.protocol, 'https:');
      assert.match(url.hostname, /^(login|test)\.salesforce\.com$|.\.my\.(salesforce|site)\.com$/);
      assert.equal(loginUrl(accepted, strict), accepted);
    }),
    { numRuns: 5_000 },
  );
});
