import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { credentialFacts } from '../src/administration/credential-facts.ts';
import { secretShape } from '../src/connections/secret-shape.ts';
import type { Http } from '../src/ports.ts';
import type { Durations } from '../src/tokens/durations.ts';
import { memoryKeys } from './support/memory-ports.ts';
import { ORIGIN } from './support/simulated-salesforce.ts';
import { World } from './support/world.ts';

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
const PAIRS = { current: pair(), next: pair() };
type Signer = keyof typeof PAIRS;
const OVER_MS = 3 * 3_600_000;

/** A Salesforce that takes assertions of the signers in `accepted`, and a connection with a staged key. */
async function scene(accepted: Set<Signer>, durations: Partial<Durations> = {}) {
  const signers: (Signer | 'nobody')[] = [];
  const http: Http = {
    request: async ({ body }) => {
      const [header, claims, signature = ''] = (new URLSearchParams(body).get('assertion') ?? '').split('.');
      const signer = (['current', 'next'] as const).find((name) =>
        createVerify('sha256').update(`${header}.${claims}`).verify(PAIRS[name].publicKey, signature, 'base64url'),
      );
      signers.push(signer ?? 'nobody');
      const isAccepted = signer !== undefined && accepted.has(signer);
      const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000EMUAA2`;
      const tokens = { access_token: `00D000000000EMU!${signers.length}`, token_type: 'Bearer', instance_url: ORIGIN, id };
      const answer = isAccepted ? tokens : { error: 'invalid_grant', error_description: 'invalid assertion' };
      return { status: isAccepted ? 200 : 400, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
    },
  };
  const world = new World({ durations });
  const process = world.process({ http });
  const { administration } = process;
  await administration.connect('acme', {
    settings: {
      grant: 'jwt-bearer',
      loginUrl: ORIGIN,
      clientId: 'key',
      username: 'user@example.com',
      introspect: 'off',
      certificate: 'the certificate of the current key',
    },
    secrets: { privateKey: PAIRS.current.privateKey },
  });
  world.clock.advance(60_000);
  const stagedAtMs = world.clock.nowMs();
  await administration.update('acme', {
    settings: { certificate: 'the certificate of the next key' },
    secrets: { nextPrivateKey: PAIRS.next.privateKey },
  });
  world.clock.advance(OVER_MS);
  const settings = async () => {
    const row = await process.ports.store.getConnection('acme');
    assert.ok(row);
    return row.settings;
  };
  return { world, signers, stagedAtMs, settings, ...process };
}

test('a certificate that comes with a next key is staged with it', async () => {
  const { settings } = await scene(new Set(['current']));
  const { certificate, nextCertificate } = await settings();
  assert.equal(certificate, 'the certificate of the current key');
  assert.equal(nextCertificate, 'the certificate of the next key');
});

test('asked for, the next key is tried first, and takes the place of the current one that would still be accepted', async () => {
  const { world, manager, signers, settings, stagedAtMs } = await scene(new Set(['current', 'next']));
  await world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true }));
  assert.deepEqual(signers, ['next']);
  const { certificate, nextCertificate, secretsSetAtMs } = await settings();
  assert.equal(certificate, 'the certificate of the next key');
  assert.equal(nextCertificate, undefined);
  assert.deepEqual(secretsSetAtMs, { privateKey: stagedAtMs });
  world.clock.advance(OVER_MS);
  await world.clock.settle(manager.getToken('acme'));
  assert.deepEqual(signers, ['next', 'next']);
});

test('a next key that is not known yet stays staged, and the current one serves', async () => {
  const { world, manager, signers, settings } = await scene(new Set(['current']));
  const token = await world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true }));
  assert.equal(token.value, '00D000000000EMU!2');
  assert.deepEqual(signers, ['next', 'current']);
  assert.equal((await settings()).nextCertificate, 'the certificate of the next key');
});

test('not asked for, the next key waits for the current one to be refused', async () => {
  const { world, manager, signers, settings } = await scene(new Set(['current', 'next']));
  await world.clock.settle(manager.renew('acme'));
  assert.deepEqual(signers, ['current']);
  assert.equal((await settings()).nextCertificate, 'the certificate of the next key');
});

test('refused with both, the failure is told once and both stay', async () => {
  const { world, manager, signers, settings } = await scene(new Set());
  await assert.rejects(world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true })), { code: 'oauth_error' });
  assert.deepEqual(signers, ['next', 'current']);
  assert.equal((await settings()).nextCertificate, 'the certificate of the next key');
});

test('a server that does not know of the change yet is asked with the former key, for a quarter of an hour', async () => {
  const accepted = new Set<Signer>(['current', 'next']);
  const { world, manager, signers, settings } = await scene(accepted);
  await world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true }));
  accepted.delete('next');
  world.clock.advance(14 * 60_000);
  await world.clock.settle(manager.renew('acme'));
  assert.deepEqual(signers, ['next', 'next', 'current']);
  assert.equal((await settings()).certificate, 'the certificate of the next key', 'the new one stays');
  world.clock.advance(60_000);
  await assert.rejects(world.clock.settle(manager.renew('acme')), { code: 'oauth_error' });
  assert.deepEqual(signers, ['next', 'next', 'current', 'next'], 'the quarter of an hour is over');
});

test('whoever changes the connection ends that', async () => {
  const accepted = new Set<Signer>(['next']);
  const { world, manager, administration, signers } = await scene(accepted);
  await world.clock.settle(manager.getToken('acme'));
  await administration.update('acme', { settings: {}, secrets: { privateKey: PAIRS.next.privateKey } });
  accepted.clear();
  await assert.rejects(world.clock.settle(manager.renew('acme')), { code: 'oauth_error' });
  assert.deepEqual(signers, ['current', 'next', 'next']);
});

test('a budget that ends before the current key was tried is no refusal of it', async () => {
  const { world, manager, signers } = await scene(new Set(['current']), { budgetRequests: 1 });
  const renewal = world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true }));
  await assert.rejects(renewal, { code: 'budget_exhausted', retryable: true });
  assert.deepEqual(signers, ['next']);
  world.clock.advance(OVER_MS);
  await world.clock.settle(manager.getToken('acme'));
  assert.deepEqual(signers, ['next', 'current']);
});

test('an answer that the old secret has signed is good, although the staged one was sent', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { manager, administration, ports } = world.process();
  await administration.update('acme', { settings: {}, secrets: { nextClientSecret: 'synthetic-next-secret' } });
  await world.clock.settle(manager.renew('acme', { nextCredentialsFirst: true }));
  const row = await ports.store.getConnection('acme');
  assert.ok(row);
  assert.deepEqual(Object.keys(row.settings.secretsSetAtMs ?? {}), ['clientSecret'], 'promoted');
  assert.equal(world.salesforce.posts.length, 1);
});

test('keys of both kinds at once leave no certificate of an earlier staged key', async () => {
  const { administration, settings } = await scene(new Set(['current']));
  const secrets = { privateKey: PAIRS.next.privateKey, nextPrivateKey: PAIRS.current.privateKey };
  await administration.update('acme', { settings: { certificate: 'of the new current key' }, secrets });
  const { certificate, nextCertificate } = await settings();
  assert.deepEqual([certificate, nextCertificate], ['of the new current key', undefined]);
});

test('a key that takes another’s place without a certificate leaves none behind that is not its own', async () => {
  const { world, administration, manager, settings } = await scene(new Set(['next']));
  await administration.update('acme', { settings: {}, secrets: { nextPrivateKey: PAIRS.next.privateKey } });
  await world.clock.settle(manager.getToken('acme'));
  const { certificate, nextCertificate } = await settings();
  assert.deepEqual([certificate, nextCertificate], [undefined, undefined]);
});

test('when secrets were given is known, and another change of the connection does not make them younger', async () => {
  const { world, administration, settings, stagedAtMs } = await scene(new Set(['current']));
  world.clock.advance(1000);
  await administration.update('acme', { settings: { labels: { team: 'x' } }, secrets: { privateKey: PAIRS.current.privateKey } });
  const { secretsSetAtMs } = await settings();
  assert.deepEqual(secretsSetAtMs, { privateKey: stagedAtMs - 60_000, nextPrivateKey: stagedAtMs });
});

test('facts of credentials hold no credential', async () => {
  const { ports } = await scene(new Set());
  const row = await ports.store.getConnection('acme');
  assert.ok(row);
  const facts = credentialFacts(
    { ...row, settings: { ...row.settings, secretsSetAtMs: { clientSecret: 5 } } },
    { clientSecret: 'synthetic secret with spaces', nextClientSecret: 'A1'.repeat(32), privateKey: PAIRS.current.privateKey },
    memoryKeys,
  );
  assert.deepEqual(facts.current.clientSecret, { characters: 28, oddity: 'white-space', setAtMs: 5 });
  assert.deepEqual(facts.next, { clientSecret: { characters: 64 } });
  assert.equal(facts.current.privateKey?.bits, 2048);
  assert.doesNotMatch(JSON.stringify(facts), /synthetic|A1A1|PRIVATE/);
});

test('what a client secret looks like', () => {
  for (const [secret, oddity] of [
    ['0123456789ABCDEF'.repeat(4), undefined],
    ['1234567890123456789', undefined],
    ['chosenSecret8', undefined],
    ['synthetic-client', 'consumer-key'],
    ['3MVG9syntheticsynthetic', 'consumer-key'],
    ['-----BEGIN PRIVATE KEY-----', 'pem'],
    ['0123 4567', 'white-space'],
    ['"0123456789ABCDEF"', 'quoted'],
    ['<client_secret>', 'placeholder'],
    ['{{clientSecret}}', 'placeholder'],
    ['YOUR_CLIENT_SECRET', 'placeholder'],
    ['xxxxxxxxxxxx', 'placeholder'],
    ['[REDACTED] use another command', 'white-space'],
    ['0123456789ABCDEF%3D%3D', 'url-encoded'],
    ['0123', 'too-short'],
    ['0123456789-ABCDEF', 'other-characters'],
  ] as const) {
    assert.equal(secretShape(secret, 'synthetic-client').oddity, oddity, secret);
  }
});
