import type { HostPolicy } from '@forcemint/core';
import type { AppGrant, AppKind, OrgKind } from '@forcemint/setup';
import type { Context } from '../context.ts';
import { askLine, canAsk, choose } from '../terminal/prompt.ts';
import { UsageError } from '../usage-error.ts';
import { loginUrlFor, loginUrlRequest } from './login-url.ts';

/** The flags of `forcemint setup`, as typed. */
export interface SetupFlags {
  readonly grant?: string;
  readonly orgKind?: string;
  readonly loginUrl?: string;
  readonly username?: string;
  readonly app?: string;
  readonly selfAuthorize?: boolean;
  readonly label?: string;
  readonly email?: string;
  readonly callbackUrl?: string;
  readonly days?: string;
  readonly rotateCertificate?: boolean;
  readonly rotateSecret?: boolean;
  readonly clientSecretFile?: string;
  readonly out?: string;
  readonly targetOrg?: string;
  readonly force?: boolean;
  readonly prove?: boolean;
  readonly wait?: string;
  readonly browser: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What is set up. */
export interface SetupAnswers {
  readonly grant: Exclude<AppGrant, 'refresh-token'>;
  readonly orgKind: OrgKind;
  readonly app: AppKind;
  /** Without it: the login host that the kind of org shares. */
  readonly loginUrl: string | undefined;
  /** Users approve the app themselves; else an administrator does, by a permission set. */
  readonly selfAuthorize: boolean;
  /** Whom programs act for: JWT bearer, client credentials. */
  readonly username: string | undefined;
  readonly email: string;
  readonly label: string;
}

interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}

const GRANTS: readonly Option<SetupAnswers['grant']>[] = [
  { value: 'jwt-bearer', label: 'a server, with a certificate (JWT bearer)' },
  { value: 'client-credentials', label: 'a server, with a secret (client credentials)' },
  { value: 'authorization-code', label: 'a person, in the browser (authorization code)' },
];
const ORG_KINDS: readonly Option<OrgKind>[] = [
  { value: 'production', label: 'production' },
  { value: 'sandbox', label: 'sandbox' },
  { value: 'developer', label: 'Developer Edition, Trailhead playground' },
  { value: 'scratch', label: 'scratch org' },
  { value: 'site', label: 'Experience Cloud site: the users are those of a site' },
];
const APPS: readonly Option<AppKind>[] = [
  { value: 'external-client-app', label: 'External Client App' },
  { value: 'connected-app', label: 'connected app (orgs that still allow new ones)' },
];

export const CHOICES = { grant: GRANTS, orgKind: ORG_KINDS, app: APPS } as const;

/**
 * What the flags say, and what they leave open asked for, where somebody sits at a terminal and `--yes` was not given.
 * @throws UsageError; ConfigurationError about the login URL; Interrupted
 */
export async function answersOf(context: Context, name: string, flags: SetupFlags, policy: HostPolicy): Promise<SetupAnswers> {
  const mayAsk = canAsk(context) && flags.yes !== true;
  const choice = async <T extends string>(
    given: string | undefined,
    flag: string,
    question: string,
    options: readonly Option<T>[],
    otherwise: T | undefined,
  ): Promise<T> => {
    if (given !== undefined) return oneOf(given, flag, options);
    if (mayAsk) return choose(context, question, options);
    if (otherwise === undefined) throw missing(flag, options.map(({ value }) => value).join('|'));
    return otherwise;
  };
  const line = async (given: string | undefined, flag: string, question: string, placeholder: string): Promise<string> => {
    const text = given ?? (mayAsk ? (await askLine(context, question)).trim() : '');
    if (text === '') throw missing(flag, placeholder);
    return text;
  };
  const grant = await choice(flags.grant, '--grant', 'Who gets tokens?', GRANTS, undefined);
  const selfAuthorize = selfAuthorizes(grant, flags);
  const orgKind = await choice(flags.orgKind, '--org-kind', 'What kind of org is it?', ORG_KINDS, 'production');
  const app = flags.app === undefined ? 'external-client-app' : oneOf(flags.app, '--app', APPS);
  const { question, example, isNeeded } = loginUrlRequest(orgKind, grant);
  const askedUrl = flags.loginUrl ?? (mayAsk ? (await askLine(context, question)).trim() : '');
  if (askedUrl === '' && isNeeded) throw missing('--login-url', example);
  const loginUrl = askedUrl === '' ? undefined : loginUrlFor(orgKind, askedUrl, policy);
  const username =
    grant === 'authorization-code'
      ? flags.username
      : await line(flags.username, '--username', 'Salesforce user whom programs act for', 'integration@acme.example');
  if (username !== undefined && !/^[^\s@]+@[^\s@]+$/.test(username)) {
    throw new UsageError(`--username ${JSON.stringify(username.slice(0, 80))} is no Salesforce username.`, {
      why: 'It has the form of an email address.',
      fix: ['--username integration@acme.example'],
    });
  }
  const email = await line(
    flags.email,
    '--email',
    'Email that Salesforce writes to about the app',
    'salesforce-admins@acme.example',
  );
  return { grant, orgKind, app, loginUrl, selfAuthorize, username, email, label: flags.label ?? `Forcemint ${name}` };
}

/** Of people who log in it is always true. @throws UsageError */
function selfAuthorizes(grant: SetupAnswers['grant'], flags: SetupFlags): boolean {
  if (grant === 'client-credentials' && flags.selfAuthorize === true) {
    throw new UsageError('--self-authorize does not go with client credentials.', {
      why: 'An administrator chooses the one user whose tokens they get, and there is no login in which that user could approve the app.',
      fix: ['--grant jwt-bearer --self-authorize', 'Or the same command without --self-authorize'],
    });
  }
  return grant === 'authorization-code' || flags.selfAuthorize === true;
}

function oneOf<T extends string>(given: string, flag: string, options: readonly Option<T>[]): T {
  const found = options.find(({ value }) => value === given);
  if (found !== undefined) return found.value;
  throw new UsageError(
    `${flag} ${JSON.stringify(given.slice(0, 40))} is none of: ${options.map(({ value }) => value).join(', ')}.`,
  );
}

function missing(flag: string, placeholder: string): UsageError {
  return new UsageError(`${flag} is missing.`, { fix: [`${flag} ${placeholder}`] });
}
