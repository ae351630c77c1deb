import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { metadataFiles } from '../src/index.ts';
import { allPlans } from './support/plans.ts';
import { fieldsOf, valuesOf } from './support/salesforce-types.ts';

/** Fields that the types call `string`; what they may hold is in the Metadata API guide. */
const DOCUMENTED: Readonly<Record<string, RegExp>> = {
  ipRelaxationPolicyType: /^(?:Enforce|Bypass|Bypass_2factor|Enforce_RelaxRefresh)$/,
  ipRelaxation: /^(?:ENFORCE|BYPASS|BYPASS_2FACTOR|ENFORCE_RELAXREFRESH)$/,
  refreshTokenPolicy: /^(?:infinite|zero|specific_(?:lifetime|inactivity):[0-9]+:(?:HOURS|DAYS|MONTHS))$/,
  refreshTokenValidityUnit: /^(?:Hours|Days|Months)$/,
};
const PRIMITIVE: Readonly<Record<string, RegExp>> = { string: /[\s\S]/, boolean: /^(?:true|false)$/, number: /^[0-9]+$/ };
const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false, preserveOrder: true });

type Node = Readonly<Record<string, readonly Node[] | string>>;

/** Checks one type’s elements against Salesforce’s, and tells how many there were. */
function check(type: string, nodes: readonly Node[], where: string): number {
  const fields = fieldsOf(type);
  assert.ok(fields !== undefined && fields.length > 0, `${where}: no type ${type}`);
  const names = nodes.map((node) => Object.keys(node)[0] ?? '');
  const positions = names.map((name) => fields.findIndex((field) => field.name === name));
  assert.ok(!positions.includes(-1), `${where}: ${type} has no ${names[positions.indexOf(-1)]}`);
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => a - b),
    `${where}: in the order of ${type}`,
  );
  for (const { name, isRequired } of fields)
    assert.ok(!isRequired || names.includes(name), `${where}: ${type} must have ${name}`);
  return names.reduce((count, name, index) => {
    const field = fields[positions[index] ?? -1];
    return count + 1 + checkContent(field?.type ?? '', nodes[index]?.[name] ?? [], `${where}, ${name}`);
  }, 0);
}

function checkContent(type: string, content: readonly Node[] | string, where: string): number {
  assert.ok(typeof content !== 'string');
  const text = content[0]?.['#text'];
  if (typeof text !== 'string') return check(type, content, where);
  const allowed = valuesOf(type);
  if (allowed !== undefined) assert.ok(allowed.includes(text), `${where}: ${text} is not one of ${allowed}`);
  else assert.match(text, PRIMITIVE[type] ?? /^no such type$/, `${where}: ${type}`);
  const name = where.split(', ').at(-1) ?? '';
  assert.match(text, DOCUMENTED[name] ?? /[\s\S]/, where);
  if (name === 'commaSeparatedOauthScopes') {
    const scopes = valuesOf('ConnectedAppOauthAccessScope') ?? [];
    for (const scope of text.split(', ')) assert.ok(scopes.includes(scope), `${where}: ${scope}`);
  }
  return 0;
}

test('every element is a field of Salesforce’s type, in its order, with a value that it takes', () => {
  let count = 0;
  for (const { title, plan } of allPlans()) {
    for (const { type, content } of metadataFiles(plan)) {
      const [root] = parser.parse(content) as readonly Node[];
      assert.deepEqual(Object.keys(root ?? {}), [type]);
      const nodes = root?.[type];
      assert.ok(Array.isArray(nodes), title);
      count += check(type, nodes, `${title}, ${type}`);
    }
  }
  assert.ok(count > 500, String(count));
});

test('the check sees a misspelt element, a wrong value, a wrong order and a missing element', () => {
  const text = (value: string): readonly Node[] => [{ '#text': value }];
  const app: readonly Node[] = [{ externalClientApplication: text('x') }, { isEnabled: text('true') }];
  assert.equal(check('ExtlClntAppConfigurablePolicies', app, 'here'), 2);
  for (const [bad, says] of [
    [[...app, { isOAuthPluginEnabled: text('true') }], /no isOAuthPluginEnabled/],
    [[...app, { startPage: text('Nowhere') }], /not one of/],
    [[...app, { isOauthPluginEnabled: text('yes') }], /boolean/],
    [app.toReversed(), /order/],
    [app.slice(1), /must have externalClientApplication/],
  ] as const) {
    assert.throws(() => check('ExtlClntAppConfigurablePolicies', bad, 'here'), says);
  }
});

const contents = (title: RegExp) => {
  const found = allPlans().filter((each) => title.test(each.title));
  assert.ok(found.length > 0, String(title));
  return found.map(({ plan }) =>
    metadataFiles(plan)
      .map(({ content }) => content)
      .join('\n'),
  );
};

test('every flow is open where it is asked for, and nowhere else', () => {
  for (const content of contents(/client-credentials/)) {
    assert.match(content, /<isClientCredential(?:sFlow)?Enabled>true</);
    assert.doesNotMatch(content, /<certificate>/);
  }
  for (const content of contents(/jwt-bearer/)) assert.match(content, /<certificate>-----BEGIN CERTIFICATE-----\n/);
  for (const content of contents(/jwt-bearer|authorization-code|refresh-token/)) {
    assert.doesNotMatch(content, /<isClientCredential(?:sFlow)?Enabled>true</);
  }
  for (const content of contents(/./)) {
    assert.doesNotMatch(content, /<is(?:DeviceFlow|TokenExchange|TokenExchangeFlow|CodeCredFlow|GuestCodeCredFlow)Enabled>true</);
    assert.doesNotMatch(content, /<isConsumerSecretOptional>true</);
  }
});

test('a run-as user that is not named is not switched on', () => {
  const [content = ''] = contents(/external-client-app, client-credentials, least/);
  assert.match(content, /<isClientCredentialsFlowEnabled>true</, 'the app may');
  assert.match(content, /<isClientCredentialsFlowEnabled>false</, 'the policy does not yet');
  const [named = ''] = contents(/external-client-app, client-credentials, most/);
  assert.match(named, /<clientCredentialsFlowUser>sync@example\.com</);
  assert.doesNotMatch(named, /<isClientCredentialsFlowEnabled>false</);
});

test('logins use PKCE, and their refresh tokens rotate and end when nobody uses them', () => {
  for (const content of contents(/authorization-code|refresh-token, least/)) {
    for (const name of ['isPkceRequired', 'isRefreshTokenRotationEnabled', 'isEnforceRefreshTokenTTL']) {
      assert.match(content, new RegExp(`<${name}>true<`));
    }
  }
  const [eca = ''] = contents(/external-client-app, refresh-token, least/);
  assert.match(
    eca,
    /<refreshTokenPolicyType>SpecificInactivity<[\s\S]*<refreshTokenValidityPeriod>30<[\s\S]*<refreshTokenValidityUnit>Days</,
  );
  const [connected = ''] = contents(/connected-app, refresh-token, least/);
  assert.match(connected, /<refreshTokenPolicy>specific_inactivity:30:DAYS</);
});

test('a plan with everything in it loses nothing of it', () => {
  for (const content of contents(/external-client-app.*most/)) {
    for (const element of [
      '<commaSeparatedPermissionSet>Nightly_Users<',
      '<commaSeparatedProfile>System Administrator,Read Only<',
      '<ipRelaxationPolicyType>Enforce_RelaxRefresh<',
      '<permittedUsersPolicyType>AdminApprovedPreAuthorized<',
      '<sessionTimeoutInMinutes>120<',
      '<callbackUrl>https://app.example/cb?a=1&amp;b=2\nmyapp://callback<',
    ]) {
      assert.ok(content.includes(element), element);
    }
  }
  for (const content of contents(/connected-app.*most/)) {
    for (const element of [
      '<permissionSetName>Nightly_Users<',
      '<profileName>System Administrator</profileName>\n    <profileName>Read Only<',
      '<ipRelaxation>ENFORCE_RELAXREFRESH<',
      '<refreshTokenPolicy>specific_lifetime:4:HOURS<',
      '<isAdminApproved>true<',
      '<sessionTimeout>120<',
    ]) {
      assert.ok(content.includes(element), element);
    }
  }
});
