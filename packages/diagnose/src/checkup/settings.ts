import type { ConnectionSettings } from '@forcemint/core/connections/connection';
import type { TrustedHost } from '@forcemint/core/salesforce/hosts';
import { bad, type Finding, good, skipped, warning } from './finding.ts';

/** What a host is, by its name. */
export type HostKind = 'login' | 'test' | 'sandbox' | 'production' | 'developer' | 'site' | 'legacy' | 'other';

export function hostKind(url: string): HostKind {
  const { hostname } = new URL(url);
  if (hostname === 'login.salesforce.com') return 'login';
  if (hostname === 'test.salesforce.com') return 'test';
  if (/\.(?:sandbox|scratch)\.my\.salesforce\.(?:com|mil)$/.test(hostname)) return 'sandbox';
  if (/\.(?:develop|trailblaze|demo|patch|free)\.my\.salesforce\.(?:com|mil)$/.test(hostname)) return 'developer';
  if (/\.my\.salesforce\.(?:com|mil)$/.test(hostname)) return 'production';
  if (hostname.endsWith('.my.site.com')) return 'site';
  return /^[a-z]{2,3}[0-9]{1,4}\.salesforce\.com$/.test(hostname) ? 'legacy' : 'other';
}

/**
 * @param trust why this process would send secrets to the host; `undefined`: it would not
 * @param instanceUrl of the org, as its last answer said; `undefined`: there was none
 */
export function judgeLoginHost(
  { loginUrl, grant }: ConnectionSettings,
  trust: TrustedHost | undefined,
  instanceUrl: string | undefined,
): Finding {
  const kind = hostKind(loginUrl);
  const orgKind = instanceUrl === undefined ? undefined : hostKind(instanceUrl);
  const { host } = new URL(loginUrl);
  const moveTo = instanceUrl ?? 'https://ACME.my.salesforce.com';
  if (trust === undefined) {
    return bad('login-host', `${host} is not trusted here`, 'setting', {
      why: 'Secrets and tokens go to Salesforce’s own hosts, and to those that the process allows.',
      fix: [
        `If it is yours: FORCEMINT_EXTRA_HOSTS=${new URL(loginUrl).origin}`,
        'If it is a government or China domain: FORCEMINT_SOVEREIGN_HOSTS=1',
      ],
    });
  }
  if (trust === 'extra') return good('login-host', `${host}, which FORCEMINT_EXTRA_HOSTS allows`);
  if (kind === 'other') return good('login-host', `${host} is a My Domain outside salesforce.com`);
  if (kind !== 'login' && kind !== 'test') {
    return good(
      'login-host',
      kind === 'site' ? `${host} is an Experience Cloud site` : `${host} is a My Domain, which no login policy of the org shuts`,
    );
  }
  const isSandbox = orgKind === 'sandbox';
  if (
    orgKind !== undefined &&
    isSandbox !== (kind === 'test') &&
    (isSandbox || orgKind === 'production' || orgKind === 'developer')
  ) {
    return warning('login-host', `${host} is not for this kind of org: ${new URL(moveTo).host}`, {
      why: 'test.salesforce.com is for sandboxes and scratch orgs, login.salesforce.com for all others.',
      fix: [`forcemint update NAME --login-url ${moveTo}, with its secrets`],
    });
  }
  if (grant === 'client-credentials') {
    return bad('login-host', `${host} does not offer client credentials`, 'setting', {
      why: 'They are offered by the org’s My Domain alone.',
      fix: [`forcemint update NAME --login-url ${moveTo}, with its secrets`],
      id: 'K1',
    });
  }
  return warning('login-host', `${host} is shared by all orgs`, {
    why: 'The org’s My Domain policy can shut it for logins and for the API, and a local External Client App may not be found there.',
    fix: [`Better: forcemint update NAME --login-url ${moveTo}, with its secrets`],
  });
}

/** @param sent the audience of assertions; @param implied what the login URL implies; @param trust of the login URL */
export function judgeAudience(
  { grant, loginUrl }: ConnectionSettings,
  sent: string,
  implied: string,
  trust: TrustedHost | undefined,
): Finding {
  if (grant !== 'jwt-bearer') return skipped('audience', 'only assertions have one');
  // What a proxy or an emulator takes, nobody else can know.
  if (trust === 'extra' || sent === implied || sent.replace(/\/$/, '') === loginUrl) return good('audience', sent);
  const isKnown = ['https://login.salesforce.com', 'https://test.salesforce.com'].includes(sent);
  const advice = {
    why: isKnown
      ? 'Sandboxes and scratch orgs take https://test.salesforce.com, all others https://login.salesforce.com.'
      : 'Salesforce documents its two login hosts and the URL of an Experience Cloud site, and no others.',
    fix: [`forcemint update NAME --audience ${implied}, with its private key`],
    id: 'J3',
  };
  const found = `${sent}, where ${new URL(loginUrl).host} implies ${implied}`;
  return isKnown ? bad('audience', found, 'setting', advice) : warning('audience', found, advice);
}

/** One registered callback URL, and whether the login could listen there now. */
export interface CallbackFacts {
  readonly url: string;
  /** `remote`: not on this machine, so the address is pasted. */
  readonly port: 'free' | 'busy' | 'remote';
  /** Why it could not. */
  readonly why?: string;
}

/** @param facts `undefined`: the grant has no login */
export function judgeCallback(facts: readonly CallbackFacts[] | undefined): Finding {
  if (facts === undefined) return skipped('callback', 'only a login has one');
  const free = facts.find(({ port }) => port === 'free');
  if (free !== undefined) return good('callback', `${free.url}, and nothing listens on its port`);
  const remote = facts.find(({ port }) => port === 'remote');
  if (remote !== undefined) return good('callback', `${remote.url}: the address is pasted, with forcemint login NAME --paste`);
  return warning('callback', facts.map(({ url, why }) => why ?? `nobody can listen at ${url} now`).join('; '), {
    why: 'A login could not come back to Forcemint.',
    fix: ['End the program that has the port before you log in', 'Or log in without it: forcemint login NAME --paste'],
  });
}

const REFRESHES = ['refresh_token', 'offline_access'];
const OPENS_REST = ['api', 'full'];

/** @param granted scopes of the access token that there is; `undefined`: there is none, or the answer did not say */
export function judgeScopes({ grant, scope }: ConnectionSettings, granted: string | undefined): Finding {
  const asked = scope?.split(/\s+/).filter((one) => one !== '');
  if (grant === 'authorization-code' && asked !== undefined && !asked.some((one) => REFRESHES.includes(one))) {
    return warning('scopes', `asks for ${asked.join(' ')}, and not for refresh_token`, {
      why: 'Without it a login gives no refresh token, and a human must log in again whenever the access token is over.',
      fix: [`forcemint update NAME --scope "${[...asked, 'refresh_token'].join(' ')}", then forcemint login NAME`],
    });
  }
  if (granted === undefined) return skipped('scopes', 'not known before the first token');
  const list = granted.split(/\s+/).filter((one) => one !== '');
  if (list.some((one) => OPENS_REST.includes(one))) return good('scopes', list.join(' '));
  return warning('scopes', `${list.join(' ') || 'none'}, without api`, {
    why: 'The REST API refuses tokens without the scope api.',
    fix: [
      'Add “Manage user data via APIs (api)” to the app: Setup → External Client App Manager → the app → Settings → OAuth Settings',
    ],
    id: 'H2',
  });
}
