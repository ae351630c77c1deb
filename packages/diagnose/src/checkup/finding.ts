/** What is looked at, in this order. */
export const CHECKS = [
  'proxy',
  'name-resolution',
  'tls',
  'discovery',
  'clock',
  'login-host',
  'audience',
  'private-key',
  'certificate',
  'client-secret',
  'callback',
  'scopes',
  'exchange',
  'answer-host',
  'org',
  'userinfo',
  'api-version',
  'expiry',
  'refresh-token',
  'login-budget',
  'pkce',
  'rotation',
  'app-kind',
  'legacy-hosts',
  'old-logins',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** `warning`: it works, and something should be done; `skipped`: not for this connection, or not to be told from here. */
export type Verdict = 'good' | 'warning' | 'bad' | 'skipped';

/**
 * What has to happen before a bad finding is gone: another setting here, a login by a human, a change at Salesforce or in its Setup, or nothing but time
 * and a network.
 */
export type Remedy = 'setting' | 'login' | 'salesforce' | 'time';

/** What one check found. Never holds a secret. */
export interface Finding {
  readonly check: CheckName;
  readonly verdict: Verdict;
  /** What was found, in one sentence without its dot. */
  readonly found: string;
  /** Why that is so, or why it matters. */
  readonly why?: string;
  /** What to do, likeliest cure first. */
  readonly fix: readonly string[];
  /** Of a bad finding. */
  readonly remedy?: Remedy;
  /** Row of the catalogue. */
  readonly id?: string;
}

interface Advice {
  readonly why?: string | undefined;
  readonly fix?: readonly string[];
  readonly id?: string | undefined;
}

export function good(check: CheckName, found: string): Finding {
  return { check, verdict: 'good', found, fix: [] };
}

export function skipped(check: CheckName, found: string, fix: readonly string[] = []): Finding {
  return { check, verdict: 'skipped', found, fix };
}

export function warning(check: CheckName, found: string, advice: Advice): Finding {
  return { check, verdict: 'warning', found, ...told(advice) };
}

export function bad(check: CheckName, found: string, remedy: Remedy, advice: Advice): Finding {
  return { check, verdict: 'bad', found, remedy, ...told(advice) };
}

function told({ why, fix = [], id }: Advice): Pick<Finding, 'why' | 'fix' | 'id'> {
  return { fix, ...(why !== undefined && { why }), ...(id !== undefined && { id }) };
}
