import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import { type HostPolicy, trustedHost } from './hosts.ts';
import { identitySignatureMatches } from './identity-signature.ts';

/** What Salesforce's token answer says (Salesforce Help, "OAuth 2.0 Web Server Flow"; all grants share it). */
export interface SalesforceTokens {
  /** Empty where the answer has none; then there is a problem. */
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly tokenType: string;
  /** Without trailing slash. */
  readonly instanceUrl: string;
  readonly scope: string;
  /** Epoch seconds by Salesforce's clock; `undefined` where the answer has none. */
  readonly issuedAt: number | undefined;
  /** Seconds; Salesforce never sends it, other servers do. */
  readonly expiresInSeconds: number | undefined;
  /** 15 or 18 characters, from the identity URL; of before where the answer has none. */
  readonly organizationId: string | undefined;
  readonly userId: string | undefined;
}

/** What the answer is held against. */
export interface AnswerExpectations {
  readonly policy: HostPolicy;
  /** Secrets that may have signed the identity: the current one and the next one. */
  readonly clientSecrets: readonly string[];
  /** Of the connection's earlier tokens. */
  readonly organizationId: string | undefined;
  readonly userId: string | undefined;
  /** Space separated, in any order. */
  readonly scope: string | undefined;
}

export interface JudgedAnswer {
  readonly tokens: SalesforceTokens;
  /** Why the access token must not be used; empty = it may. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const IDENTITY_PATH = /\/id\/(00D[A-Za-z0-9]{12,15})\/(005[A-Za-z0-9]{12,15})\/?$/;

/**
 * Reads and judges a token answer. A problem means that the answer is kept and not used; nothing that came is dropped because of it.
 * Hosts in the answer pass the same list as hosts in requests (RFC 9700 §4.4); org and user must be those of before.
 */
export function judgeTokenAnswer(answer: TokenAnswer, expectations: AnswerExpectations): JudgedAnswer {
  const problems: string[] = [];
  const warnings: string[] = [];
  const { members } = answer;
  const text = (name: string): string | undefined => (typeof members[name] === 'string' ? String(members[name]) : undefined);

  if (answer.defect !== undefined) problems.push(answer.defect);

  const instanceUrl = canonical(text('instance_url'));
  judgeHost('instance_url', instanceUrl, expectations.policy, problems, warnings);

  const id = text('id');
  const identity = id === undefined ? undefined : judgeIdentity(id, expectations, problems, warnings);
  const issuedAtMs = text('issued_at');
  judgeScope(text('scope'), expectations.scope, warnings);
  judgeSignature(id, issuedAtMs, text('signature'), expectations.clientSecrets, problems);

  return {
    tokens: {
      accessToken: answer.accessToken ?? '',
      refreshToken: answer.refreshToken,
      idToken: answer.idToken,
      tokenType: 'Bearer',
      instanceUrl,
      scope: text('scope') ?? '',
      issuedAt: issuedAtMs !== undefined && /^[0-9]{12,14}$/.test(issuedAtMs) ? Math.floor(Number(issuedAtMs) / 1000) : undefined,
      expiresInSeconds: positive(members['expires_in']),
      organizationId: identity?.organizationId ?? expectations.organizationId,
      userId: identity?.userId ?? expectations.userId,
    },
    problems,
    warnings,
  };
}

/** Origin and path, as the URL parser reads them: no query, no fragment, no trailing slash, nothing that a terminal or a header could trip over. */
function canonical(value: string | undefined): string {
  if (value === undefined || !URL.canParse(value)) return '';
  const { origin, pathname } = new URL(value);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/** 15 characters say the same as 18: the last three are a checksum. */
function sameId(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

function judgeHost(member: string, value: string, policy: HostPolicy, problems: string[], warnings: string[]): void {
  if (!URL.canParse(value)) {
    problems.push(`${member} is missing or not a URL`);
    return;
  }
  const url = new URL(value);
  const trusted = trustedHost(url, policy);
  if (trusted === undefined) problems.push(`${member} names ${url.origin}, which is not a Salesforce host`);
  if (trusted === 'legacy')
    warnings.push(`${member} names the legacy instance host ${url.host}; give the connection the My Domain`);
}

function judgeIdentity(
  id: string,
  expectations: AnswerExpectations,
  problems: string[],
  warnings: string[],
): { organizationId: string; userId: string } | undefined {
  judgeHost('id', id, expectations.policy, problems, warnings);
  const match = URL.canParse(id) ? IDENTITY_PATH.exec(new URL(id).pathname) : null;
  if (match === null) {
    problems.push('id is not an identity URL');
    return undefined;
  }
  const [, organizationId = '', userId = ''] = match;
  if (expectations.organizationId !== undefined && !sameId(organizationId, expectations.organizationId)) {
    problems.push(`the token is for org ${organizationId}; this connection belongs to ${expectations.organizationId}`);
  }
  if (expectations.userId !== undefined && !sameId(userId, expectations.userId)) {
    problems.push(`the token is for user ${userId}; this connection belongs to ${expectations.userId}`);
  }
  return { organizationId, userId };
}

/** Scopes are the app's to change; that they did is worth knowing. */
function judgeScope(scope: string | undefined, before: string | undefined, warnings: string[]): void {
  if (scope === undefined || before === undefined || before === '') return;
  const sorted = (text: string): string => text.split(' ').sort().join(' ');
  if (sorted(scope) !== sorted(before)) warnings.push(`the granted scopes changed from "${before}" to "${scope}"`);
}

function judgeSignature(
  id: string | undefined,
  issuedAt: string | undefined,
  signature: string | undefined,
  secrets: readonly string[],
  problems: string[],
): void {
  if (id === undefined || issuedAt === undefined || signature === undefined || secrets.length === 0) return;
  const genuine = secrets.some((secret) => identitySignatureMatches(secret, id, issuedAt, signature));
  if (!genuine) problems.push('the identity signature does not match the consumer secret');
}

function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}
