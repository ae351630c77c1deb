import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import { believeExpiry, rememberedLifetime } from '../salesforce/expiry.ts';
import type { HostPolicy } from '../salesforce/hosts.ts';
import { judgeTokenAnswer, type SalesforceTokens } from '../salesforce/token-response.ts';
import type { Seal } from '../seal/seal.ts';
import { type AccessTokenDetails, fingerprint } from './access-token.ts';
import { type AnsweredRequest, answered, held, type RefreshTokenInAnswer } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { answerHeld, failureFrom } from './failures.ts';
import type { TokenRow } from './token-row.ts';
import { accessTokenPlace, heldAnswerPlace, openRefreshToken, refreshTokenPlace } from './token-seals.ts';

/** How an answer came to be looked at, for the history. */
export type Arrival = Extract<EventType, 'renewed' | 'login' | 'adopted'>;

export interface Acceptance {
  readonly row: TokenRow;
  readonly events: readonly ConnectionEvent[];
  /** Why the access token is not used; empty = published. */
  readonly problems: readonly string[];
  readonly tokens: SalesforceTokens;
}

export interface AnswerToAccept {
  readonly connection: ConnectionRow;
  readonly secrets: ConnectionSecrets;
  /** As it is in the store now. */
  readonly row: TokenRow;
  readonly answer: TokenAnswer;
  /** The raw body, kept sealed if the answer fails validation. */
  readonly body: Uint8Array;
  readonly arrival: Arrival;
  /** Epoch milliseconds at which the answer arrived, at the earliest: the token's life began then. */
  readonly receivedAtMs: number;
}

/**
 * The row that follows from an answer: its refresh token counts whatever validation says; its access token is published only if validation finds
 * nothing. Pure but for sealing.
 */
export function accept(input: AnswerToAccept, ports: Pick<ExchangePorts, 'seal' | 'clock' | 'policy'>): Acceptance {
  const { connection, row, arrival, receivedAtMs } = input;
  const { seal, clock } = ports;
  const nowMs = clock.nowMs();
  const request: AnsweredRequest = arrival === 'login' ? 'login' : 'renewal';
  const { tokens, problems, warnings } = judge(input, ports.policy);
  const details = detailsOf(tokens, row, connection, nowMs, receivedAtMs);
  if (details.expiresAt <= details.issuedAt) problems.push('its access token was over when it came');

  const { brought, version, refreshToken } = refreshTokenAfter(input, seal);
  const common = { ...row, revision: row.revision + 1, version, refreshToken };
  const spent = version === row.version ? row.exchange.spent : spentWith(row, seal);
  const event = (type: EventType, detail: ConnectionEvent['detail']): ConnectionEvent => ({
    connectionId: connection.id,
    atMs: nowMs,
    type,
    detail,
  });
  const events = warnings.map((text) => event('warning', { text }));
  if (brought === 'new') events.push(event('rotated', { version }));

  if (problems.length > 0) {
    const failure = failureFrom(answerHeld(connection, problems), receivedAtMs);
    const heldAnswer = seal.seal(heldAnswerPlace(row.connectionId, version), Buffer.from(input.body).toString('base64'));
    events.push(event('held', { problems: problems.join('; ') }));
    return {
      row: { ...common, heldAnswer, exchange: { ...held(row.exchange, request, brought, failure), spent } },
      events,
      problems,
      tokens,
    };
  }

  const generation = row.generation + 1;
  const returned = timesReturned(row, request, details.fingerprint);
  events.push(
    event(arrival, { fingerprint: details.fingerprint, expires_at: details.expiresAt, expiry_source: details.expirySource }),
  );
  return {
    row: {
      ...common,
      generation,
      accessToken: seal.seal(accessTokenPlace(row.connectionId, generation, details.instanceUrl), tokens.accessToken),
      details: returned === undefined ? details : { ...details, reportedInvalid: true },
      heldAnswer: undefined,
      exchange: {
        ...answered(row.exchange, request, brought),
        spent,
        rejected: returned === undefined ? undefined : { fingerprint: details.fingerprint, returned },
      },
    },
    events,
    problems,
    tokens,
  };
}

function judge(
  input: AnswerToAccept,
  policy: HostPolicy,
): { tokens: SalesforceTokens; problems: string[]; warnings: readonly string[] } {
  const { secrets, row, answer, arrival } = input;
  // A login may bring another user on purpose; a renewal may not.
  const known = arrival === 'login' ? undefined : row.details;
  const { tokens, problems, warnings } = judgeTokenAnswer(answer, {
    policy,
    // Any of them may have signed the answer, whichever was sent.
    clientSecrets: [secrets.clientSecret, secrets.nextClientSecret, secrets.formerClientSecret].filter(
      (secret) => secret !== undefined,
    ),
    organizationId: known?.organizationId,
    userId: known?.userId,
    scope: known?.scope,
  });
  return { tokens, problems: [...problems], warnings };
}

/** How many spent refresh tokens a connection remembers, by fingerprint. */
const REMEMBERED_SPENT = 50;

/** The fingerprints of the refresh tokens that this connection had, with the one that now gives way to another. */
export function spentWith(row: TokenRow, seal: Seal): readonly string[] | undefined {
  const token = openRefreshToken(row, seal);
  const known = row.exchange.spent ?? [];
  return token === undefined ? row.exchange.spent : [...known, fingerprint(token)].slice(-REMEMBERED_SPENT);
}

/**
 * A row that the store has gone back to, as the base of an answer to a later `version`: what it holds was spent long ago, and a login that it notes came to
 * its end.
 */
export function rolledForward(row: TokenRow, version: number, seal: Seal): TokenRow {
  return {
    ...row,
    version,
    refreshToken: undefined,
    heldAnswer: undefined,
    exchange: { ...row.exchange, login: undefined, spent: spentWith(row, seal) },
  };
}

/** A login begins a grant of its own: without a refresh token in it there is none, whatever the earlier grant left. */
function refreshTokenAfter(
  { row, answer, arrival }: AnswerToAccept,
  seal: Seal,
): { brought: RefreshTokenInAnswer; version: number; refreshToken: Uint8Array | undefined } {
  const { refreshToken: token } = answer;
  if (token === undefined) {
    if (arrival !== 'login' || row.refreshToken === undefined) {
      return { brought: 'none', version: row.version, refreshToken: row.refreshToken };
    }
    return { brought: 'none', version: row.version + 1, refreshToken: undefined };
  }
  if (token === openRefreshToken(row, seal)) return { brought: 'same', version: row.version, refreshToken: row.refreshToken };
  const version = row.version + 1;
  return { brought: 'new', version, refreshToken: seal.seal(refreshTokenPlace(row.connectionId, version), token) };
}

/** How often a renewal has returned the token that was reported invalid; a human who has just logged in overrules the report. */
function timesReturned(row: TokenRow, request: AnsweredRequest, print: string): number | undefined {
  const { rejected } = row.exchange;
  return request === 'renewal' && rejected?.fingerprint === print ? rejected.returned + 1 : undefined;
}

function detailsOf(
  tokens: SalesforceTokens,
  row: TokenRow,
  connection: ConnectionRow,
  nowMs: number,
  receivedAtMs: number,
): AccessTokenDetails {
  const receivedAt = Math.floor(receivedAtMs / 1000);
  const { expiresAt, expirySource } = believeExpiry({
    accessToken: tokens.accessToken,
    receivedAt,
    issuedAt: tokens.issuedAt,
    expiresInSeconds: tokens.expiresInSeconds,
    learnedLifetimeSeconds: rememberedLifetime(row.exchange.learned, nowMs),
    sessionTimeoutSeconds: connection.settings.sessionTimeoutSeconds,
  });
  return {
    tokenType: tokens.tokenType,
    instanceUrl: tokens.instanceUrl,
    scope: tokens.scope,
    issuedAt: receivedAt,
    expiresAt,
    expirySource,
    fingerprint: fingerprint(tokens.accessToken),
    organizationId: tokens.organizationId,
    userId: tokens.userId,
  };
}
