import type { Circumstances, Endpoint, GrantName } from '@forcemint/diagnose';
import { UsageError } from '../usage-error.ts';

/** What a person says of the request that was refused. */
export interface CircumstanceFlags {
  readonly grant?: string;
  readonly endpoint?: string;
  readonly host?: string;
}

export const GRANTS: readonly GrantName[] = [
  'jwt-bearer',
  'authorization-code',
  'refresh-token',
  'client-credentials',
  'token-exchange',
  'password',
  'device',
  'saml2-bearer',
];
export const ENDPOINTS: readonly Endpoint[] = [
  'token',
  'authorize',
  'revoke',
  'introspect',
  'userinfo',
  'identity',
  'singleaccess',
  'rest',
  'soap',
];

/** @throws UsageError */
export function circumstancesOf({ grant, endpoint, host }: CircumstanceFlags): Circumstances {
  const g = oneOf(GRANTS, grant, '--grant');
  const e = oneOf(ENDPOINTS, endpoint, '--endpoint') ?? (g === undefined ? undefined : 'token');
  return {
    ...(g !== undefined && { grant: g }),
    ...(e !== undefined && { endpoint: e }),
    ...(host !== undefined && { host: hostOf(host) }),
  };
}

function oneOf<T extends string>(all: readonly T[], value: string | undefined, flag: string): T | undefined {
  if (value === undefined) return undefined;
  const found = all.find((each) => each === value);
  if (found === undefined) throw new UsageError(`${flag} ${JSON.stringify(value.slice(0, 40))} is none of: ${all.join(', ')}.`);
  return found;
}

/** A host, also where its URL was given. */
function hostOf(host: string): string {
  const name =
    host
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .split(/[/:?#]/, 1)[0] ?? '';
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(name))
    throw new UsageError(`--host ${JSON.stringify(host.slice(0, 80))} is no host name.`);
  return name;
}
