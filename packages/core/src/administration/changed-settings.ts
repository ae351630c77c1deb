import type { ConnectionSecrets, ConnectionSettings, SecretTimes } from '../connections/connection.ts';
import { type ConnectionInput, connectionSettings } from '../connections/settings.ts';
import { ConfigurationError } from '../errors.ts';
import type { HostPolicy } from '../salesforce/hosts.ts';
import type { ConnectionChange } from './administration.ts';

/** Another grant, or a first secret, makes the client prove itself in another way, unless the change says how. */
export function clientAuthAfter(before: ConnectionSettings, { settings, secrets }: ConnectionChange): string | undefined {
  if (settings.clientAuth !== undefined) return settings.clientAuth;
  const otherGrant = settings.grant !== undefined && settings.grant !== before.grant;
  const firstSecret = before.clientAuth === 'none' && secrets.clientSecret !== undefined && before.grant !== 'jwt-bearer';
  return otherGrant || firstSecret ? undefined : before.clientAuth;
}

/** Settings of a connection that moves: what it needs must come with the move. */
export function movedSettings(input: ConnectionInput, secrets: ConnectionSecrets, policy: HostPolicy): ConnectionSettings {
  try {
    return connectionSettings(input, secrets, policy);
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.code !== 'missing_setting') throw error;
    throw new ConfigurationError('missing_setting', `${error.message} Nothing was changed.`, {
      diagnosis: {
        cause:
          'Another login URL, client id, audience or grant discards the secrets, so that nobody can have them sent elsewhere: give them again in the same command.',
        fix: error.diagnosis?.fix ?? [],
        who: 'developer',
        retry: 'fix-first',
      },
    });
  }
}

/** When each of `secrets` was given: now, where it is not what it was before. */
export function secretTimes(
  secrets: ConnectionSecrets,
  before: ConnectionSecrets,
  timesBefore: SecretTimes,
  nowMs: number,
): SecretTimes {
  const names = (Object.keys(secrets) as (keyof ConnectionSecrets)[]).filter((name) => secrets[name] !== undefined);
  return defined(Object.fromEntries(names.map((name) => [name, secrets[name] === before[name] ? timesBefore[name] : nowMs])));
}

/** Without the members that are `undefined`. */
export function defined<T extends object>(values: T): T {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}
