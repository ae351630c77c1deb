import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionSettings, ConnectionStatus, SecretName } from '@forcemint/core';
import { createKeyPair } from '@forcemint/setup';
import { certificateEndMs, credentialRows, dueCredentials } from '../src/credential-ages.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const { certificatePem: certificate, notAfterMs } = await createKeyPair({ commonName: 'synthetic', nowMs: NOW_MS });

const settings = (more: Partial<ConnectionSettings>) => more as ConnectionSettings;

function status(more: Partial<ConnectionSettings>, ...secretNames: readonly SecretName[]): ConnectionStatus {
  return { connection: { name: 'acme', settings: settings(more) }, secretNames } as unknown as ConnectionStatus;
}

test('the end of a certificate', () => {
  assert.equal(certificateEndMs(certificate), notAfterMs);
  assert.equal(certificateEndMs(undefined), undefined);
  assert.equal(certificateEndMs('no certificate'), undefined);
});

test('what is due, from a day on', () => {
  assert.deepEqual(dueCredentials(settings({ certificate }), notAfterMs - 31 * DAY_MS), []);
  assert.deepEqual(dueCredentials(settings({ certificate }), notAfterMs - 30 * DAY_MS), ['certificate ends in 30 d']);
  assert.deepEqual(dueCredentials(settings({ certificate }), notAfterMs), ['certificate has ended']);
  const secretsSetAtMs = { clientSecret: NOW_MS - 365 * DAY_MS };
  assert.deepEqual(dueCredentials(settings({ secretsSetAtMs }), NOW_MS), []);
  assert.deepEqual(dueCredentials(settings({ secretsSetAtMs }), NOW_MS + DAY_MS), ['client secret is 366 d old']);
});

test('what to do about it, and what is staged already', () => {
  const atMs = notAfterMs - DAY_MS;
  assert.deepEqual(credentialRows(status({ certificate }, 'privateKey'), atMs), [
    ['due', 'certificate ends in 24 h'],
    ['do', 'forcemint setup acme --rotate-certificate'],
  ]);
  assert.deepEqual(credentialRows(status({ certificate }, 'privateKey', 'nextPrivateKey'), atMs), [
    ['due', 'certificate ends in 24 h'],
    ['staged', 'a new private key, used as soon as Salesforce refuses the old one'],
    ['do', 'try it now: forcemint setup acme --prove'],
  ]);
  assert.deepEqual(credentialRows(status({}, 'privateKey'), atMs), []);
});
