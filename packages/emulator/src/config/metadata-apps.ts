import type { AppConfig } from './config.ts';
import { parseMetadataXml, textIn, type XmlElement } from './metadata-xml.ts';

/** A file of the Metadata API in source format. */
export interface MetadataSource {
  /** For errors. */
  readonly path: string;
  readonly content: string;
}

/** What the scopes of metadata are called on the wire (ConnectedAppOauthAccessScope, Metadata API). */
const SCOPES: Readonly<Record<string, string>> = {
  Address: 'address',
  Api: 'api',
  Basic: 'id',
  Chatbot: 'chatbot_api',
  Chatter: 'chatter_api',
  Content: 'content',
  CustomApplications: 'visualforce',
  CustomPermissions: 'custom_permissions',
  Eclair: 'eclair_api',
  EinsteinGPT: 'einstein_gpt_api',
  Email: 'email',
  ForgotPassword: 'forgot_password',
  Full: 'full',
  Interaction: 'interaction_api',
  Lightning: 'lightning',
  MCP: 'mcp_api',
  OfflineAccess: 'refresh_token',
  OpenID: 'openid',
  Pardot: 'pardot_api',
  Phone: 'phone',
  Profile: 'profile',
  PwdlessLogin: 'pwdless_login_api',
  RefreshToken: 'refresh_token',
  SCRT: 'scrt_api',
  SFAP: 'sfap_api',
  UserRegistration: 'user_registration_api',
  Wave: 'wave_api',
  Web: 'web',
};

/** An external client app is spread over several files, which name it. */
const PARTS = [
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthSettings',
  'ExtlClntAppOauthConfigurablePolicies',
  'ExtlClntAppConfigurablePolicies',
] as const;

type Part = (typeof PARTS)[number];

/**
 * The apps that metadata describes, by their API names: for `config.apps`, so that the emulator is set up with what an org would get. Files of other types are
 * passed over. Who is assigned to an app is not in its metadata: every user is.
 * @throws TypeError for a file that is no metadata, a scope that is not known, an app whose settings are missing or that is switched off
 */
export function appsFromMetadata(files: readonly MetadataSource[]): Record<string, AppConfig> {
  const parts = new Map<string, Map<Part, XmlElement>>();
  const apps: [string, AppConfig][] = [];
  for (const { path, content } of files) {
    const root = parseMetadataXml(content, path);
    const part = PARTS.find((each) => each === root.name);
    if (root.name === 'ConnectedApp') apps.push([nameOf(path), connectedApp(root, path)]);
    if (part === undefined) continue;
    const app = textIn(root, 'externalClientApplication') ?? '';
    parts.set(app, (parts.get(app) ?? new Map<Part, XmlElement>()).set(part, root));
  }
  return Object.fromEntries([...apps, ...[...parts].map(([name, of]) => [name, externalClientApp(name, of)] as const)]);
}

/** `connectedApps/Nightly_Sync.connectedApp-meta.xml` → `Nightly_Sync`. */
function nameOf(path: string): string {
  return /([^/\\]+?)\.connectedApp(?:-meta\.xml)?$/.exec(path)?.[1] ?? path;
}

function connectedApp(root: XmlElement, path: string): AppConfig {
  const [config, policy, session] = ['oauthConfig', 'oauthPolicy', 'sessionPolicy'].map((name) =>
    root.children.find((child) => child.name === name),
  );
  if (config === undefined) throw new TypeError(`${path}: the app has no oauthConfig`);
  const scopes = config.children.filter(({ name }) => name === 'scopes').map(({ text }) => text);
  const refreshTokenPolicy = policy && textIn(policy, 'refreshTokenPolicy');
  const ipRelaxation = policy && textIn(policy, 'ipRelaxation');
  return {
    kind: 'connected-app',
    ...clientOf(config),
    scopes: scopes.map((scope) => scopeOf(scope, path)),
    isAdminApproved: isTrue(config, 'isAdminApproved'),
    isClientCredentialEnabled: isTrue(config, 'isClientCredentialEnabled'),
    ...given('oauthClientCredentialUser', textIn(config, 'oauthClientCredentialUser')),
    ...given('refreshTokenPolicy', refreshTokenPolicy),
    ...given('ipRelaxation', ipRelaxation as AppConfig['ipRelaxation']),
    ...given('sessionTimeoutMinutes', numberIn(session, 'sessionTimeout')),
  };
}

function externalClientApp(name: string, parts: ReadonlyMap<Part, XmlElement>): AppConfig {
  const [globals, settings, oauthPolicies, policies] = PARTS.map((part) => {
    const root = parts.get(part);
    if (root === undefined) throw new TypeError(`the external client app ${name} has no ${part}`);
    return root;
  }) as [XmlElement, XmlElement, XmlElement, XmlElement];
  if (!isTrue(policies, 'isEnabled') || !isTrue(policies, 'isOauthPluginEnabled')) {
    throw new TypeError(`the external client app ${name} is switched off: isEnabled and isOauthPluginEnabled must be true`);
  }
  const scopes = (textIn(settings, 'commaSeparatedOauthScopes') ?? '').split(',').map((scope) => scope.trim());
  return {
    kind: 'external-client-app',
    ...clientOf(globals),
    scopes: scopes.filter(Boolean).map((scope) => scopeOf(scope, name)),
    isAdminApproved: textIn(oauthPolicies, 'permittedUsersPolicyType') === 'AdminApprovedPreAuthorized',
    // In one of the two places alone it does nothing.
    isClientCredentialEnabled: [globals, oauthPolicies].every((part) => isTrue(part, 'isClientCredentialsFlowEnabled')),
    ...given('oauthClientCredentialUser', textIn(oauthPolicies, 'clientCredentialsFlowUser')),
    ...given('refreshTokenPolicy', refreshTokenPolicyOf(oauthPolicies)),
    ...given('ipRelaxation', textIn(oauthPolicies, 'ipRelaxationPolicyType')?.toUpperCase() as AppConfig['ipRelaxation']),
    ...given('sessionTimeoutMinutes', numberIn(oauthPolicies, 'sessionTimeoutInMinutes')),
  };
}

/** What both kinds of app call by the same names. */
function clientOf(settings: XmlElement): Omit<AppConfig, 'kind' | 'scopes'> {
  return {
    ...given('clientId', textIn(settings, 'consumerKey')),
    ...given('clientSecret', textIn(settings, 'consumerSecret')),
    ...given('certificate', textIn(settings, 'certificate')),
    callbackUrls: (textIn(settings, 'callbackUrl') ?? '').split(/\s+/).filter(Boolean),
    isConsumerSecretOptional: isTrue(settings, 'isConsumerSecretOptional'),
    isSecretRequiredForRefreshToken: textIn(settings, 'isSecretRequiredForRefreshToken') !== 'false',
    isPkceRequired: isTrue(settings, 'isPkceRequired'),
    isRefreshTokenRotationEnabled: isTrue(settings, 'isRefreshTokenRotationEnabled'),
    isEnforceRefreshTokenTTL: isTrue(settings, 'isEnforceRefreshTokenTTL'),
    isIntrospectAllTokens: isTrue(settings, 'isIntrospectAllTokens'),
    isNamedUserJwtEnabled: isTrue(settings, 'isNamedUserJwtEnabled'),
  };
}

/** `SpecificInactivity`, 30, `Days` → `specific_inactivity:30:DAYS`. */
function refreshTokenPolicyOf(policies: XmlElement): string | undefined {
  const type = textIn(policies, 'refreshTokenPolicyType');
  if (type === undefined || type === 'Infinite' || type === 'Zero') return type?.toLowerCase();
  const kind = type.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
  const [period, unit] = ['refreshTokenValidityPeriod', 'refreshTokenValidityUnit'].map((name) => textIn(policies, name) ?? '');
  return `${kind}:${period}:${unit?.toUpperCase()}`;
}

function scopeOf(scope: string, where: string): string {
  const wire = SCOPES[scope];
  if (wire === undefined) throw new TypeError(`${where}: there is no scope ${scope}; there is ${Object.keys(SCOPES).join(', ')}`);
  return wire;
}

function isTrue(element: XmlElement, name: string): boolean {
  return textIn(element, name) === 'true';
}

function numberIn(element: XmlElement | undefined, name: string): number | undefined {
  const text = element && textIn(element, name);
  return text === undefined ? undefined : Number(text);
}

function given<const Name extends string, T>(name: Name, value: T | undefined): { readonly [Key in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: T });
}
