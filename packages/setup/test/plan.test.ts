import 'reflect-metadata';
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { X509CertificateGenerator } from '@peculiar/x509';
import fc from 'fast-check';
import { type AppInput, apiName, newConsumerKey, OAUTH_SCOPES, planApp } from '../src/index.ts';
import { selfSignedCertificate } from '../src/self-signed.ts';
import { CONSUMER_KEY, CONSUMER_SECRET, type GRANTS, KEYS, KINDS, least } from './support/plans.ts';
import { valuesOf } from './support/salesforce-types.ts';

test('what is left open is decided by the grant', () => {
  const decided = (grant: (typeof GRANTS)[number]) => {
    const { scopes, pkce, rotation, idleLimit, refreshTokenPolicy, permittedUsers } = planApp(
      least('external-client-app', grant),
    );
    return { scopes: scopes.join(), pkce, rotation, idleLimit, refreshTokenPolicy, permittedUsers };
  };
  const login = {
    scopes: 'Api,RefreshToken',
    pkce: true,
    rotation: true,
    idleLimit: true,
    refreshTokenPolicy: { type: 'SpecificInactivity', period: 30, unit: 'Days' },
    permittedUsers: 'self-authorize',
  };
  const noLogin = {
    pkce: false,
    rotation: false,
    idleLimit: false,
    refreshTokenPolicy: { type: 'Infinite' },
    permittedUsers: 'admin-approved',
  };
  assert.deepEqual(decided('authorization-code'), login);
  assert.deepEqual(decided('refresh-token'), login);
  assert.deepEqual(decided('jwt-bearer'), { ...noLogin, scopes: 'Api,RefreshToken' });
  assert.deepEqual(decided('client-credentials'), { ...noLogin, scopes: 'Api' });
});

test('what else is left open', () => {
  const plan = planApp(least('external-client-app', 'jwt-bearer'));
  assert.equal(plan.name, 'Nightly_Sync');
  assert.deepEqual(plan.callbackUrls, ['https://login.salesforce.com/services/oauth2/success']);
  assert.deepEqual([plan.ipRelaxation, plan.apiVersion, plan.profiles], ['Enforce', '66.0', []]);
  for (const absent of ['consumerKey', 'consumerSecret', 'runAsUsername', 'sessionTimeoutMinutes'])
    assert.ok(!(absent in plan), absent);
  const noRefresh = planApp({ ...least('connected-app', 'authorization-code'), scopes: ['Api'] });
  assert.deepEqual([noRefresh.rotation, noRefresh.idleLimit], [false, false], 'nothing to rotate');
  assert.equal(planApp({ ...least('connected-app', 'refresh-token'), rotation: false }).refreshTokenPolicy.type, 'Infinite');
});

test('the certificate is kept as normal PEM, and what stands around it is not', () => {
  const pasted = `${KEYS.privateKeyPem}${KEYS.certificatePem.replaceAll('\n', '\\n')}`;
  assert.equal(planApp({ ...least('connected-app', 'jwt-bearer'), certificatePem: pasted }).certificatePem, KEYS.certificatePem);
});

const jwt = least('external-client-app', 'jwt-bearer');
const code = least('external-client-app', 'authorization-code');
const client = least('external-client-app', 'client-credentials');
const connectedClient = least('connected-app', 'client-credentials');
const validity = { serialNumber: Buffer.of(1), notBeforeMs: 0, notAfterMs: 1000 };
const smallKey = await selfSignedCertificate({
  subject: { commonName: 'x' },
  ...generateKeyPairSync('rsa', { modulusLength: 1024 }),
  ...validity,
});
const bigCertificate = await selfSignedCertificate({
  subject: { commonName: 'x'.repeat(3000) },
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ...validity,
});
const notRsa = await ecCertificate();

/** The input, one argument of it changed, and what the refusal says to give instead. */
const BAD: readonly (readonly [AppInput, Readonly<Record<string, unknown>>, RegExp])[] = [
  [jwt, { kind: 'app' }, /kind is "app".*external-client-app, connected-app/],
  [jwt, { grant: 'password' }, /grant.*jwt-bearer/],
  [jwt, { label: '' }, /label.*1 to 80/],
  [jwt, { label: 'x'.repeat(81) }, /label.*at most 80/],
  [jwt, { label: 'a\nb' }, /label.*one line/],
  [jwt, { label: 'a\u0000b' }, /label.*one line/],
  [jwt, { label: '\ud800' }, /label.*one line/],
  [jwt, { label: '夜間同期' }, /give name/],
  [jwt, { name: '1st' }, /name.*letter first/],
  [jwt, { name: 'a__b' }, /name.*no two in a row/],
  [jwt, { name: 'a_' }, /name.*no underscore last/],
  [jwt, { name: '../x' }, /name is no API name/],
  [jwt, { name: 'x'.repeat(54) }, /at most 53/],
  [connectedClient, { name: 'x'.repeat(81) }, /at most 80/],
  [jwt, { contactEmail: 'nobody' }, /contactEmail.*email address/],
  [jwt, { contactEmail: undefined }, /contactEmail/],
  [jwt, { consumerKey: 'short' }, /consumerKey.*8 to 256 letters and digits/],
  [jwt, { consumerKey: 'with.dots.and_more' }, /consumerKey.*newConsumerKey/],
  [jwt, { consumerKey: 'x'.repeat(257) }, /consumerKey/],
  [jwt, { consumerSecret: `${CONSUMER_SECRET}!` }, /consumerSecret.*8 to 256/],
  [jwt, { certificatePem: undefined }, /certificatePem is missing.*createKeyPair/],
  [jwt, { certificatePem: KEYS.privateKeyPem }, /a private key/],
  [jwt, { certificatePem: smallKey }, /1024 bits.*2048 or more/],
  [jwt, { certificatePem: bigCertificate }, /bytes as PEM.*at most 4096/],
  [jwt, { certificatePem: notRsa }, /not for an RSA key/],
  [code, { certificatePem: KEYS.certificatePem }, /certificatePem is for jwt-bearer/],
  [code, { callbackUrls: undefined }, /callbackUrls is missing.*localhost:1717/],
  [code, { callbackUrls: [] }, /callbackUrls is missing/],
  [jwt, { callbackUrls: [] }, /callbackUrls is missing/],
  [code, { callbackUrls: ['app.example/cb'] }, /no URL/],
  [code, { callbackUrls: ['https://a.example/a b'] }, /no URL/],
  [code, { callbackUrls: ['https://a.example/\nhttps://b.example/'] }, /no URL/],
  [code, { callbackUrls: ['http://app.example/cb'] }, /give https; http is for localhost only/],
  [code, { callbackUrls: ['javascript:alert(1)'] }, /give https, a scheme of your own app/],
  [code, { callbackUrls: ['https://a.example/#x'] }, /leave out the part from “#” on/],
  [code, { callbackUrls: Array.from({ length: 30 }, (_, index) => `https://a.example/${'x'.repeat(60)}${index}`) }, /over 2000/],
  [jwt, { scopes: ['Api'] }, /RefreshToken: add it/],
  [least('connected-app', 'refresh-token'), { scopes: ['Api'] }, /RefreshToken: add it/],
  [code, { scopes: ['api'] }, /scopes is "api".*Api/],
  [code, { scopes: [] }, /scopes is empty/],
  [client, { scopes: ['Full', 'RefreshToken'] }, /add Api/],
  [code, { pkce: 'yes' }, /pkce.*true or false/],
  [code, { rotation: 1 }, /rotation.*true or false/],
  [code, { idleLimit: 'no' }, /idleLimit.*true or false/],
  [code, { refreshTokenPolicy: { type: 'Forever' } }, /refreshTokenPolicy.type.*Infinite/],
  [code, { refreshTokenPolicy: { type: 'SpecificLifetime', period: 0, unit: 'Days' } }, /period.*days, 1 to/],
  [code, { refreshTokenPolicy: { type: 'SpecificLifetime', period: 1, unit: 'Years' } }, /unit.*Hours, Days, Months/],
  [jwt, { permittedUsers: 'all' }, /permittedUsers.*admin-approved/],
  [jwt, { permissionSet: undefined }, /give permissionSet/],
  [client, { permissionSet: undefined }, /give permissionSet/],
  [jwt, { permittedUsers: 'self-authorize' }, /count for nothing/],
  [code, { profiles: ['System Administrator'] }, /count for nothing/],
  [jwt, { permissionSet: 'Nightly Users' }, /permissionSet is no API name/],
  [jwt, { profiles: [''] }, /profiles/],
  [jwt, { profiles: ['Sales, EMEA'] }, /commas.*permissionSet/],
  [jwt, { ipRelaxation: 'ENFORCE' }, /ipRelaxation.*Enforce, Bypass/],
  [jwt, { runAsUsername: 'sync@example.com' }, /runAsUsername is for client-credentials/],
  [client, { runAsUsername: 'sync' }, /runAsUsername.*sync@example\.com/],
  [connectedClient, { runAsUsername: undefined }, /give runAsUsername and consumerKey/],
  [connectedClient, { consumerKey: undefined }, /give runAsUsername and consumerKey/],
  [jwt, { sessionTimeoutMinutes: 0 }, /sessionTimeoutMinutes.*minutes, 1 to 1440/],
  [jwt, { sessionTimeoutMinutes: 1441 }, /1 to 1440/],
  [jwt, { sessionTimeoutMinutes: 2.5 }, /1 to 1440/],
  [jwt, { apiVersion: '66' }, /60\.0 or later/],
  [jwt, { apiVersion: '59.0' }, /60\.0 or later/],
];

test('what Salesforce would refuse is refused, with what to give instead', () => {
  for (const [good, bad, says] of BAD) {
    const input = Object.assign({}, good, bad);
    assert.throws(
      () => planApp(input),
      (error) => error instanceof TypeError && says.test(error.message),
      `${JSON.stringify(bad).slice(0, 100)} ${says}`,
    );
  }
});

test('no refusal shows a key or a secret', () => {
  const secrets = { consumerKey: `${CONSUMER_KEY}.`, consumerSecret: `${CONSUMER_SECRET}.`, certificatePem: KEYS.privateKeyPem };
  const body = KEYS.privateKeyPem.split('\n')[5] ?? '';
  for (const argument of Object.keys(secrets)) {
    assert.throws(
      () => planApp(Object.assign({}, jwt, { [argument]: secrets[argument as keyof typeof secrets] })),
      ({ message }: Error) =>
        [CONSUMER_KEY, CONSUMER_SECRET, body].every((secret) => secret.length > 30 && !message.includes(secret.slice(0, 20))),
    );
  }
});

test('a name made of a label is an API name', () => {
  for (const [label, name] of [
    ['Nightly sync (EU)', 'Nightly_sync_EU'],
    ['  Zoë & Søn – 2 ', 'Zoe_S_n_2'],
    ['3rd party', 'X3rd_party'],
    ['a__b_', 'a_b'],
    ['x'.repeat(100), 'x'.repeat(80)],
    [`${'x'.repeat(79)} y`, 'x'.repeat(79)],
  ] as const) {
    assert.equal(apiName(label), name, label);
  }
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'abYZ019'), minLength: 1, maxLength: 60 }),
      fc.string(),
      (before, word, after) => {
        const name = apiName(`${before}${word}${after}`);
        assert.match(name, /^[A-Za-z](?:_?[A-Za-z0-9])*$/);
        assert.ok(name.length <= 80);
      },
    ),
  );
});

test('a name fits with all that is put behind it', () => {
  for (const kind of KINDS) {
    const { name } = planApp({ ...least(kind, 'refresh-token'), label: 'Abcde fgh '.repeat(8) });
    assert.equal(name.length, kind === 'connected-app' ? 79 : 53);
  }
});

test('consumer keys are new ones, and fit', () => {
  const keys = new Set(Array.from({ length: 20 }, () => newConsumerKey(randomBytes)));
  assert.equal(keys.size, 20);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9]{64}$/);
});

test('the scopes are those of Salesforce', () => {
  assert.deepEqual([...OAUTH_SCOPES], valuesOf('ConnectedAppOauthAccessScope'));
});

/** Of an elliptic curve. */
async function ecCertificate(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const subject = { serialNumber: '01', name: 'CN=x', notBefore: new Date(0), notAfter: new Date(1000) };
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  type Create = typeof X509CertificateGenerator.createSelfSigned;
  const options = { ...subject, keys, signingAlgorithm } as Parameters<Create>[0];
  return (await X509CertificateGenerator.createSelfSigned(options, webcrypto as Parameters<Create>[1])).toString('pem');
}
