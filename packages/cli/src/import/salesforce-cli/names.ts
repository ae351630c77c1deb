import { suggestedName } from '../imported-connection.ts';
import type { StoredOrg } from './orgs.ts';

/** The connections' names, by username: after the alias, else after the My Domain; where an earlier org has that, after the user. None is left where both are gone. */
export function connectionNames(orgs: readonly StoredOrg[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const given = new Set<string>();
  for (const org of orgs) {
    const [first = ''] = possibleNames(org);
    const name = [first, afterUser(org)].find((one) => !given.has(one));
    if (name === undefined) continue;
    given.add(name);
    names.set(org.username, name);
  }
  return names;
}

/** All names that an org's connection may have got when it was taken over: aliases come and go. */
export function possibleNames(org: StoredOrg): readonly string[] {
  const { aliases, instanceUrl, username } = org;
  const afterAliases = aliases.filter((alias) => /[a-z0-9]/i.test(alias)).map((alias) => suggestedName(undefined, alias));
  return [...afterAliases, suggestedName(instanceUrl, username), afterUser(org)];
}

function afterUser({ username }: StoredOrg): string {
  return suggestedName(undefined, username);
}
