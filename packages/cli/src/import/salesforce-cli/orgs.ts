import { isRecord } from '../invalid-import.ts';
import { unusable } from './answers.ts';

/** An org as the Salesforce CLI keeps it. */
export interface StoredOrg {
  readonly username: string;
  /** In the CLI's order; one that was asked for comes first. */
  readonly aliases: readonly string[];
  readonly instanceUrl: string | undefined;
  /** How somebody logged in: only `web` leaves a refresh token. The CLI says `unknown` where it cannot read its own file. */
  readonly method: 'web' | 'jwt' | 'token' | 'unknown';
  readonly isScratchOrg: boolean;
  /** A scratch org past its last day; of no other org the CLI knows without asking it. */
  readonly isExpired: boolean;
}

/** What the CLI keeps of a login with JWT. The private key itself is in the file. */
export interface JwtLogin {
  readonly clientId: string | undefined;
  readonly loginUrl: string | undefined;
  readonly privateKeyFile: string | undefined;
}

export const LIST_ORGS = 'org list auth';

/**
 * The result of `sf org list auth --json`: orgs with an alias first, else by username, whatever order the CLI found its files in.
 * @throws UnusableAnswer
 */
export function readOrgs(result: unknown): readonly StoredOrg[] {
  if (!Array.isArray(result)) throw unusable(`sf ${LIST_ORGS}`, 'did not list orgs');
  return result.map(storedOrg).toSorted((a, b) => {
    if ((a.aliases.length === 0) !== (b.aliases.length === 0)) return a.aliases.length === 0 ? 1 : -1;
    return a.username < b.username ? -1 : 1;
  });
}

function storedOrg(entry: unknown): StoredOrg {
  const { username, alias, instanceUrl, oauthMethod, isScratchOrg, isExpired } = isRecord(entry) ? entry : {};
  if (typeof username !== 'string' || !/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(username)) {
    throw unusable(`sf ${LIST_ORGS}`, 'listed an org without a username');
  }
  return {
    username,
    aliases: typeof alias === 'string' ? alias.split(',').filter((one) => one !== '') : [],
    instanceUrl: textOf(instanceUrl),
    method: METHODS.find((method) => method === oauthMethod) ?? 'unknown',
    isScratchOrg: isScratchOrg === true,
    isExpired: isExpired === true,
  };
}

const METHODS = ['web', 'jwt', 'token'] as const;

/** Of the orgs that were asked for, by alias or username, those that there are; each once. */
export function chosenOrgs(
  orgs: readonly StoredOrg[],
  asked: readonly string[],
): { readonly chosen: readonly StoredOrg[]; readonly unknown: readonly string[] } {
  const unknown = asked.filter((one) => !orgs.some((org) => isCalled(org, one)));
  const chosen = orgs.flatMap((org) => {
    const [by] = asked.filter((one) => isCalled(org, one));
    if (by === undefined) return [];
    return [by === org.username ? org : { ...org, aliases: [by, ...org.aliases.filter((alias) => alias !== by)] }];
  });
  return { chosen, unknown: [...new Set(unknown)] };
}

function isCalled({ username, aliases }: StoredOrg, asked: string): boolean {
  return username === asked || aliases.includes(asked);
}

/** The logins with JWT in the result of `sf org list --json`, by username. Nothing where it has another form: they only complete advice. */
export function readJwtLogins(result: unknown): ReadonlyMap<string, JwtLogin> {
  const orgs = isRecord(result) ? Object.values(result).flat() : [];
  return new Map(
    orgs.filter(isRecord).flatMap(({ username, clientId, loginUrl, privateKey }) => {
      if (typeof username !== 'string' || textOf(privateKey) === undefined) return [];
      return [[username, { clientId: textOf(clientId), loginUrl: textOf(loginUrl), privateKeyFile: textOf(privateKey) }]];
    }),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
