import type { ConnectionEvent, ConnectionRow, ConnectionSecrets, EventType } from '../connections/connection.ts';
import type { TokenAnswer } from '../oauth/token-endpoint.ts';
import { believeExpiry, rememberedLifetime } from '../salesforce/expiry.ts';
import { judgeTokenAnswer, type SalesforceTokens } from '../salesforce/token-response.ts';
import { type AccessTokenDetails, fingerprint } from './access-token.ts';
import { answered, held, type RefreshTokenInAnswer } from './exchange.ts';
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
}

/**
 * The row that follows from an answer: its refresh token counts whatever validation says; its access token is published only if validation finds
 * nothing. Pure but for sealing.
 */
export function accept(input: AnswerToAccept, ports: Pick<ExchangePorts, 'seal' | 'clock' | 'policy'>): Acceptance {
  const { connection, secrets, row, answer, arrival } = input;
  const { seal, clock, policy } = ports;
  const nowMs = clock.nowMs();
  const clientSecrets = [secrets.clientSecret, secrets.nextClientSecret].filter((secret) => secret !== undefined);
  // A login may bring another user on purpose; a renewal may not.
  const known = arrival === 'login' ? undefined : row.details;
  const { tokens, problems, warnings } = judgeTokenAnswer(answer, {
    policy,
    clientSecrets,
    organizationId: known?.organizationId,
    userId: known?.userId,
    scope: known?.scope,
  });

  const stored = openRefreshToken(row, seal);
  const brought: RefreshTokenInAnswer =
    answer.refreshToken === undefined ? 'none' : answer.refreshToken === stored ? 'same' : 'new';
  const version = brought === 'new' ? row.version + 1 : row.version;
  const refreshToken =
    brought === 'new' ? seal.seal(refreshTokenPlace(row.connectionId, version), answer.refreshToken ?? '') : row.refreshToken;
  const common = { ...row, revision: row.revision + 1, version, refreshToken };

  const event = (type: EventType, detail: ConnectionEvent['detail']): ConnectionEvent => ({
    connectionId: connection.id,
    atMs: nowMs,
    type,
    detail,
  });
  const events = warnings.map((text) => event('warning', { text }));
  if (brought === 'new') events.push(event('rotated', { version }));

  if (problems.length > 0) {
    const failure = failureFrom(answerHeld(connection.name, problems), nowMs);
    const heldAnswer = seal.seal(heldAnswerPlace(row.connectionId, version), Buffer.from(input.body).toString('base64'));
    events.push(event('held', { problems: problems.join('; ') }));
    return { row: { ...common, heldAnswer, exchange: held(row.exchange, brought, failure) }, events, problems, tokens };
  }

  const generation = row.generation + 1;
  const details = detailsOf(tokens, row, connection, nowMs);
  const returned = row.exchange.rejected?.fingerprint === details.fingerprint ? row.exchange.rejected.returned + 1 : undefined;
  const exchange = answered(row.exchange, brought);
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
        ...exchange,
        rejected: returned === undefined ? undefined : { fingerprint: details.fingerprint, returned },
      },
    },
    events,
    problems,
    tokens,
  };
}

function detailsOf(tokens: SalesforceTokens, row: TokenRow, connection: ConnectionRow, nowMs: number): AccessTokenDetails {
  const receivedAt = Math.floor(nowMs / 1000);
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
