import { createHash } from 'node:crypto';
import type { ConnectionRow, ConnectionSecrets, ConnectionSettings } from '../connections/connection.ts';
import { ConfigurationError } from '../errors.ts';
import { clientCredentials } from '../grants/client-credentials.ts';
import type { Grant } from '../grants/grant.ts';
import { jwtBearer } from '../grants/jwt-bearer.ts';
import { refreshToken } from '../grants/refresh-token.ts';
import { type ClientAuth, clientSecretBasic, clientSecretPost, none, privateKeyJwt } from '../oauth/client-authentication.ts';
import type { OAuthClient } from '../oauth/token-endpoint.ts';
import type { SigningKey } from '../ports.ts';
import { salesforceEndpoints } from '../salesforce/endpoints.ts';
import { loginUrl as checkedLoginUrl, jwtAudience } from '../salesforce/hosts.ts';
import type { SealPlace } from '../seal/envelope.ts';
import type { ExchangePorts } from './exchange-ports.ts';

/**
 * Where a connection's secrets are sealed to. Host, client and audience are part of the place: whoever changes them in the store behind our back has
 * secrets that don't open, not secrets that are sent elsewhere.
 */
export function secretsPlace({ id, revision, settings }: Pick<ConnectionRow, 'id' | 'revision' | 'settings'>): SealPlace {
  const { loginUrl, clientId, audience = '' } = settings;
  return { table: 'connections', row: id, column: JSON.stringify(['secrets', loginUrl, clientId, audience]), version: revision };
}

/** How many parsed private keys are kept; parsing one costs more than signing with it. */
const MAX_KEYS = 1_000;

/** Opens connections' secrets and turns them into clients and grants. Keeps parsed private keys. */
export class Credentials {
  readonly #ports: Pick<ExchangePorts, 'seal' | 'keys' | 'clock' | 'random' | 'policy'>;
  readonly #signingKeys = new Map<string, SigningKey>();

  constructor(ports: Pick<ExchangePorts, 'seal' | 'keys' | 'clock' | 'random' | 'policy'>) {
    this.#ports = ports;
  }

  /** @throws StoreError `unsealing_failed` */
  secretsOf(connection: ConnectionRow): ConnectionSecrets {
    const opened: ConnectionSecrets = JSON.parse(this.#ports.seal.open(secretsPlace(connection), connection.secrets));
    return opened;
  }

  /** @throws ConfigurationError `missing_setting`, about the key, or `host_not_allowed` when this process does not trust the connection's host */
  clientOf(connection: ConnectionRow, secrets: ConnectionSecrets): OAuthClient {
    const { clientId } = connection.settings;
    // Extra hosts are trusted by the process that sends, not by the one that once made the connection.
    const loginUrl = checkedLoginUrl(connection.settings.loginUrl, this.#ports.policy);
    return { endpoints: salesforceEndpoints(loginUrl), clientId, clientAuth: this.#clientAuth(connection, secrets) };
  }

  #clientAuth(connection: ConnectionRow, secrets: ConnectionSecrets): ClientAuth {
    const { clientAuth } = connection.settings;
    switch (clientAuth) {
      case 'post':
        return clientSecretPost(secrets.clientSecret ?? missing(connection, 'client secret', '--client-secret-file F'));
      case 'basic':
        return clientSecretBasic(secrets.clientSecret ?? missing(connection, 'client secret', '--client-secret-file F'));
      case 'private-key-jwt':
        return privateKeyJwt(this.#signingKey(connection, secrets), this.#ports.clock, this.#ports.random);
      case 'none':
        return none();
    }
  }

  /** The grant that renews the connection's access token without a human. `presented`: the current refresh token, where the grant has one. */
  renewalGrant(connection: ConnectionRow, secrets: ConnectionSecrets, presented: string | undefined): Grant {
    const { grant, clientId, username, audience, loginUrl } = connection.settings;
    switch (grant) {
      case 'jwt-bearer':
        return jwtBearer({
          clientId,
          username: username ?? missing(connection, 'username', '--username U'),
          audience: audience ?? jwtAudience(loginUrl, this.#ports.policy),
          key: this.#signingKey(connection, secrets),
          clock: this.#ports.clock,
        });
      case 'client-credentials':
        return clientCredentials();
      case 'authorization-code':
      case 'refresh-token':
        return refreshToken(presented ?? missing(connection, 'refresh token', '--refresh-token-file F'));
    }
  }

  #signingKey(connection: ConnectionRow, secrets: ConnectionSecrets): SigningKey {
    const pem = secrets.privateKey ?? missing(connection, 'private key', '--private-key-file F');
    const id = createHash('sha256').update(pem).digest('base64');
    const known = this.#signingKeys.get(id);
    if (known !== undefined) return known;
    const key = this.#ports.keys.signingKey(pem);
    if (this.#signingKeys.size >= MAX_KEYS) this.#signingKeys.delete(this.#signingKeys.keys().next().value ?? '');
    this.#signingKeys.set(id, key);
    return key;
  }
}

/** After a credential was changed, Salesforce's servers may disagree for some ten minutes. */
const FORMER_FOR_MS = 15 * 60_000;

/** A connection with its next credentials in the place of the current ones, which are former ones then. */
export interface Promoted {
  readonly settings: ConnectionSettings;
  readonly secrets: ConnectionSecrets;
}

/** `undefined`: there are no next ones. */
export function promoted(settings: ConnectionSettings, secrets: ConnectionSecrets, nowMs: number): Promoted | undefined {
  const { nextClientSecret, nextPrivateKey, ...current } = withoutFormer(secrets);
  if (nextClientSecret === undefined && nextPrivateKey === undefined) return undefined;
  const { nextClientSecret: secretSetAtMs, nextPrivateKey: keySetAtMs, ...times } = settings.secretsSetAtMs ?? {};
  const { clientSecret: formerClientSecret, privateKey: formerPrivateKey } = current;
  return {
    settings: {
      ...settings,
      // The certificate of the old key is of no use to the new one.
      ...(nextPrivateKey !== undefined && { certificate: settings.nextCertificate, nextCertificate: undefined }),
      secretsSetAtMs: {
        ...times,
        ...(nextClientSecret !== undefined && { clientSecret: secretSetAtMs }),
        ...(nextPrivateKey !== undefined && { privateKey: keySetAtMs }),
      },
      formerUntilMs: nowMs + FORMER_FOR_MS,
    },
    secrets: {
      ...current,
      ...(nextClientSecret !== undefined && { clientSecret: nextClientSecret, formerClientSecret }),
      ...(nextPrivateKey !== undefined && { privateKey: nextPrivateKey, formerPrivateKey }),
    },
  };
}

/** The secrets with the former ones in the place of the current ones; `undefined`: there are none, or they are tried no longer. */
export function former(settings: ConnectionSettings, secrets: ConnectionSecrets, nowMs: number): ConnectionSecrets | undefined {
  const { formerClientSecret, formerPrivateKey } = secrets;
  const isOver = settings.formerUntilMs === undefined || nowMs >= settings.formerUntilMs;
  if (isOver || (formerClientSecret === undefined && formerPrivateKey === undefined)) return undefined;
  return {
    ...secrets,
    ...(formerClientSecret !== undefined && { clientSecret: formerClientSecret, formerClientSecret: secrets.clientSecret }),
    ...(formerPrivateKey !== undefined && { privateKey: formerPrivateKey }),
  };
}

export function withoutFormer({ formerClientSecret: _, formerPrivateKey: __, ...secrets }: ConnectionSecrets): ConnectionSecrets {
  return secrets;
}

function missing(connection: ConnectionRow, what: string, flag: string): never {
  throw new ConfigurationError('missing_setting', `${connection.name} has no ${what}.`, {
    diagnosis: {
      cause: `Its grant (${connection.settings.grant}) or client authentication (${connection.settings.clientAuth}) needs one.`,
      fix: [`forcemint update ${connection.name} ${flag}`],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}
