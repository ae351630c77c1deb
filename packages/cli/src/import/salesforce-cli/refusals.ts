import { ConfigurationError } from '@forcemint/core';
import { shellWord } from '../../emulator/shell-command.ts';
import { UsageError } from '../../usage-error.ts';
import { UPDATE_CLI } from './answers.ts';
import type { JwtLogin, StoredOrg } from './orgs.ts';

/** Why an org was not taken over; repeats no secret. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  /** What to do, most likely first. */
  readonly fix: readonly string[];
}

/** The code of orgs that nobody has said `--take-over` for. */
export const TAKE_OVER_NEEDED = 'take_over_needed';

/** @param asked the ORGs of the command line */
export function waitsForTakeOver(asked: readonly string[]): Refusal {
  return {
    code: TAKE_OVER_NEEDED,
    reason: 'Its refresh token is in use by the Salesforce CLI: that needs --take-over.',
    fix: [`forcemint ${['import', '--salesforce-cli', ...asked.map(shellWord)].join(' ')} --take-over`],
  };
}

export function unknownOrg(asked: string): Refusal {
  return {
    code: 'org_not_known',
    reason: `The Salesforce CLI has no org with the alias or username ${asked.slice(0, 80)}.`,
    fix: ['See which it has: sf org list auth', `Log in there: sf org login web --alias ${shellWord(asked.slice(0, 80))}`],
  };
}

export function loggedInWithJwt(
  { username, instanceUrl }: StoredOrg,
  name: string | undefined,
  login: JwtLogin | undefined,
): Refusal {
  const { clientId = 'CONSUMER_KEY', loginUrl = instanceUrl, privateKeyFile = 'FILE' } = login ?? {};
  return {
    code: 'no_refresh_token',
    reason: 'It was logged in to with JWT: there is no refresh token, and none is needed.',
    fix: [
      [
        `forcemint connect ${name ?? 'NAME'} --grant jwt-bearer`,
        `--client-id ${shellWord(clientId)}`,
        `--username ${shellWord(username)}`,
        `--login-url ${loginUrl === undefined ? 'URL' : shellWord(loginUrl.replace(/\/+$/, ''))}`,
        `--private-key-file ${shellWord(privateKeyFile)}`,
      ].join(' '),
    ],
  };
}

export function loggedInWithToken(org: StoredOrg, name: string | undefined): Refusal {
  return {
    code: 'no_refresh_token',
    reason: 'It was logged in to with an access token alone: there is no refresh token.',
    fix: [...logInAgain(org), ...grantOfItsOwn(org, name)],
  };
}

export function expiredScratchOrg(): Refusal {
  return {
    code: 'scratch_org_expired',
    reason: 'The scratch org has expired.',
    fix: ['Take it out of the CLI: sf org list --clean'],
  };
}

export function hiddenByCli({ username }: StoredOrg): Refusal {
  return {
    code: 'invalid_import',
    reason: 'The Salesforce CLI hides its sfdxAuthUrl.',
    fix: [`See whether it shows it: sf org auth show-sfdx-auth-url --target-org ${shellWord(username)}`, UPDATE_CLI],
  };
}

/** The CLI answered with an error for this org. @param errorName the CLI's own */
export function refusedByCli(org: StoredOrg, errorName: string): Refusal {
  const isGone = errorName === 'DomainNotFoundError';
  return {
    code: 'salesforce_cli_refused',
    reason: isGone
      ? 'The Salesforce CLI does not find the org’s host: the org is deleted, or there is no network.'
      : `The Salesforce CLI does not give its sfdxAuthUrl (${errorName}).`,
    fix: [`See what it says: sf org display --target-org ${shellWord(org.username)}`, ...logInAgain(org)],
  };
}

/** Two orgs would have one name. */
export function noNameLeft(org: StoredOrg): Refusal {
  return {
    code: 'name_taken',
    reason: 'Both its names, after alias or My Domain and after the user, have gone to other orgs of the CLI.',
    fix: otherName(org),
  };
}

/** A connection of another grant has the name. */
export function nameOfAnother(org: StoredOrg, name: string): Refusal {
  return {
    code: 'connection_exists',
    reason: `There is a connection ${name} already, on another grant.`,
    fix: [
      ...otherName(org),
      `Or, where the CLI’s grant is to replace it: forcemint remove ${name} --keep-grant, and run this again`,
    ],
  };
}

/** What was thrown about one org alone. @throws everything else */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof UsageError) return { code: error.code, reason: error.message, fix: error.fix };
  if (!(error instanceof ConfigurationError)) throw error;
  return { code: error.code, reason: error.message, fix: error.diagnosis?.fix ?? [] };
}

function otherName({ username }: StoredOrg): readonly string[] {
  return [`sf alias set OTHER=${shellWord(username)}, then forcemint import --salesforce-cli OTHER --take-over`];
}

function logInAgain({ aliases, instanceUrl }: StoredOrg): readonly string[] {
  const [alias = 'ALIAS'] = aliases;
  const at = instanceUrl === undefined ? '' : ` --instance-url ${shellWord(instanceUrl.replace(/\/+$/, ''))}`;
  return [`Log in there with the browser: sf org login web --alias ${shellWord(alias)}${at}; then run this again`];
}

function grantOfItsOwn({ instanceUrl }: StoredOrg, name = 'NAME'): readonly string[] {
  const at = instanceUrl === undefined ? '' : ` --login-url ${shellWord(instanceUrl.replace(/\/+$/, ''))}`;
  return [
    `Or a grant of its own: forcemint connect ${name} --grant authorization-code${at} --client-id CONSUMER_KEY, then forcemint login ${name}`,
  ];
}
