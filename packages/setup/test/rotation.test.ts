import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AppKind,
  applySecretStep,
  certificateStep,
  createKeyPair,
  planApp,
  projectFiles,
  stagedSecretStep,
  withCertificate,
} from '../src/index.ts';

const NOW_MS = Date.UTC(2026, 10, 23);
const [old, next] = [
  await createKeyPair({ commonName: 'old', nowMs: NOW_MS }),
  await createKeyPair({ commonName: 'next', nowMs: NOW_MS }),
];
const CONSUMER_KEY = 'syntheticConsumerKey1';

function generated(kind: AppKind, certificatePem: string) {
  const plan = planApp({
    label: 'Nightly <Sync> & “Co”',
    contactEmail: 'admins@example.com',
    kind,
    grant: 'jwt-bearer',
    consumerKey: CONSUMER_KEY,
    certificatePem,
    permissionSet: 'Nightly_Users',
  });
  return projectFiles(plan);
}

test('the certificate of an app is changed where it stands, and nothing else is', () => {
  for (const kind of ['external-client-app', 'connected-app'] as const) {
    const wanted = generated(kind, next.certificatePem);
    const changed = generated(kind, old.certificatePem).map((file) => {
      const content = withCertificate(file.content, CONSUMER_KEY, next.certificatePem);
      return content === undefined ? file : { ...file, content };
    });
    assert.deepEqual(changed, wanted, kind);
    assert.notDeepEqual(generated(kind, old.certificatePem), wanted);
  }
});

test('a file of another app, without a certificate, or with two, is left alone', () => {
  const files = generated('connected-app', old.certificatePem);
  const app = files.find(({ content }) => content.includes('<certificate>'))?.content ?? '';
  for (const text of [
    app.replace(CONSUMER_KEY, 'another'),
    app.replace(/<certificate>[^<]*<\/certificate>/, ''),
    app + app,
    '',
    '<xml',
  ]) {
    assert.equal(withCertificate(text, CONSUMER_KEY, next.certificatePem), undefined);
  }
  assert.equal(withCertificate(app, `${CONSUMER_KEY}x`, next.certificatePem), undefined);
  assert.throws(() => withCertificate(app, CONSUMER_KEY, next.privateKeyPem), TypeError);
});

test('steps name the place for the kind of app, both where it is not known, and link to the org alone', () => {
  const myDomainUrl = 'https://acme.my.salesforce.com';
  const external = { kind: 'external-client-app', myDomainUrl } as const;
  assert.match(certificateStep(external).setup, /External Client App Manager/);
  assert.equal(certificateStep(external).link, `${myDomainUrl}/lightning/setup/ManageExternalClientApplication/home`);
  assert.match(certificateStep({ kind: 'connected-app' }).setup, /App Manager → the app → Edit → Use digital signatures$/);
  for (const step of [certificateStep, stagedSecretStep, applySecretStep]) {
    assert.match(step({ myDomainUrl }).setup, /^Setup → External Client App Manager.*; of a connected app: Setup → App Manager/);
    assert.equal(step({ myDomainUrl }).link, undefined);
    assert.equal(step({ kind: 'connected-app' }).link, undefined);
  }
});
