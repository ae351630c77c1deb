import './support/quiet-sf.ts';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ComponentSet, RegistryAccess } from '@salesforce/source-deploy-retrieve';
import { type AppKind, type AppPlan, deployCommand, metadataFiles, planApp, projectFiles } from '../src/index.ts';
import { folderOf } from './support/folder.ts';
import { allPlans, CONSUMER_SECRET, KEYS, least, most } from './support/plans.ts';

const EXPECTED_ECA = [
  'ExternalClientApplication:Sync_App',
  'ExtlClntAppConfigurablePolicies:Sync_App_defaultPolicy',
  'ExtlClntAppGlobalOauthSettings:Sync_AppGlblOAuth',
  'ExtlClntAppOauthConfigurablePolicies:Sync_AppOAuthSettings_defaultPolicy',
  'ExtlClntAppOauthSettings:Sync_AppOAuthSettings',
  'PermissionSet:Nightly_Users',
];

const namesIn = (set: ComponentSet): readonly string[] =>
  set
    .getSourceComponents()
    .toArray()
    .map(({ type, fullName }) => `${type.name}:${fullName}`)
    .toSorted();

const expected = (plan: AppPlan): readonly string[] =>
  metadataFiles(plan)
    .map(({ type, fullName }) => `${type}:${fullName}`)
    .toSorted();

test('Salesforce’s own library finds every component in the folder, and the manifest names exactly these', async () => {
  for (const { title, plan } of allPlans()) {
    using folder = folderOf(projectFiles(plan));
    const source = join(folder.path, 'force-app');
    const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const found = ComponentSet.fromSource({ fsPaths: [source] });
    assert.deepEqual(namesIn(found), expected(plan), title);
    assert.equal(found.getSourceComponents().toArray().length, files.length, `${title}: no file besides`);

    const manifest = await ComponentSet.fromManifest({
      manifestPath: join(folder.path, 'manifest/package.xml'),
      resolveSourcePaths: [source],
    });
    assert.deepEqual(namesIn(manifest), expected(plan), title);
    assert.equal(manifest.size, files.length, `${title}: the manifest names nothing that has no file`);
    assert.equal(manifest.sourceApiVersion, plan.apiVersion);
    for (const component of manifest.getSourceComponents()) {
      const [root] = Object.values(component.parseXmlSync()).filter((value) => typeof value === 'object');
      assert.ok(root, `${title}: ${component.fullName} can be read`);
    }
  }
});

test('every file is where Salesforce’s registry has it', () => {
  const registry = new RegistryAccess();
  for (const { plan } of allPlans()) {
    for (const { type, fullName, path } of metadataFiles(plan)) {
      const { directoryName, suffix } = registry.getTypeByName(type);
      assert.equal(path, `force-app/main/default/${directoryName}/${fullName}.${suffix}-meta.xml`);
    }
  }
});

test('the label of the permission set is the app’s, but for a connected app it is the name', () => {
  const label = (kind: AppKind) =>
    /<label>(.*)</.exec(metadataFiles(planApp(least(kind, 'jwt-bearer'))).at(-1)?.content ?? '')?.[1];
  assert.deepEqual([label('external-client-app'), label('connected-app')], ['Nightly Sync', 'Nightly_Users']);
});

test('the components of an external client app and of a connected app', () => {
  assert.deepEqual(expected(planApp(most('external-client-app', 'jwt-bearer'))), EXPECTED_ECA);
  assert.deepEqual(expected(planApp(most('connected-app', 'jwt-bearer'))), [
    'ConnectedApp:Sync_App',
    'PermissionSet:Nightly_Users',
  ]);
  assert.deepEqual(expected(planApp(least('connected-app', 'refresh-token'))), ['ConnectedApp:Nightly_Sync']);
});

test('files with the secret say so, and .gitignore names them; no file has the private key', () => {
  const keyLine = KEYS.privateKeyPem.split('\n')[5] ?? '';
  for (const { title, plan } of allPlans()) {
    const files = projectFiles(plan);
    const ignored = files.find(({ path }) => path === '.gitignore')?.content.split('\n') ?? [];
    for (const { path, content, isSecret } of files) {
      assert.equal(isSecret, content.includes(CONSUMER_SECRET), `${title}: ${path}`);
      assert.ok(!isSecret || ignored.includes(`/${path}`), `${title}: ${path} is ignored`);
      assert.ok(!content.includes(keyLine) && !content.includes('PRIVATE KEY'), `${title}: ${path}`);
    }
    assert.equal(files.filter(({ isSecret }) => isSecret).length, plan.consumerSecret === undefined ? 0 : 1, title);
    const settings = files.find(({ path }) => path.includes('ecaGlblOauth'));
    assert.ok(settings === undefined || ignored.includes(`/${settings.path}`), `${title}: Salesforce wants it kept out`);
  }
});

test('paths are plain, inside the folder, and different', () => {
  for (const { plan } of allPlans()) {
    const paths = projectFiles(plan).map(({ path }) => path);
    assert.equal(new Set(paths.map((path) => path.toLowerCase())).size, paths.length);
    for (const path of paths) assert.match(path, /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_.-]+$/);
  }
});

test('the project is one for the Salesforce CLI', () => {
  const file = projectFiles(planApp(most('connected-app', 'jwt-bearer'))).find(({ path }) => path === 'sfdx-project.json');
  assert.deepEqual(JSON.parse(file?.content ?? ''), {
    packageDirectories: [{ path: 'force-app', default: true }],
    name: 'Sync_App',
    namespace: '',
    sourceApiVersion: '67.0',
  });
});

test('one command deploys it', () => {
  const plan = planApp(least('connected-app', 'refresh-token'));
  const command = 'sf project deploy start --manifest manifest/package.xml --api-version 66.0';
  assert.equal(deployCommand(plan), command);
  assert.equal(deployCommand(plan, 'admin@acme.com.uat'), `${command} --target-org admin@acme.com.uat`);
  assert.ok(projectFiles(plan).some(({ path }) => path === 'manifest/package.xml'));
  for (const alias of ['', 'a b', '$(id)', 'x;y', '--json', '`x`'])
    assert.throws(() => deployCommand(plan, alias), TypeError, alias);
});
