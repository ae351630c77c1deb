import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConnectionStatus, ReleasedGrant } from '@forcemint/core';
import { ReauthorizationRequired, StoreError } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import { exitCodeOf } from '../src/exit-codes.ts';
import { consequences } from '../src/export/consequences.ts';
import { formatGrant, type GrantFormat } from '../src/export/grant-format.ts';
import { handOver } from '../src/export/hand-over.ts';
import { readSfdxAuthUrl } from '../src/import/sfdx-auth-url.ts';
import { errorDocument } from '../src/terminal/error-report.ts';

const GRANT: ReleasedGrant = {
  connection: 'acme',
  loginUrl: 'https://acme.my.salesforce.com',
  clientId: '3MVG9.synthetic_key',
  clientSecret: 'SYNTHETIC0123456789',
  refreshToken: '5Aep861.synthetic_refresh_token',
  instanceUrl: 'https://acme.my.salesforce.com',
  scope: 'api refresh_token',
  rotates: 'yes',
};

type Facts = Omit<Partial<ConnectionStatus>, 'connection'> & { readonly settings?: object };

function status({ settings, ...facts }: Facts = {}): ConnectionStatus {
  const connection = { name: 'acme', settings: { grant: 'refresh-token', clientAuth: 'post', rotates: 'auto', ...settings } };
  return { connection, state: 'ready', hasRefreshToken: true, rotation: 'yes', secretNames: [], ...facts } as ConnectionStatus;
}

interface Steps {
  readonly release?: () => ReleasedGrant;
  readonly forget?: () => void;
  readonly takeBack?: () => void;
}

/** The steps, with a record of what the folder held when each was called. */
function scene(t: TestContext, steps: Steps = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-hand-over-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const out = join(folder, 'grant');
  const calls: string[] = [];
  const content = () => (existsSync(out) ? readFileSync(out, 'utf8') : undefined);
  const handOver = {
    async release() {
      calls.push(`release, file: ${JSON.stringify(content())}`);
      return steps.release?.() ?? GRANT;
    },
    async forget() {
      calls.push(`forget, file: ${JSON.stringify(content())}`);
      steps.forget?.();
    },
    async takeBack() {
      calls.push(`take back, file: ${JSON.stringify(content())}`);
      steps.takeBack?.();
    },
  };
  return { folder, out, calls, content, forcemint: { handOver } as unknown as Pick<Forcemint, 'handOver'> };
}

const raw = (out: string) => ({ out, format: 'raw' as const, withClientSecret: false });

test('the file is there before the release, and complete before the copy here is erased', async (t) => {
  const { out, calls, forcemint } = scene(t);
  assert.equal(await handOver(forcemint, status(), raw(out)), GRANT);
  assert.deepEqual(calls, ['release, file: ""', `forget, file: ${JSON.stringify(`${GRANT.refreshToken}\n`)}`]);
  assert.equal(statSync(out).mode & 0o777, 0o600);
});

test('a release that is refused leaves no file', async (t) => {
  const release = () => {
    throw new ReauthorizationRequired('refresh_token_dead', 'no');
  };
  const { folder, out, forcemint } = scene(t, { release });
  await assert.rejects(handOver(forcemint, status(), raw(out)), { code: 'refresh_token_dead' });
  assert.deepEqual(readdirSync(folder), []);
});

const UNWRITABLE: ReleasedGrant = { ...GRANT, refreshToken: 'has a space' };
const AS_URL = { format: 'sfdx-auth-url', withClientSecret: true } as const;

test('what cannot be written is taken back once its file is gone, and nothing was handed over', async (t) => {
  const { folder, out, calls, forcemint } = scene(t, { release: () => UNWRITABLE });
  const error = await handOver(forcemint, status(), { out, ...AS_URL }).catch((thrown: unknown) => thrown);
  assert.equal(exitCodeOf(error), 2);
  const told = JSON.stringify(errorDocument(error));
  assert.match(told, /--format json.*Nothing was handed over: acme is used here as before/);
  assert.doesNotMatch(told, /has a space|SYNTHETIC/);
  assert.deepEqual([calls.at(-1), readdirSync(folder)], ['take back, file: undefined', []]);
});

test('what can be neither written nor taken back is kept here, and told how to finish, without a secret', async (t) => {
  const takeBack = () => {
    throw new StoreError('store_full', 'full', { retryable: true });
  };
  const { folder, out, forcemint } = scene(t, { release: () => UNWRITABLE, takeBack });
  const error = await handOver(forcemint, status(), { out, ...AS_URL }).catch((thrown: unknown) => thrown);
  const told = JSON.stringify(errorDocument(error));
  assert.match(told, /--format json.*is released and not lost.*run the same command again/);
  assert.doesNotMatch(told, /has a space|SYNTHETIC/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a copy that cannot be erased here does not take the file away', async (t) => {
  const forget = () => {
    throw new StoreError('store_full', 'full', { retryable: true });
  };
  const { out, content, forcemint } = scene(t, { forget });
  const error = await handOver(forcemint, status(), raw(out)).catch((thrown: unknown) => thrown);
  assert.equal(exitCodeOf(error), 5);
  assert.match(JSON.stringify(errorDocument(error)), /is complete: its new owner can use it/);
  assert.equal(content(), `${GRANT.refreshToken}\n`);
});

test('a file that is there is never touched, and what to do with it depends on where the grant is', async (t) => {
  const { out, calls, content, forcemint } = scene(t);
  writeFileSync(out, 'something');
  const told = async (facts: Facts) => {
    const error = await handOver(forcemint, status(facts), raw(out)).catch((thrown: unknown) => thrown);
    assert.equal(exitCodeOf(error), 2);
    return JSON.stringify(errorDocument(error));
  };
  assert.match(await told({}), /nothing was handed over/);
  assert.match(await told({ state: 'handed-over' }), /still kept here.*aside.*only when that has succeeded/);
  assert.match(await told({ state: 'handed-over', hasRefreshToken: false }), /may be where the grant is.*Keep it/);
  assert.deepEqual([calls, content()], [[], 'something']);
});

test('a site whose login URL has a path cannot be an sfdxAuthUrl', () => {
  const site: ReleasedGrant = { ...GRANT, loginUrl: 'https://acme.my.site.com/partners' };
  assert.throws(() => formatGrant(site, 'sfdx-auth-url', true), { name: 'ConfigurationError', code: 'invalid_setting' });
});

test('the formats', () => {
  assert.equal(formatGrant(GRANT, 'raw', false), '5Aep861.synthetic_refresh_token\n');
  const json = JSON.parse(formatGrant(GRANT, 'json', false));
  assert.deepEqual(json, {
    connection: 'acme',
    login_url: 'https://acme.my.salesforce.com',
    token_endpoint: 'https://acme.my.salesforce.com/services/oauth2/token',
    client_id: '3MVG9.synthetic_key',
    refresh_token: '5Aep861.synthetic_refresh_token',
    instance_url: 'https://acme.my.salesforce.com',
    scope: 'api refresh_token',
    rotates: 'yes',
  });
  assert.equal(JSON.parse(formatGrant(GRANT, 'json', true)).client_secret, GRANT.clientSecret);
  for (const withSecret of [true, false]) {
    const { settings, secrets, refreshToken } = readSfdxAuthUrl(formatGrant(GRANT, 'sfdx-auth-url', withSecret));
    assert.deepEqual([settings.clientId, settings.loginUrl, refreshToken], [GRANT.clientId, GRANT.loginUrl, GRANT.refreshToken]);
    assert.equal(secrets.clientSecret, withSecret ? GRANT.clientSecret : undefined);
  }
});

test('what it means is said: who renews from now on, what the owner needs, and the way back', () => {
  const said = (facts: Facts = {}, format: GrantFormat = 'json') =>
    consequences(status(facts), { out: 'F', format, withClientSecret: false }).join('\n');
  assert.match(said(), /^One owner from now on.*\nThe app rotates.*\nBack again: forcemint update acme --refresh-token-file F /);
  assert.match(said({ rotation: 'unseen' }), /may rotate refresh tokens/);
  assert.doesNotMatch(said({ rotation: 'no' }, 'sfdx-auth-url'), /rotate|Not every tool/);
  assert.match(said({}, 'sfdx-auth-url'), /Not every tool/);
  assert.match(said({ secretNames: ['clientSecret'] }), /needs the client secret/);
  assert.match(said({ settings: { clientAuth: 'private-key-jwt' } }), /needs the app’s private key/);
  assert.match(said({ settings: { sharedWith: 'Salesforce CLI' } }), /The Salesforce CLI uses the same refresh token/);
  assert.match(said({ settings: { grant: 'authorization-code' } }), /forcemint login acme, or forcemint update acme/);
  assert.match(said({ state: 'handed-over' }), /this finishes its hand-over/);
});
