import type { RequestEntry } from '@forcemint/emulator';

/** `fetch` of this process: the test, as the person at the browser. */
const PERSON = 'node';

/**
 * One line for a request of the CLI, such as `mydomain GET /services/data/{latest}/query (q) [SELECT Id FROM User] 200`, `latest` being put for
 * the newest API version. Nothing for a request of the test itself.
 */
export function requestLine(entry: RequestEntry, latest: string): string | undefined {
  const { host, method, path, parameters, soql, status, userAgent } = entry;
  if (userAgent === PERSON) return undefined;
  const names = parameters.length === 0 ? '' : ` (${parameters.join(' ')})`;
  return `${host} ${method} ${path.replace(latest, '{latest}')}${names}${soql === null ? '' : ` [${soql}]`} ${status}`;
}

/** Asked at each login and each renewal: whether the org is a Dev Hub. It isn't. */
export const DEV_HUB_PROBE = 'mydomain GET /services/data/v51.0/query (q) [SELECT Id FROM ScratchOrgInfo limit 1] 400';

const ORGANIZATION_FIELDS = 'Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType';
const SANDBOX_FIELDS =
  'Id,Status,SandboxName,SandboxInfoId,LicenseType,CreatedDate,CopyProgress,SandboxOrganization,SourceId,Description,EndDate,Features';

/** What the CLI wants to know of an org once it has a token: `//` when the instance URL that it keeps ends with a slash. */
export function orgQuestions(slash: '/' | '//' = '/'): readonly string[] {
  return [
    DEV_HUB_PROBE,
    `mydomain GET ${slash}services/data 200`,
    `mydomain GET ${slash}services/data/{latest}/query (q) [SELECT ${ORGANIZATION_FIELDS} FROM Organization] 200`,
  ];
}

/** Asked of each org that the CLI knows and that looks like production, itself included: whether this one is its sandbox. */
export function sandboxQuestion(organizationId: string, slash: '/' | '//' = '/'): string {
  const soql = `SELECT ${SANDBOX_FIELDS} FROM SandboxProcess WHERE SandboxOrganization='${organizationId.slice(0, 15)}' ORDER BY CreatedDate DESC`;
  return `mydomain GET ${slash}services/data/{latest}/tooling/query (q) [${soql}] 400`;
}

/** Whose token it is, where the login has not named the user. */
export function userQuestions(userId: string): readonly string[] {
  return ['mydomain GET /services/oauth2/userinfo 200', `mydomain GET /services/data/v51.0/sobjects/User/${userId} 200`];
}
