export { Administration, type ConnectionChange, type NewConnection, type RemovedGrant } from './administration/administration.ts';
export type { BulkImport } from './administration/bulk-import.ts';
export { type CredentialFacts, credentialFacts, type SecretFacts } from './administration/credential-facts.ts';
export { HandOver, type ReleasedGrant } from './administration/hand-over.ts';
export { Login, type LoginAttempt } from './administration/login.ts';
export { type ConnectionStatus, describeConnection, type SecretName, type Surroundings } from './administration/status.ts';
export * from './connections/connection.ts';
export { everyRow } from './connections/every-row.ts';
export type { SecretShape } from './connections/secret-shape.ts';
export {
  type ConnectionInput,
  checkConnectionName,
  connectionSettings,
  DEFAULT_API_VERSION,
  DEFAULT_REDIRECT_URI,
} from './connections/settings.ts';
export { type ConnectionState, connectionState, usesRefreshToken } from './connections/state.ts';
export * from './errors.ts';
export type * from './ports.ts';
export type { ExpirySource } from './salesforce/expiry.ts';
export { type HostPolicy, isSharedLoginHost, jwtAudience, loginUrl, parseExtraHosts, trustedHost } from './salesforce/hosts.ts';
export type { EnvelopeKeys, SealPlace } from './seal/envelope.ts';
export { KEY_BYTES, MasterKey, Seal } from './seal/seal.ts';
export {
  type AccessToken,
  type AccessTokenDetails,
  DEFAULT_MIN_TTL_SECONDS,
  fingerprint,
  type GetTokenOptions,
  livesLongEnough,
  type RenewOptions,
  type TokenSource,
} from './tokens/access-token.ts';
export { AfterPublish } from './tokens/after-publish.ts';
export { Answers } from './tokens/answers.ts';
export { Credentials } from './tokens/credentials.ts';
export { DURATIONS, type Durations, durationsWith } from './tokens/durations.ts';
export type { ExchangeRecord, Failure, Rotation } from './tokens/exchange.ts';
export type { ExchangePorts } from './tokens/exchange-ports.ts';
export { ExchangeRunner } from './tokens/exchange-runner.ts';
export { errorFrom, notFound, reauthorizationRequired } from './tokens/failures.ts';
export { InUse } from './tokens/in-use.ts';
export { Posting } from './tokens/post-once.ts';
export { Recovery } from './tokens/recovery.ts';
export { RenewAhead } from './tokens/renew-ahead.ts';
export { Renewals } from './tokens/renewals.ts';
export { Revocations } from './tokens/revocations.ts';
export { TokenManager } from './tokens/token-manager.ts';
export type { TokenRow } from './tokens/token-row.ts';
export { newTokenRow, openAccessToken } from './tokens/token-seals.ts';
export { Underway } from './tokens/underway.ts';
