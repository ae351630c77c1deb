import type { NewConnection } from '@forcemint/core';
import { UsageError } from '../../usage-error.ts';
import { isRedacted, readSfdxAuthUrl } from '../sfdx-auth-url.ts';
import { UnusableAnswer } from './answers.ts';
import { connectionNames } from './names.ts';
import { chosenOrgs, type JwtLogin, type StoredOrg } from './orgs.ts';
import { type FoundGrant, type RefusedOrg, refusedOrg } from './outcomes.ts';
import * as refusals from './refusals.ts';
import type { SalesforceCli } from './salesforce-cli.ts';

export interface FindOptions {
  /** Aliases and usernames; none: all that the CLI has. */
  readonly asked: readonly string[];
  /** Without it no refresh token is asked for, and every org is refused. */
  readonly takeOver: boolean;
  readonly report: (done: number, total: number) => void;
}

/** Each is a process that keeps a processor busy for half a second. */
const AT_ONCE = 4;

/**
 * What the Salesforce CLI has of the orgs that were asked for. Nothing is made of it yet.
 * @throws UsageError when the CLI cannot be asked, or has no org
 */
export async function findGrants(
  cli: SalesforceCli,
  { asked, takeOver, report }: FindOptions,
): Promise<readonly (FoundGrant | RefusedOrg)[]> {
  const all = await cli.orgs();
  if (all.length === 0) throw hasNone();
  const { chosen, unknown } = asked.length === 0 ? { chosen: all, unknown: [] } : chosenOrgs(all, asked);
  const names = connectionNames(chosen);
  const jwtLogins = await jwtLoginsOf(cli, all, chosen);

  async function one(org: StoredOrg): Promise<FoundGrant | RefusedOrg> {
    const name = names.get(org.username);
    const refused = (refusal: refusals.Refusal): RefusedOrg => refusedOrg(org, name, refusal);
    if (org.method === 'jwt') return refused(refusals.loggedInWithJwt(org, name, jwtLogins.get(org.username)));
    if (org.method === 'token') return refused(refusals.loggedInWithToken(org, name));
    if (org.isExpired) return refused(refusals.expiredScratchOrg());
    if (name === undefined) return refused(refusals.noNameLeft(org));
    if (!takeOver) return refused(refusals.waitsForTakeOver(asked));
    const found = await connectionOf(cli, org, name);
    return 'settings' in found ? { outcome: 'found', org, name, connection: found } : refused(found);
  }

  const found = await inOrder(chosen, one, report);
  const notThere = unknown.map((typed) => refusedOrg({ username: typed, aliases: [] }, undefined, refusals.unknownOrg(typed)));
  return [...found, ...notThere];
}

/** For advice. The CLI asks the Dev Hub of each scratch org for this, and may renew its token to do so: not for the sake of advice. */
async function jwtLoginsOf(
  cli: SalesforceCli,
  all: readonly StoredOrg[],
  chosen: readonly StoredOrg[],
): Promise<ReadonlyMap<string, JwtLogin>> {
  const isOfUse = chosen.some(({ method }) => method === 'jwt') && !all.some(({ isScratchOrg }) => isScratchOrg);
  return isOfUse ? cli.jwtLogins() : new Map();
}

/** @throws UsageError where no other org would fare better */
async function connectionOf(cli: SalesforceCli, org: StoredOrg, name: string): Promise<NewConnection | refusals.Refusal> {
  try {
    const shown = await cli.sfdxAuthUrl(org.username);
    if ('errorName' in shown) {
      if (shown.errorName === 'NoRefreshTokenError') return refusals.loggedInWithToken(org, name);
      return refusals.refusedByCli(org, shown.errorName);
    }
    if (isRedacted(shown.url)) return refusals.hiddenByCli(org);
    const { settings, secrets, refreshToken = '', sharedWith } = readSfdxAuthUrl(shown.url);
    return { settings: { ...settings, sharedWith }, secrets, refreshToken };
  } catch (error) {
    if (error instanceof UsageError && !(error instanceof UnusableAnswer)) throw error;
    return refusals.refusalOf(error);
  }
}

/** Results stand in the order of the orgs. What fails ends only its own lane: it would fail in all. */
async function inOrder<T>(
  orgs: readonly StoredOrg[],
  one: (org: StoredOrg) => Promise<T>,
  report: FindOptions['report'],
): Promise<readonly T[]> {
  const results: T[] = [];
  let done = 0;
  const waiting = orgs.entries();
  async function lane(): Promise<void> {
    for (const [index, org] of waiting) {
      results[index] = await one(org);
      done += 1;
      report(done, orgs.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

function hasNone(): UsageError {
  return new UsageError('The Salesforce CLI has no org.', {
    why: 'Nobody has logged in with it as this user, or it cannot read its own files.',
    fix: ['See what it has: sf org list auth', 'Log in there: sf org login web --alias NAME'],
  });
}
