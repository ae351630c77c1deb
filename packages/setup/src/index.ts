export {
  APP_GRANTS,
  APP_KINDS,
  type AppGrant,
  type AppInput,
  type AppKind,
  type AppPlan,
  type IpRelaxation,
  type PermittedUsers,
  type RefreshTokenPolicy,
  type ValidityUnit,
} from './app-plan.ts';
export {
  belongTogether,
  type CertificateFacts,
  createKeyPair,
  type KeyPair,
  type KeyPairOptions,
  readCertificate,
} from './certificate.ts';
export { newConsumerKey } from './consumer-key.ts';
export type { MetadataFile, ProjectFile } from './metadata/metadata-file.ts';
export { apiName } from './names.ts';
export { loginUrlPattern, ORG_KINDS, type Org, type OrgKind, sharedLoginUrl } from './org.ts';
export { normalPem } from './pem.ts';
export { planApp } from './plan-app.ts';
export { preApprovalUrl } from './pre-approval.ts';
export { deployCommand, metadataFiles, projectFiles } from './project.ts';
export { applySecretStep, certificateStep, type RotatedApp, stagedSecretStep, withCertificate } from './rotation.ts';
export { OAUTH_SCOPES, type OauthScope } from './scopes.ts';
export { type RemainingStep, remainingSteps, type StepId } from './steps.ts';
