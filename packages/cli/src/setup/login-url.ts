import { type HostPolicy, loginUrl, trustedHost } from '@forcemint/core';
import type { AppGrant, OrgKind } from '@forcemint/setup';
import { UsageError } from '../usage-error.ts';

const MY_DOMAIN = 'https://ACME.my.salesforce.com';
const SITE = 'https://ACME.my.site.com/SITE';

interface LoginUrlRequest {
  readonly question: string;
  readonly example: string;
  /** There is no login host that would do instead. */
  readonly isNeeded: boolean;
}

/** How a login URL is asked for. */
export function loginUrlRequest(orgKind: OrgKind, grant: AppGrant): LoginUrlRequest {
  if (orgKind === 'site') {
    return { question: 'URL of the site, with its path (https://….my.site.com/…)', example: SITE, isNeeded: true };
  }
  const isNeeded = grant === 'client-credentials';
  const otherwise = isNeeded ? '' : '; empty: not known';
  return { question: `My Domain of the org (https://….my.salesforce.com${otherwise})`, example: MY_DOMAIN, isNeeded };
}

/**
 * A login URL that was given, as the connection will have it.
 * @throws UsageError where it is of another kind of org; ConfigurationError where it is no login URL
 */
export function loginUrlFor(orgKind: OrgKind, given: string, policy: HostPolicy): string {
  const text = loginUrl(given, policy);
  const url = new URL(text);
  const isSite = url.hostname.endsWith('.my.site.com');
  if (orgKind !== 'site' && isSite) {
    throw new UsageError(`${text} is the URL of an Experience Cloud site, not of the org itself.`, {
      why: 'Only users of the site log in there.',
      fix: [`For users of the site: --org-kind site --login-url ${text}`, `For users of the org: --login-url ${MY_DOMAIN}`],
    });
  }
  if (orgKind === 'site' && !isSite && trustedHost(url, policy) !== 'extra') {
    throw new UsageError(`${text} is not the URL of an Experience Cloud site.`, {
      why: 'The host of a site ends in .my.site.com; its path, where it has one, belongs to the URL.',
      fix: [`--login-url ${SITE}`, 'For users of the org itself: another --org-kind'],
    });
  }
  return text;
}
