import { oneOf, shown } from './checks.ts';
import { parsedLoginUrl } from './login-url.ts';

export const ORG_KINDS = ['production', 'developer', 'sandbox', 'scratch', 'site'] as const;
/** `developer`: Developer Edition and Trailhead playgrounds. `site`: the users are those of an Experience Cloud site of the org, whatever org that is. */
export type OrgKind = (typeof ORG_KINDS)[number];

/** The org that an app is for. */
export interface Org {
  /** Host name of its My Domain, such as `acme--uat.sandbox.my.salesforce.com`. Default: that of `loginUrl`, where that is one. */
  readonly host?: string | undefined;
  /** Where its users log in: the My Domain, a login host that orgs share, a site with its path, an emulator. Default: the My Domain, where that is known. */
  readonly loginUrl?: string | undefined;
  readonly orgKind: OrgKind;
  /** Whom programs act for, where the plan names nobody. Default: unknown. */
  readonly username?: string | undefined;
}

/** An org, and what is known of its hosts. */
export interface KnownOrg {
  readonly orgKind: OrgKind;
  /** `https://` and the host of its My Domain, under which its Setup is. */
  readonly myDomainUrl?: string;
  /** Where its users log in, and nobody else’s. */
  readonly ownLoginUrl?: string;
  /** Where users of all orgs of that kind log in. */
  readonly sharedLoginUrl?: string;
}

const MY_DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.my\.(?:salesforce\.(?:com|mil)|sfcrmproducts\.cn)$/;
const HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

const LIVE = 'https://login.salesforce.com';
const TEST = 'https://test.salesforce.com';
const SHARED: Readonly<Record<OrgKind, string | undefined>> = {
  production: LIVE,
  developer: LIVE,
  sandbox: TEST,
  scratch: TEST,
  site: undefined,
};

const PATTERNS: Readonly<Record<OrgKind, string>> = {
  production: 'https://MyDomainName.my.salesforce.com',
  developer: 'https://MyDomainName.develop.my.salesforce.com',
  sandbox: 'https://MyDomainName--SandboxName.sandbox.my.salesforce.com',
  scratch: 'https://MyDomainName.scratch.my.salesforce.com',
  site: 'https://MyDomainName.my.site.com/SitePath',
};

/** The login host that orgs of that kind share; sites share none. */
export function sharedLoginUrl(orgKind: OrgKind): string | undefined {
  return SHARED[orgKind];
}

/** What the login URL of an org alone looks like, for people to fill in. */
export function loginUrlPattern(orgKind: OrgKind): string {
  return PATTERNS[orgKind];
}

/** @throws TypeError for a host that is no host name, a login URL that is none, or another kind of org than there is */
export function knownOrg({ host, loginUrl, orgKind }: Org): KnownOrg {
  const kind = oneOf('orgKind', orgKind, ORG_KINDS);
  const name = host?.toLowerCase();
  if (name !== undefined && !HOST.test(name)) {
    throw new TypeError(`host is ${shown(host)}: give a host name alone, such as acme.my.salesforce.com.`);
  }
  const url = loginUrl === undefined ? undefined : parsedLoginUrl(loginUrl);
  const isShared = url !== undefined && [LIVE, TEST].includes(url.origin);
  const myDomain = [name, url?.host].find((each) => each !== undefined && MY_DOMAIN.test(each));
  const myDomainUrl = myDomain === undefined ? undefined : `https://${myDomain}`;
  const ownLoginUrl = isShared ? myDomainUrl : (loginUrl ?? myDomainUrl);
  const shared = isShared ? url.origin : sharedLoginUrl(kind);
  return {
    orgKind: kind,
    ...(myDomainUrl !== undefined && { myDomainUrl }),
    ...(ownLoginUrl !== undefined && { ownLoginUrl }),
    ...(shared !== undefined && { sharedLoginUrl: shared }),
  };
}
