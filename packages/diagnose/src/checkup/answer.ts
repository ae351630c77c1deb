import type { Diagnosis } from '@forcemint/core/errors';
import { bad, type Finding, good, type Remedy, skipped, warning } from './finding.ts';
import { hostKind } from './settings.ts';

/** How an exchange ended. */
export type ExchangeFacts =
  | { readonly is: 'token'; readonly tookMs: number }
  | { readonly is: 'skipped'; readonly why: string }
  /** None was begun, for the reason given; `livingToken`: there is a token that works as far as is known. */
  | {
      readonly is: 'not-begun';
      readonly why: string;
      readonly livingToken: boolean;
      readonly fix: readonly string[];
      readonly remedy: Remedy;
    }
  | { readonly is: 'refused'; readonly message: string; readonly diagnosis: Diagnosis | undefined; readonly remedy: Remedy };

export function judgeExchange(facts: ExchangeFacts): Finding {
  switch (facts.is) {
    case 'skipped':
      return skipped('exchange', facts.why);
    case 'token':
      return good('exchange', `Salesforce gave a token within ${facts.tookMs} ms`);
    case 'not-begun':
      return facts.livingToken ? good('exchange', facts.why) : bad('exchange', facts.why, facts.remedy, { fix: facts.fix });
    case 'refused': {
      const { cause, fix, id } = facts.diagnosis ?? { fix: [] };
      return bad('exchange', facts.message.replace(/\.$/, ''), facts.remedy, { why: cause, fix, id });
    }
  }
}

/** @param instanceUrl of the token; `undefined`: there is none */
export function judgeAnswerHost(instanceUrl: string | undefined, loginUrl: string): Finding {
  if (instanceUrl === undefined) return skipped('answer-host', 'there is no token');
  const { host } = new URL(instanceUrl);
  const login = hostKind(loginUrl);
  if (hostKind(instanceUrl) === 'legacy') {
    return warning('answer-host', `${host} is an instance host`, {
      why: 'Salesforce is retiring them: such addresses stop working when the org moves.',
      fix: [
        'Setup → My Domain: see that it is deployed; programs use the instance URL of each answer, never one that was written down',
      ],
    });
  }
  const isOther =
    login !== 'login' && login !== 'test' && login !== 'site' && login !== 'other' && new URL(loginUrl).host !== host;
  if (!isOther) return good('answer-host', host);
  return warning('answer-host', `${host}, where ${new URL(loginUrl).host} was asked`, {
    why: 'The org has another My Domain by now; the old one works only as long as Salesforce redirects it.',
    fix: [`forcemint update NAME --login-url ${instanceUrl}, with its secrets`],
  });
}

/** A request with the token that brought nothing. */
export interface RefusedAnswer {
  readonly is: 'refused';
  /** Of HTTP; 0: no answer came. */
  readonly status: number;
  /** Its code; or what happened, where no answer came. */
  readonly found: string;
  readonly cause: string | undefined;
  readonly fix: readonly string[];
  /** Row of the catalogue. */
  readonly id: string | undefined;
}

/** Who the token is for, as Salesforce says. */
export type UserinfoFacts =
  | {
      readonly is: 'user';
      readonly username: string | undefined;
      readonly organizationId: string;
      readonly active: boolean | undefined;
    }
  | RefusedAnswer;

/** @param known the org that the token belongs to by its own answer; `undefined`: there is no token */
export function judgeOrg(known: string | undefined, userinfo: UserinfoFacts | undefined): Finding {
  if (known === undefined) return skipped('org', 'there is no token');
  if (userinfo?.is !== 'user' || sameId(userinfo.organizationId, known)) return good('org', known);
  return bad('org', `the token is of ${known}, and userinfo says ${userinfo.organizationId}`, 'salesforce', {
    why: 'Something between here and Salesforce mixes answers up.',
    fix: ['Look at proxies and caches on the way; use no token meanwhile'],
  });
}

/** Ids have 15 characters, and 18 where case must not matter. */
function sameId(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

/** @param expected username of the connection; `undefined`: it names none */
export function judgeUserinfo(facts: UserinfoFacts | undefined, expected: string | undefined): Finding {
  if (facts === undefined) return skipped('userinfo', 'there is no token');
  if (facts.is === 'refused') {
    const said = facts.status === 0 ? facts.found.replace(/\.$/, '') : `the userinfo endpoint answered ${facts.status}`;
    return warning('userinfo', said, {
      why: facts.cause,
      fix: facts.fix,
      id: facts.id,
    });
  }
  const { username, active } = facts;
  const name = username ?? 'a user without a name';
  if (active === false) {
    return bad('userinfo', `${name} is not active`, 'salesforce', { fix: ['Setup → Users → the user → Edit → Active'] });
  }
  if (expected !== undefined && username !== undefined && expected.toLowerCase() !== username.toLowerCase()) {
    return warning('userinfo', `the token is for ${username}, and the connection names ${expected}`, {
      why: 'Another user has logged in, or the user was renamed.',
      fix: [`forcemint update NAME --username ${username}`],
    });
  }
  return good('userinfo', `the token is for ${name}`);
}

/** What the REST API says. */
export type ApiFacts =
  | { readonly is: 'open'; readonly newest: string | undefined; readonly usage: string | undefined }
  | RefusedAnswer;

/** Salesforce has retired versions 7.0 to 30.0 (Help, “Salesforce Platform API Versions 21.0 Through 30.0 Retirement”). */
const LAST_RETIRED = 30;

/** @param version such as `66.0` */
export function judgeApi(facts: ApiFacts | undefined, version: string): Finding {
  if (facts === undefined) return skipped('api-version', 'there is no token');
  const isRetired = Number(version) <= LAST_RETIRED;
  if (facts.is === 'refused') {
    const id = isRetired ? undefined : facts.id;
    const why = isRetired ? `Versions up to ${LAST_RETIRED}.0 are retired.` : facts.cause;
    const fix = isRetired ? [`forcemint update NAME --api-version 66.0`] : facts.fix;
    const { status, found: code } = facts;
    const isPassing = status === 0 || status === 429 || status >= 500;
    const said = status === 0 ? code.replace(/\.$/, '') : `REST API ${version} answered ${status} ${code}`.trim();
    return bad('api-version', said, isPassing ? 'time' : 'salesforce', { why, fix, id });
  }
  const { newest, usage } = facts;
  const found = `REST API ${version} is open${newest === undefined || newest === version ? '' : `; the org has up to ${newest}`}${usage === undefined ? '' : `; requests of the last 24 hours: ${usage}`}`;
  const [used, most] = usage?.split('/').map(Number) ?? [];
  if (used !== undefined && most !== undefined && used > 0.9 * most) {
    return warning('api-version', found, {
      why: 'The org’s limit of API requests is nearly used up.',
      fix: ['Setup → Company Information → API Requests, Last 24 Hours'],
      id: 'H7',
    });
  }
  return good('api-version', found);
}
