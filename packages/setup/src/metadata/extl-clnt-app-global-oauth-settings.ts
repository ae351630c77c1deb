import type { AppPlan } from '../app-plan.ts';
import { partName } from '../names.ts';
import { type MetadataFile, metadataFile } from './metadata-file.ts';

const TYPE = { type: 'ExtlClntAppGlobalOauthSettings', folder: 'extlClntAppGlobalOauthSets', suffix: 'ecaGlblOauth' } as const;

/** As the Metadata API has it. */
interface ExtlClntAppGlobalOauthSettings {
  readonly callbackUrl: string;
  readonly certificate: string | undefined;
  readonly consumerKey: string | undefined;
  readonly consumerSecret: string | undefined;
  readonly externalClientApplication: string;
  readonly isClientCredentialsFlowEnabled: boolean;
  readonly isCodeCredFlowEnabled: boolean;
  readonly isConsumerSecretOptional: boolean;
  readonly isDeviceFlowEnabled: boolean;
  readonly isEnforceRefreshTokenTTL: true | undefined;
  readonly isIntrospectAllTokens: boolean;
  readonly isNamedUserJwtEnabled: boolean;
  readonly isPkceRequired: boolean;
  readonly isRefreshTokenRotationEnabled: boolean;
  readonly isSecretRequiredForRefreshToken: boolean;
  readonly isTokenExchangeEnabled: boolean;
  readonly label: string;
  readonly shouldRotateConsumerKey: boolean;
  readonly shouldRotateConsumerSecret: boolean;
}

/**
 * Key, secret, certificate, and which flows are open. Salesforce says of this type that it must not be added to source control. The secret is
 * always asked for: the JWT bearer flow has no use for it, and nobody else shall get far with the consumer key alone.
 */
export function extlClntAppGlobalOauthSettings(plan: AppPlan): MetadataFile {
  const fullName = partName(plan.name, 'globalOauthSettings');
  const elements: ExtlClntAppGlobalOauthSettings = {
    callbackUrl: plan.callbackUrls.join('\n'),
    certificate: plan.certificatePem,
    consumerKey: plan.consumerKey,
    consumerSecret: plan.consumerSecret,
    externalClientApplication: plan.name,
    isClientCredentialsFlowEnabled: plan.grant === 'client-credentials',
    isCodeCredFlowEnabled: false,
    isConsumerSecretOptional: false,
    isDeviceFlowEnabled: false,
    // Younger than the others: older API versions do not know it.
    isEnforceRefreshTokenTTL: plan.idleLimit || undefined,
    isIntrospectAllTokens: false,
    isNamedUserJwtEnabled: false,
    isPkceRequired: plan.pkce,
    isRefreshTokenRotationEnabled: plan.rotation,
    isSecretRequiredForRefreshToken: true,
    isTokenExchangeEnabled: false,
    label: fullName,
    shouldRotateConsumerKey: false,
    shouldRotateConsumerSecret: false,
  };
  return metadataFile(TYPE, fullName, elements, plan.consumerSecret !== undefined);
}
