import type { ConnectionRow, ConnectionSecrets } from '../connections/connection.ts';
import { type SecretShape, secretShape } from '../connections/secret-shape.ts';
import type { KeyFacts, Keys } from '../ports.ts';

/** When a secret was given; absent: before this was written down. */
interface SetAt {
  /** Epoch milliseconds. */
  readonly setAtMs?: number;
}

/** What can be told of the secrets that are in use, or staged to take their place. */
export interface SecretFacts {
  readonly clientSecret?: SecretShape & SetAt;
  readonly privateKey?: KeyFacts & SetAt;
}

/** What can be told of a connection's secrets without telling them. */
export interface CredentialFacts {
  readonly current: SecretFacts;
  readonly next: SecretFacts;
}

/** @throws ConfigurationError for a private key that cannot be read */
export function credentialFacts({ settings }: ConnectionRow, secrets: ConnectionSecrets, keys: Keys): CredentialFacts {
  const { clientId, secretsSetAtMs: times = {} } = settings;
  const setAt = (setAtMs: number | undefined): SetAt => (setAtMs === undefined ? {} : { setAtMs });
  const { clientSecret, privateKey, nextClientSecret, nextPrivateKey } = secrets;
  return {
    current: {
      ...(clientSecret !== undefined && {
        clientSecret: { ...secretShape(clientSecret, clientId), ...setAt(times.clientSecret) },
      }),
      ...(privateKey !== undefined && { privateKey: { ...keys.describeKey(privateKey), ...setAt(times.privateKey) } }),
    },
    next: {
      ...(nextClientSecret !== undefined && {
        clientSecret: { ...secretShape(nextClientSecret, clientId), ...setAt(times.nextClientSecret) },
      }),
      ...(nextPrivateKey !== undefined && {
        privateKey: { ...keys.describeKey(nextPrivateKey), ...setAt(times.nextPrivateKey) },
      }),
    },
  };
}
