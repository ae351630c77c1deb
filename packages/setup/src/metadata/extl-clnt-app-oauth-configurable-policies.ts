import type { AppPlan, IpRelaxation, RefreshTokenPolicy, ValidityUnit } from '../app-plan.ts';
import { partName } from '../names.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = {
  type: 'ExtlClntAppOauthConfigurablePolicies',
  folder: 'extlClntAppOauthPolicies',
  suffix: 'ecaOauthPlcy',
} as const;

/** As the Metadata API has it. */
interface ExtlClntAppOauthConfigurablePolicies {
  readonly clientCredentialsFlowUser: string | undefined;
  readonly commaSeparatedPermissionSet: string | undefined;
  readonly commaSeparatedProfile: string | undefined;
  readonly externalClientApplication: string;
  readonly ipRelaxationPolicyType: IpRelaxation;
  readonly isClientCredentialsFlowEnabled: boolean;
  readonly isGuestCodeCredFlowEnabled: boolean;
  readonly isTokenExchangeFlowEnabled: boolean;
  readonly label: string;
  readonly permittedUsersPolicyType: 'AdminApprovedPreAuthorized' | 'AllSelfAuthorized';
  readonly refreshTokenPolicyType: RefreshTokenPolicy['type'];
  readonly refreshTokenValidityPeriod: number | undefined;
  readonly refreshTokenValidityUnit: ValidityUnit | undefined;
  readonly requiredSessionLevel: 'STANDARD';
  readonly sessionTimeoutInMinutes: number | undefined;
}

/** Who may use the app, from where, and for how long. The permission set goes by its name, as in Salesforce’s own example (its text speaks of ids). */
export function extlClntAppOauthConfigurablePolicies(plan: AppPlan): MetadataFile {
  const { refreshTokenPolicy: policy } = plan;
  const fullName = partName(plan.name, 'oauthPolicies');
  const elements: ExtlClntAppOauthConfigurablePolicies = {
    clientCredentialsFlowUser: plan.runAsUsername,
    commaSeparatedPermissionSet: plan.permissionSet,
    commaSeparatedProfile: plan.profiles.length === 0 ? undefined : plan.profiles.join(','),
    externalClientApplication: plan.name,
    ipRelaxationPolicyType: plan.ipRelaxation,
    // Salesforce refuses the policy when it is on and nobody is named.
    isClientCredentialsFlowEnabled: plan.runAsUsername !== undefined,
    isGuestCodeCredFlowEnabled: false,
    isTokenExchangeFlowEnabled: false,
    label: fullName,
    permittedUsersPolicyType: plan.permittedUsers === 'admin-approved' ? 'AdminApprovedPreAuthorized' : 'AllSelfAuthorized',
    refreshTokenPolicyType: policy.type,
    refreshTokenValidityPeriod: 'period' in policy ? policy.period : undefined,
    refreshTokenValidityUnit: 'unit' in policy ? policy.unit : undefined,
    // Any more, and the flows without a person in front of a browser are closed.
    requiredSessionLevel: 'STANDARD',
    sessionTimeoutInMinutes: plan.sessionTimeoutMinutes,
  };
  return metadataFile(TYPE, fullName, elements);
}
