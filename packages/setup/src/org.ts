import { oneOf, shown } from './checks.ts';

export const ORG_KINDS = ['production', 'developer', 'sandbox', 'scratch'] as const;
/** `developer`: Developer Edition and Trailhead playgrounds. */
export type OrgKind = (typeof ORG_KINDS)[number];

/** The org that an app is for. */
export interface Org {
  /** Host name of its My Domain, such as `acme--uat.sandbox.my.salesforce.com`; or login.salesforce.com or test.salesforce.com. Default: unknown. */
  readonly host?: string | undefined;
  readonly orgKind: OrgKind;
  /** Whom programs act for, where the plan names nobody. Default: unknown. */
  readonly username?: string | undefined;
}

/** An org, and what is known of its host. */
export interface KnownOrg {
  /** `https://` and its host, where that is a My Domain. */
  readonly myDomainUrl?: string;
  /** What the URL of its My Domain looks like, for people to fill in. */
  readonly myDomainPattern: string;
  readonly sharedLoginUrl: string;
}

const MY_DOMAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.my\.(?:salesforce\.(?:com|mil)|sfcrmproducts\.cn)$/;
const HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

const PATTERNS: Readonly<Record<OrgKind, string>> = {
  production: 'https://MyDomainName.my.salesforce.com',
  developer: 'https://MyDomainName.develop.my.salesforce.com',
  sandbox: 'https://MyDomainName--SandboxName.sandbox.my.salesforce.com',
  scratch: 'https://MyDomainName.scratch.my.salesforce.com',
};

/** @throws TypeError for a host that is no host name, or another kind of org than there is */
export function knownOrg({ host, orgKind }: Org): KnownOrg {
  const kind = oneOf('orgKind', orgKind, ORG_KINDS);
  const name = host?.toLowerCase();
  if (name !== undefined && !HOST.test(name)) {
    throw new TypeError(`host is ${shown(host)}: give a host name alone, such as acme.my.salesforce.com.`);
  }
  const isTest = kind === 'sandbox' || kind === 'scratch';
  return {
    ...(name !== undefined && MY_DOMAIN.test(name) && { myDomainUrl: `https://${name}` }),
    myDomainPattern: PATTERNS[kind],
    sharedLoginUrl: isTest ? 'https://test.salesforce.com' : 'https://login.salesforce.com',
  };
}
