import type { AppPlan } from './app-plan.ts';
import { connectedApp } from './metadata/connected-app.ts';
import { externalClientApplication } from './metadata/external-client-application.ts';
import { extlClntAppConfigurablePolicies } from './metadata/extl-clnt-app-configurable-policies.ts';
import { extlClntAppGlobalOauthSettings } from './metadata/extl-clnt-app-global-oauth-settings.ts';
import { extlClntAppOauthConfigurablePolicies } from './metadata/extl-clnt-app-oauth-configurable-policies.ts';
import { extlClntAppOauthSettings } from './metadata/extl-clnt-app-oauth-settings.ts';
import { type MetadataFile, PACKAGE_FOLDER, type ProjectFile } from './metadata/metadata-file.ts';
import { permissionSet } from './metadata/permission-set.ts';
import { metadataXml } from './metadata/xml.ts';

const MANIFEST = 'manifest/package.xml';

/** The components of the app, each a file in source format. */
export function metadataFiles(plan: AppPlan): readonly MetadataFile[] {
  const app = plan.kind === 'connected-app' ? [connectedApp(plan)] : externalClientApp(plan);
  const permissions = permissionSet(plan);
  return permissions === undefined ? app : [...app, permissions];
}

function externalClientApp(plan: AppPlan): readonly MetadataFile[] {
  return [
    externalClientApplication(plan),
    extlClntAppGlobalOauthSettings(plan),
    extlClntAppOauthSettings(plan),
    extlClntAppOauthConfigurablePolicies(plan),
    extlClntAppConfigurablePolicies(plan),
  ];
}

/**
 * All files of a folder that {@link deployCommand} deploys: a Salesforce DX project, with a manifest, and a `.gitignore` that names whatever is secret.
 * The private key is not among them. No two have the same path.
 */
export function projectFiles(plan: AppPlan): readonly ProjectFile[] {
  const components = metadataFiles(plan);
  return [
    open('sfdx-project.json', sfdxProject(plan)),
    open(MANIFEST, manifest(plan, components)),
    open('.gitignore', gitignore(components)),
    ...components.map(({ path, content, isSecret }) => ({ path, content, isSecret })),
  ];
}

function open(path: string, content: string): ProjectFile {
  return { path, content, isSecret: false };
}

function sfdxProject({ name, apiVersion }: AppPlan): string {
  const project = {
    packageDirectories: [{ path: PACKAGE_FOLDER, default: true }],
    name,
    namespace: '',
    sourceApiVersion: apiVersion,
  };
  return `${JSON.stringify(project, null, 2)}\n`;
}

function manifest({ apiVersion }: AppPlan, components: readonly MetadataFile[]): string {
  const types = components.map(({ type, fullName }) => ({ members: fullName, name: type }));
  return metadataXml('Package', { types, version: apiVersion });
}

/** Salesforce’s documentation keeps the whole type out of version control: once retrieved, it may hold the secret. */
const KEPT_OUT: readonly string[] = ['ExtlClntAppGlobalOauthSettings'];

function gitignore(components: readonly MetadataFile[]): string {
  const secret = components.filter(({ isSecret, type }) => isSecret || KEPT_OUT.includes(type)).map(({ path }) => `/${path}`);
  return [
    ...(secret.length === 0 ? [] : ['# Key and secret of the app', ...secret, '']),
    '# Private keys, and consumer secrets',
    '*.key',
    '*.pem',
    '*.secret',
    '',
    '# What the Salesforce CLI keeps',
    '.sf/',
    '.sfdx/',
    '',
  ].join('\n');
}

/**
 * The command that deploys the folder, to be run in it.
 * @param alias alias or username of the org. Default: the one that the Salesforce CLI takes by itself
 * @throws TypeError for an alias that a shell would read as more than a word
 */
export function deployCommand({ apiVersion }: AppPlan, alias?: string): string {
  if (alias !== undefined && !/^[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]*$/.test(alias)) {
    throw new TypeError('alias is no alias or username of the Salesforce CLI: give letters, digits and _ . @ + - only.');
  }
  const org = alias === undefined ? '' : ` --target-org ${alias}`;
  return `sf project deploy start --manifest ${MANIFEST} --api-version ${apiVersion}${org}`;
}
