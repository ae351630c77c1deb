import { bad, type Finding, good, skipped, warning } from './finding.ts';
import { DAY_MS, day, roughly } from './instants.ts';

/** How the login host is reached, as the environment says. */
export type ProxyFacts =
  | { readonly way: 'direct'; readonly isThisMachine: boolean }
  | { readonly way: 'proxy'; readonly host: string }
  | { readonly way: 'invalid'; readonly why: string };

export function judgeProxy(facts: ProxyFacts): Finding {
  switch (facts.way) {
    case 'direct':
      return good('proxy', facts.isThisMachine ? 'none: the host is this machine' : 'none is set for this host');
    case 'proxy':
      return good('proxy', `through ${facts.host}`);
    case 'invalid':
      return bad('proxy', facts.why, 'setting', { fix: ['Set HTTPS_PROXY to http://host:port, or list the host in NO_PROXY.'] });
  }
}

/** What the name of the login host leads to. */
export interface NameFacts {
  readonly host: string;
  /** Empty: it could not be resolved. */
  readonly addresses: readonly string[];
  /** Code of the resolver, such as `ENOTFOUND`. */
  readonly error?: string;
  /** Of a name that was not found: whether Salesforce’s own login host was. */
  readonly othersResolve?: boolean;
}

/** @param facts `undefined`: a proxy resolves the name, or the host is an address */
export function judgeName(facts: NameFacts | undefined): Finding {
  if (facts === undefined) return skipped('name-resolution', 'not done here: the proxy does it, or the host is an address');
  const { host, addresses, error, othersResolve } = facts;
  const [first] = addresses;
  if (first !== undefined) {
    const more = addresses.length > 1 ? ` and ${addresses.length - 1} more` : '';
    return good('name-resolution', `${host} is ${first}${more}`);
  }
  const found = `the name ${host} could not be resolved (${error ?? 'no address'})`;
  if (othersResolve === true) {
    return bad('name-resolution', found, 'setting', {
      why: 'Other names can be: this org does not exist under this My Domain, or was renamed or deleted.',
      fix: [
        'Look up the name: Setup → My Domain → Current My Domain URL; then forcemint update NAME --login-url URL, with its secrets',
      ],
    });
  }
  return bad('name-resolution', found, 'time', {
    why: 'No other name can be resolved either: DNS does not work here.',
    fix: ['If this machine reaches the internet only through a proxy: HTTPS_PROXY=http://host:port'],
  });
}

/** The TLS connection that came about. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** Who signed the server’s certificate. */
  readonly issuer: string;
  /** Epoch milliseconds. */
  readonly endsMs: number;
  /** Certificates of `NODE_EXTRA_CA_CERTS` are trusted, too. */
  readonly hasExtraAuthorities: boolean;
}

/** @param facts `undefined`: the login URL is http */
export function judgeTls(facts: TlsFacts | undefined, nowMs: number): Finding {
  if (facts === undefined) return skipped('tls', 'plain http');
  const { protocol, issuer, endsMs, hasExtraAuthorities } = facts;
  const found = `${protocol}, certificate by ${issuer} until ${day(endsMs)}${hasExtraAuthorities ? '; NODE_EXTRA_CA_CERTS is trusted, too' : ''}`;
  if (endsMs - nowMs > 3 * DAY_MS) return good('tls', found);
  return warning('tls', found, {
    why: 'The certificate of the server ends within days.',
    fix: ['If the server is yours: renew its certificate'],
  });
}

/** What the discovery document says, or what came instead of it. */
export type DiscoveryFacts =
  | { readonly is: 'document'; readonly issuer: string; readonly tokenEndpoint: string; readonly pkceMethods?: readonly string[] }
  | { readonly is: 'redirect'; readonly status: number; readonly toHost: string | undefined }
  | { readonly is: 'something-else'; readonly status: number; readonly isHtml: boolean };

export function judgeDiscovery(loginUrl: string, facts: DiscoveryFacts): Finding {
  const host = new URL(loginUrl).host;
  if (facts.is === 'redirect') {
    return bad('discovery', `${host} redirects to ${facts.toHost ?? 'another place'} (${facts.status})`, 'setting', {
      why: 'Token requests are never redirected: the org has another My Domain by now, or something in between asks for a sign-in.',
      fix: [`If that is the org: forcemint update NAME --login-url https://${facts.toHost ?? '…'}, with its secrets`],
    });
  }
  if (facts.is === 'something-else') {
    return bad(
      'discovery',
      `${host} answers ${facts.isHtml ? 'a web page' : 'no discovery document'} (${facts.status})`,
      'setting',
      {
        why: facts.isHtml
          ? 'A proxy or a sign-in page stands in between, or there is no org under this name.'
          : 'It is no login host of Salesforce, or there is no org under this name.',
        fix: [
          'Check the login URL: Setup → My Domain → Current My Domain URL',
          'Check which machine answers: HTTPS_PROXY, NO_PROXY',
        ],
      },
    );
  }
  const { issuer, tokenEndpoint } = facts;
  const expected = `${loginUrl}/services/oauth2/token`;
  if (tokenEndpoint === expected) return good('discovery', `${issuer} offers OAuth`);
  return warning('discovery', `${host} names another token endpoint: ${tokenEndpoint}`, {
    why: 'Forcemint asks the one below the login URL. Where they differ, a proxy rewrites addresses, or the org has another My Domain.',
    fix: [`Use what the org calls itself: ${issuer}`],
  });
}

/** Salesforce takes an assertion that is at most this old (Help, “OAuth 2.0 JWT Bearer Flow”). */
const MOST_SKEW_MS = 180_000;
const NOTABLE_SKEW_MS = 30_000;

/** @param aheadMs how far this machine’s clock is ahead of the server’s; `undefined`: the server sent no date */
export function judgeClock(aheadMs: number | undefined, isSigned: boolean): Finding {
  if (aheadMs === undefined) return skipped('clock', 'the server sent no date');
  const off = Math.abs(aheadMs);
  const found = off < 2000 ? 'as the server’s' : `${roughly(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the server’s`;
  if (off <= NOTABLE_SKEW_MS) return good('clock', found);
  const advice = { fix: ['Set the clock of this machine by the network: timedatectl set-ntp true'] };
  if (isSigned && off > MOST_SKEW_MS) {
    return bad('clock', found, 'setting', {
      ...advice,
      why: 'Assertions are refused that were signed more than 3 minutes ago, or in the future.',
    });
  }
  return warning('clock', found, {
    ...advice,
    why: 'Expiry is counted by this clock, and assertions that are 3 minutes off are refused.',
  });
}
