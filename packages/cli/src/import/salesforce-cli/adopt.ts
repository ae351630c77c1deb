import { ConfigurationError, type NewConnection } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import { possibleNames } from './names.ts';
import { type FoundGrant, type OrgOutcome, type RefusedOrg, refusedOrg } from './outcomes.ts';
import { nameOfAnother, refusalOf } from './refusals.ts';

/**
 * Makes the connections, each whole or not at all; none is tried.
 * @param stopped aborted: none is begun any more
 * @throws StoreError where the store fails: what was made by then stays
 */
export async function adoptGrants(
  forcemint: Forcemint,
  found: readonly (FoundGrant | RefusedOrg)[],
  { stopped, onMade }: { readonly stopped: AbortSignal; readonly onMade: () => void },
): Promise<readonly OrgOutcome[]> {
  const bulk = forcemint.administration.bulkImport();
  const outcomes: OrgOutcome[] = [];
  for (const one of found) {
    if (stopped.aborted) return outcomes;
    if (one.outcome === 'refused') {
      outcomes.push(one);
      continue;
    }
    const { org, name, connection } = one;
    const { username, aliases } = org;
    const loginUrl = connection.settings.loginUrl ?? '';
    const before = await homeOf(forcemint, one);
    if (before !== undefined) {
      outcomes.push({ outcome: 'was-there', username, aliases, name: before, loginUrl });
      continue;
    }
    try {
      const outcome = await bulk.connect(name, connection);
      if (outcome === 'made') onMade();
      outcomes.push({ outcome, username, aliases, name, loginUrl });
    } catch (error) {
      const isTaken = error instanceof ConfigurationError && error.code === 'connection_exists';
      outcomes.push(refusedOrg(org, name, isTaken ? nameOfAnother(org, name) : refusalOf(error)));
    }
  }
  return outcomes;
}

/** The connection that an earlier run made of this grant, whatever was changed about it since. */
async function homeOf(forcemint: Forcemint, { org, connection }: FoundGrant): Promise<string | undefined> {
  for (const name of new Set(possibleNames(org))) {
    if (await isHome(forcemint, name, connection)) return name;
  }
  return undefined;
}

async function isHome(forcemint: Forcemint, name: string, connection: NewConnection): Promise<boolean> {
  try {
    const { settings } = (await forcemint.status(name)).connection;
    return await forcemint.administration.isMade(name, { ...connection, settings });
  } catch (error) {
    // There is no such connection, or one that this grant's secrets are not enough for.
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
