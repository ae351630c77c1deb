import type { AppPlan, RefreshTokenPolicy } from '../app-plan.ts';
import type { OauthScope } from '../scopes.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'ConnectedApp', folder: 'connectedApps', suffix: 'connectedApp' } as const;

/** As the Metadata API has it, and so the types below. */
interface ConnectedApp {
  readonly contactEmail: string;
  readonly label: string;
  readonly oauthConfig: ConnectedAppOauthConfig;
  readonly oauthPolicy: ConnectedAppOauthPolicy;
  readonly permissionSetName: readonly string[];
  readonly profileName: readonly string[];
  readonly sessionPolicy: ConnectedAppSessionPolicy | undefined;
}

type ConnectedAppOauthConfig = {
  readonly callbackUrl: string;
  readonly certificate: string | undefined;
  readonly consumerKey: string | undefined;
  readonly consumerSecret: string | undefined;
  readonly isAdminApproved: boolean;
  readonly isClientCredentialEnabled: boolean;
  readonly isConsumerSecretOptional: boolean;
  readonly isEnforceRefreshTokenTTL: true | undefined;
  readonly isIntrospectAllTokens: boolean;
  readonly isPkceRequired: boolean;
  readonly isRefreshTokenRotationEnabled: boolean;
  readonly isSecretRequiredForRefreshToken: boolean;
  readonly oauthClientCredentialUser: string | undefined;
  readonly scopes: readonly OauthScope[];
};

type ConnectedAppOauthPolicy = {
  readonly ipRelaxation: string;
  readonly refreshTokenPolicy: string;
};

type ConnectedAppSessionPolicy = {
  readonly sessionTimeout: number;
};

/** Everything about a connected app, in one file. */
export function connectedApp(plan: AppPlan): MetadataFile {
  const { sessionTimeoutMinutes: minutes } = plan;
  const elements: ConnectedApp = {
    contactEmail: plan.contactEmail,
    label: plan.label,
    oauthConfig: oauthConfig(plan),
    oauthPolicy: {
      ipRelaxation: plan.ipRelaxation.toUpperCase(),
      refreshTokenPolicy: refreshTokenPolicy(plan.refreshTokenPolicy),
    },
    permissionSetName: plan.permissionSet === undefined ? [] : [plan.permissionSet],
    profileName: plan.profiles,
    sessionPolicy: minutes === undefined ? undefined : { sessionTimeout: minutes },
  };
  return metadataFile(TYPE, plan.name, elements, plan.consumerSecret !== undefined);
}

function oauthConfig(plan: AppPlan): ConnectedAppOauthConfig {
  return {
    callbackUrl: plan.callbackUrls.join('\n'),
    certificate: plan.certificatePem,
    consumerKey: plan.consumerKey,
    consumerSecret: plan.consumerSecret,
    isAdminApproved: plan.permittedUsers === 'admin-approved',
    isClientCredentialEnabled: plan.grant === 'client-credentials',
    isConsumerSecretOptional: false,
    // Younger than the others: older API versions do not know it.
    isEnforceRefreshTokenTTL: plan.idleLimit || undefined,
    isIntrospectAllTokens: false,
    isPkceRequired: plan.pkce,
    isRefreshTokenRotationEnabled: plan.rotation,
    isSecretRequiredForRefreshToken: true,
    oauthClientCredentialUser: plan.runAsUsername,
    scopes: plan.scopes,
  };
}

/** `infinite`, `zero`, `specific_lifetime:4:HOURS`, `specific_inactivity:30:DAYS`. */
function refreshTokenPolicy(policy: RefreshTokenPolicy): string {
  if (policy.type === 'Infinite' || policy.type === 'Zero') return policy.type.toLowerCase();
  const kind = policy.type === 'SpecificLifetime' ? 'specific_lifetime' : 'specific_inactivity';
  return `${kind}:${policy.period}:${policy.unit.toUpperCase()}`;
}
