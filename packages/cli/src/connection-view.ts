import type { AccessToken, ConnectionState, ConnectionStatus, ExpirySource } from '@forcemint/core';
import { errorFrom } from '@forcemint/core/tokens/failures';
import { GRANT_IN_WORDS, secretsInWords } from './connection-facts.ts';
import { certificateEndMs } from './credential-ages.ts';
import { errorDocument } from './terminal/error-report.ts';
import type { Style } from './terminal/paint.ts';
import type { Cell } from './terminal/table.ts';
import { absoluteTime, durationInWords, relativeTime } from './terminal/time.ts';

const STATE_STYLES: Readonly<Record<ConnectionState, Style>> = {
  new: 'cyan',
  ready: 'green',
  renewing: 'cyan',
  failing: 'yellow',
  unknown: 'yellow',
  'reauthorization-required': 'red',
  held: 'red',
  'handed-over': 'dim',
  deleted: 'dim',
};

const EXPIRY_IN_WORDS: Readonly<Record<ExpirySource, string>> = {
  jwt: 'as the token itself says',
  introspection: 'as Salesforce says',
  expires_in: 'as the answer said',
  learned: 'as a rejected token taught',
  policy: 'by the session timeout setting',
};

export function stateCell(state: ConnectionState): Cell {
  return { text: state, style: STATE_STYLES[state] };
}

/** `1 h 58 min`, or why there is nothing to say. */
export function validFor(status: ConnectionStatus): string {
  if (status.token === undefined) return '–';
  if (status.token.reportedInvalid === true) return 'rejected';
  return status.expiresInSeconds === 0 ? 'expired' : durationInWords(status.expiresInSeconds);
}

/** Validity of a token that was just got. */
export function tokenValidity(token: AccessToken, nowMs: number): string {
  const seconds = token.expiresAt - nowMs / 1000;
  return `${durationInWords(seconds)}, ${EXPIRY_IN_WORDS[token.expirySource]}`;
}

/** Everything about a connection but its secrets: pairs of what and value. */
export function connectionRows(status: ConnectionStatus, nowMs: number): readonly (readonly Cell[])[] {
  const { connection, state } = status;
  const { settings } = connection;
  const rows: (readonly [string, Cell | undefined])[] = [
    ['state', stateCell(state)],
    ['grant', GRANT_IN_WORDS[settings.grant]],
    ['login URL', settings.loginUrl],
    ['client id', settings.clientId],
    ['client auth', settings.clientAuth],
    ['username', settings.username],
    ['audience', settings.audience],
    ['scope', settings.scope],
    ['callback URLs', settings.redirectUris?.join(', ')],
    ['secrets set', secretsWithAges(status, nowMs)],
    ['certificate', certificateInWords(settings.certificate, nowMs)],
    ['next certificate', certificateInWords(settings.nextCertificate, nowMs)],
    ['refresh token', refreshTokenInWords(status)],
    ['shared with', settings.sharedWith],
    ['introspection', settings.introspect],
    ['session time-out', durationInWords(settings.sessionTimeoutSeconds)],
    ['API version', settings.apiVersion],
    ['labels', labelsInWords(settings.labels)],
    ...tokenRows(status, nowMs),
    ['made', absoluteTime(connection.createdAtMs / 1000)],
    ['changed', connection.updatedAtMs === connection.createdAtMs ? undefined : absoluteTime(connection.updatedAtMs / 1000)],
  ];
  return rows.flatMap(([what, value]) => (value === undefined ? [] : [[{ text: what, style: 'dim' }, value] as const]));
}

function certificateInWords(pem: string | undefined, nowMs: number): string | undefined {
  if (pem === undefined) return undefined;
  const endsMs = certificateEndMs(pem);
  if (endsMs === undefined) return 'checked against the key';
  return `checked against the key, until ${absoluteTime(endsMs / 1000)} (${relativeTime(endsMs / 1000, nowMs)})`;
}

/** `private key (given 3 d ago)`. */
function secretsWithAges({ secretNames, connection }: ConnectionStatus, nowMs: number): string {
  if (secretNames === undefined) return 'do not open';
  if (secretNames.length === 0) return 'none';
  const times = connection.settings.secretsSetAtMs ?? {};
  const words = secretsInWords({ secretNames }) ?? [];
  return secretNames
    .map((name, index) => {
      const setAtMs = times[name];
      return setAtMs === undefined ? words[index] : `${words[index]} (given ${relativeTime(setAtMs / 1000, nowMs)})`;
    })
    .join(', ');
}

/** The last failure and the way out of it: lines that follow a connection's state. */
export function failureRows(status: ConnectionStatus, nowMs: number): readonly (readonly Cell[])[] {
  const { failure } = status;
  if (failure === undefined) return [];
  const { error } = errorDocument(errorFrom(failure));
  const what = (text: string): Cell => ({ text, style: 'dim' });
  return [
    [what('last failure'), `${relativeTime(failure.atMs / 1000, nowMs)}: ${error.message}`],
    ...(error.cause === undefined ? [] : [[what('why'), error.cause]]),
    ...error.fix.map((line) => [what('do'), line]),
  ];
}

function tokenRows(status: ConnectionStatus, nowMs: number): readonly (readonly [string, string | undefined])[] {
  const { token } = status;
  if (token === undefined) return [['access token', 'none yet']];
  const expiry = `${absoluteTime(token.expiresAt)} (${relativeTime(token.expiresAt, nowMs)}), ${EXPIRY_IN_WORDS[token.expirySource]}`;
  return [
    ['access token', `fingerprint ${token.fingerprint}${token.reportedInvalid === true ? ', rejected with a 401' : ''}`],
    ['instance URL', token.instanceUrl],
    ['token scope', token.scope],
    ['issued', `${absoluteTime(token.issuedAt)} (${relativeTime(token.issuedAt, nowMs)})`],
    ['expires', expiry],
    ['org', token.organizationId],
    ['user', token.userId],
  ];
}

function refreshTokenInWords(status: ConnectionStatus): string | undefined {
  const { grant } = status.connection.settings;
  if (!status.hasRefreshToken) return grant === 'authorization-code' || grant === 'refresh-token' ? 'none' : undefined;
  const rotates = { yes: 'rotates', no: 'does not rotate', unseen: 'rotation not seen yet' }[status.rotation];
  return `version ${status.version}, ${rotates}`;
}

function labelsInWords(labels: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.join(' ');
}
