import {
  type AccessTokenDetails,
  type ConnectionSettings,
  type ConnectionStatus,
  errorFrom,
  type GrantName,
  type SecretName,
} from '@forcemint/core';
import { certificateEndMs } from './credential-ages.ts';
import { errorDocument } from './terminal/error-report.ts';

/** Grants as people say them. */
export const GRANT_IN_WORDS: Readonly<Record<GrantName, string>> = {
  'jwt-bearer': 'JWT bearer',
  'authorization-code': 'authorization code',
  'refresh-token': 'refresh token',
  'client-credentials': 'client credentials',
};

const SECRETS_IN_WORDS: Readonly<Record<SecretName, string>> = {
  clientSecret: 'client secret',
  privateKey: 'private key',
  nextClientSecret: 'next client secret',
  nextPrivateKey: 'next private key',
};

/** Which secrets are set, in words; `undefined`: they do not open. */
export function secretsInWords({ secretNames }: Pick<ConnectionStatus, 'secretNames'>): readonly string[] | undefined {
  return secretNames?.map((name) => SECRETS_IN_WORDS[name]);
}

/** A connection without its secrets, as `--json` shows it. Instants are epoch seconds. */
export function connectionDocument(status: ConnectionStatus): Readonly<Record<string, unknown>> {
  const { connection, state, hasRefreshToken, version, rotation } = status;
  const { settings, name, createdAtMs, updatedAtMs } = connection;
  return {
    connection: name,
    state,
    ...settingsDocument(status),
    has_certificate: settings.certificate !== undefined,
    certificate_ends_at: seconds(certificateEndMs(settings.certificate)),
    next_certificate_ends_at: seconds(certificateEndMs(settings.nextCertificate)),
    secrets_set_at: secretTimesDocument(settings),
    has_refresh_token: hasRefreshToken,
    refresh_token_version: version,
    rotation_seen: rotation,
    ...stateDocument(status),
    created_at: Math.floor(createdAtMs / 1000),
    updated_at: Math.floor(updatedAtMs / 1000),
  };
}

function seconds(epochMs: number | undefined): number | null {
  return epochMs === undefined ? null : Math.floor(epochMs / 1000);
}

function secretTimesDocument({ secretsSetAtMs = {} }: ConnectionSettings): Readonly<Record<string, number | null>> {
  const names = Object.keys(secretsSetAtMs) as SecretName[];
  return Object.fromEntries(names.map((name) => [SECRETS_IN_WORDS[name].replaceAll(' ', '_'), seconds(secretsSetAtMs[name])]));
}

/** What a connection was made of, and which secrets go with it. */
export function settingsDocument(status: ConnectionStatus): Readonly<Record<string, unknown>> {
  const { settings } = status.connection;
  return {
    grant: settings.grant,
    login_url: settings.loginUrl,
    client_id: settings.clientId,
    client_auth: settings.clientAuth,
    username: settings.username,
    audience: settings.audience,
    scope: settings.scope,
    redirect_uris: settings.redirectUris,
    rotates: settings.rotates,
    introspect: settings.introspect,
    session_timeout_seconds: settings.sessionTimeoutSeconds,
    api_version: settings.apiVersion,
    labels: settings.labels,
    shared_with: settings.sharedWith,
    secrets: secretsInWords(status)?.map((name) => name.replaceAll(' ', '_')) ?? null,
  };
}

/** Where a connection stands: the part that `status` and `list` show. */
export function stateDocument(status: ConnectionStatus): Readonly<Record<string, unknown>> {
  const { token, expiresInSeconds, failure, repeatsAtMs, hasStagedAnswer, pendingRevocations } = status;
  return {
    token: token === undefined ? null : tokenDocument(token, expiresInSeconds),
    last_failure:
      failure === undefined ? null : { at: Math.floor(failure.atMs / 1000), ...errorDocument(errorFrom(failure)).error },
    repeats_at: repeatsAtMs === undefined ? null : Math.ceil(repeatsAtMs / 1000),
    staged_answer: hasStagedAnswer,
    pending_revocations: pendingRevocations,
  };
}

function tokenDocument(token: AccessTokenDetails, expiresInSeconds: number): Readonly<Record<string, unknown>> {
  return {
    instance_url: token.instanceUrl,
    scope: token.scope,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    expires_in: expiresInSeconds,
    expiry_source: token.expirySource,
    fingerprint: token.fingerprint,
    organization_id: token.organizationId,
    user_id: token.userId,
    reported_invalid: token.reportedInvalid ?? false,
  };
}
