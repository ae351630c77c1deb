import type { NewConnection } from '@forcemint/core';
import type { StoredOrg } from './orgs.ts';
import type { Refusal } from './refusals.ts';

/** A grant of the Salesforce CLI that can be adopted. */
export interface FoundGrant {
  readonly outcome: 'found';
  readonly org: StoredOrg;
  /** Of its connection. */
  readonly name: string;
  readonly connection: NewConnection;
}

/** An org whose grant has a connection now; `was-there`: an earlier run had made it. */
interface AdoptedOrg {
  readonly outcome: 'made' | 'was-there';
  readonly username: string;
  readonly aliases: readonly string[];
  readonly name: string;
  readonly loginUrl: string;
}

/** An org of which nothing is adopted. */
export interface RefusedOrg extends Refusal {
  readonly outcome: 'refused';
  /** What was typed, where the CLI has no such org. */
  readonly username: string;
  readonly aliases: readonly string[];
  readonly name: string | undefined;
}

/** What became of an org. */
export type OrgOutcome = AdoptedOrg | RefusedOrg;

export function refusedOrg(
  { username, aliases }: Pick<StoredOrg, 'username' | 'aliases'>,
  name: string | undefined,
  refusal: Refusal,
): RefusedOrg {
  return { outcome: 'refused', username, aliases, name, ...refusal };
}
