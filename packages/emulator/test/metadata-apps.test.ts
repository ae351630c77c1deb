import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetadataXml } from '../src/config/metadata-xml.ts';
import { appsFromMetadata, createEmulator } from '../src/index.ts';

const NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"';
const file = (path: string, root: string, content: string) => ({
  path,
  content: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${NAMESPACE}>${content}</${root}>\n`,
});
const KEY = 'syntheticConsumerKey1';

const CONNECTED = `<contactEmail>a@example.com</contactEmail><label>Sync &amp; Co</label>
  <oauthConfig><callbackUrl>http://localhost:1717/OauthRedirect
https://app.example/cb</callbackUrl><consumerKey>${KEY}</consumerKey><isAdminApproved>true</isAdminApproved>
  <isConsumerSecretOptional>false</isConsumerSecretOptional><isPkceRequired>true</isPkceRequired><isRefreshTokenRotationEnabled>true</isRefreshTokenRotationEnabled>
  <scopes>Api</scopes><!-- and --><scopes>RefreshToken</scopes></oauthConfig>
  <oauthPolicy><ipRelaxation>BYPASS</ipRelaxation><refreshTokenPolicy>specific_lifetime:4:HOURS</refreshTokenPolicy></oauthPolicy>
  <sessionPolicy><sessionTimeout>60</sessionTimeout></sessionPolicy>`;

const ECA: Readonly<Record<string, string>> = {
  ExternalClientApplication: '<label>Sync</label>',
  ExtlClntAppGlobalOauthSettings: `<callbackUrl>http://localhost:1717/OauthRedirect</callbackUrl><consumerKey>${KEY}</consumerKey><externalClientApplication>Sync</externalClientApplication><isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>`,
  ExtlClntAppOauthSettings:
    '<commaSeparatedOauthScopes>Api, Basic</commaSeparatedOauthScopes><externalClientApplication>Sync</externalClientApplication>',
  ExtlClntAppOauthConfigurablePolicies:
    '<clientCredentialsFlowUser>integration@emulator.example</clientCredentialsFlowUser><externalClientApplication>Sync</externalClientApplication><ipRelaxationPolicyType>Enforce_RelaxRefresh</ipRelaxationPolicyType><isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled><permittedUsersPolicyType>AllSelfAuthorized</permittedUsersPolicyType><refreshTokenPolicyType>SpecificInactivity</refreshTokenPolicyType><refreshTokenValidityPeriod>30</refreshTokenValidityPeriod><refreshTokenValidityUnit>Days</refreshTokenValidityUnit>',
  ExtlClntAppConfigurablePolicies:
    '<externalClientApplication>Sync</externalClientApplication><isEnabled>true</isEnabled><isOauthPluginEnabled>true</isOauthPluginEnabled>',
};
const eca = (change: Readonly<Record<string, string | undefined>> = {}) =>
  Object.entries({ ...ECA, ...change }).flatMap(([root, content]) =>
    content === undefined ? [] : [file(`eca/${root}.xml`, root, content)],
  );

test('a connected app', () => {
  const { Sync } = appsFromMetadata([file('connectedApps/Sync.connectedApp-meta.xml', 'ConnectedApp', CONNECTED)]);
  assert.deepEqual(Sync, {
    kind: 'connected-app',
    clientId: KEY,
    callbackUrls: ['http://localhost:1717/OauthRedirect', 'https://app.example/cb'],
    isConsumerSecretOptional: false,
    isSecretRequiredForRefreshToken: true,
    isPkceRequired: true,
    isRefreshTokenRotationEnabled: true,
    isEnforceRefreshTokenTTL: false,
    isIntrospectAllTokens: false,
    isNamedUserJwtEnabled: false,
    scopes: ['api', 'refresh_token'],
    isAdminApproved: true,
    isClientCredentialEnabled: false,
    refreshTokenPolicy: 'specific_lifetime:4:HOURS',
    ipRelaxation: 'BYPASS',
    sessionTimeoutMinutes: 60,
  });
});

test('an external client app is put together from its files, whatever their order', async () => {
  const apps = appsFromMetadata(eca().toReversed());
  assert.deepEqual(apps, appsFromMetadata(eca()));
  const { Sync } = apps;
  assert.deepEqual(
    [
      Sync?.kind,
      Sync?.clientId,
      Sync?.scopes,
      Sync?.refreshTokenPolicy,
      Sync?.ipRelaxation,
      Sync?.isAdminApproved,
      Sync?.isClientCredentialEnabled,
    ],
    ['external-client-app', KEY, ['api', 'id'], 'specific_inactivity:30:DAYS', 'ENFORCE_RELAXREFRESH', false, true],
  );
  await using emulator = await createEmulator({ config: { apps } });
  assert.deepEqual(Object.keys(emulator.ready.apps), ['Sync']);
  const { clientId = '', clientSecret = '' } = emulator.ready.apps['Sync'] ?? {};
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const answer = await fetch(`${emulator.myDomainUrl}/services/oauth2/token`, { method: 'POST', body });
  assert.equal(answer.status, 200, await answer.text());
});

test('client credentials need both switches', () => {
  const off = ECA['ExtlClntAppOauthConfigurablePolicies']?.replace(
    '<isClientCredentialsFlowEnabled>true<',
    '<isClientCredentialsFlowEnabled>false<',
  );
  const { Sync } = appsFromMetadata(eca({ ExtlClntAppOauthConfigurablePolicies: off }));
  assert.equal(Sync?.isClientCredentialEnabled, false);
});

test('what cannot be an app is refused with its name', () => {
  const refusals: readonly (readonly [Parameters<typeof appsFromMetadata>[0], RegExp])[] = [
    [eca({ ExtlClntAppOauthSettings: undefined }), /^the external client app Sync has no ExtlClntAppOauthSettings$/],
    [
      eca({ ExtlClntAppConfigurablePolicies: ECA['ExtlClntAppConfigurablePolicies']?.replace('>true<', '>false<') }),
      /Sync is switched off/,
    ],
    [
      eca({ ExtlClntAppOauthSettings: ECA['ExtlClntAppOauthSettings']?.replace('Basic', 'Everything') }),
      /there is no scope Everything; there is Address, Api/,
    ],
    [
      [file('a.connectedApp-meta.xml', 'ConnectedApp', '<label>x</label>')],
      /^a\.connectedApp-meta\.xml: the app has no oauthConfig$/,
    ],
    [
      [{ path: 'b.xml', content: '<ConnectedApp>\n<label>x</ConnectedApp>' }],
      /^b\.xml: no XML of a metadata file from line 2 on$/,
    ],
  ];
  for (const [files, message] of refusals) assert.throws(() => appsFromMetadata(files), { name: 'TypeError', message });
});

test('the XML of metadata files, and nothing that is none', () => {
  const text = `\ufeff<?xml version='1.0'?><!-- a < b --><a x="1" y='2'>\r\n <b>&lt;&amp;&#65;&#x42;</b><b><![CDATA[<raw> & ]]></b><c/> </a>\n`;
  assert.deepEqual(parseMetadataXml(text, 'x'), {
    name: 'a',
    text: '',
    children: [
      { name: 'b', children: [], text: '<&AB' },
      { name: 'b', children: [], text: '<raw> &' },
      { name: 'c', children: [], text: '' },
    ],
  });
  for (const bad of [
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><b/>',
    '<a>&nothing;</a>',
    '<a x=1></a>',
    '<a',
    '<a>&#x110000;</a>',
    '<a></a>x',
  ]) {
    assert.throws(() => parseMetadataXml(bad, 'x'), TypeError, bad);
  }
  const nested = '<a>'.repeat(20_000) + '</a>'.repeat(20_000);
  assert.equal(parseMetadataXml(nested, 'x').name, 'a');
});
