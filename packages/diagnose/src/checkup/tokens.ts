import type { ConnectionStatus } from '@forcemint/core/administration/status';
import type { ConnectionSettings } from '@forcemint/core/connections/connection';
import { usesRefreshToken } from '@forcemint/core/connections/state';
import type { ExpirySource } from '@forcemint/core/salesforce/expiry';
import { bad, type Finding, good, skipped, warning } from './finding.ts';
import { DAY_MS, day, roughly } from './instants.ts';

const SOURCES: Readonly<Record<ExpirySource, string>> = {
  jwt: 'as the token itself says',
  introspection: 'as introspection says',
  expires_in: 'as the answer said',
  learned: 'as a rejected token taught',
  policy: 'by the session time-out of the connection',
};

/** How long the token lives, and why that is believed. */
export function judgeExpiry({ token, expiresInSeconds, connection, secretNames }: ConnectionStatus): Finding {
  if (token === undefined) return skipped('expiry', 'there is no token');
  if (token.reportedInvalid === true) {
    return warning('expiry', 'the token was rejected with a 401', {
      why: 'Somebody reported it; it is renewed when the next one asks.',
      fix: ['forcemint renew NAME'],
    });
  }
  const found = `${roughly(expiresInSeconds * 1000)} left, ${SOURCES[token.expirySource]}`;
  if (token.expirySource !== 'policy') return good('expiry', found);
  const { settings } = connection;
  const canAsk = settings.clientAuth !== 'none' && settings.introspect === 'off' && (secretNames?.length ?? 0) > 0;
  return {
    ...good('expiry', found),
    fix: canAsk
      ? ['To know it exactly: forcemint update NAME --introspect auto']
      : ['If the org’s time-out is another one (Setup → Session Settings): forcemint update NAME --session-timeout 2h'],
  };
}

/** Apps that enforce it end a refresh token that nobody used for so long (Salesforce Help, “Refresh Token Rotation”). */
const IDLE_LIMIT_MS = 30 * DAY_MS;
const IDLE_WARNING_MS = 7 * DAY_MS;

/** The refresh token: whether there is one, and when it ends for want of use. */
export function judgeRefreshToken(
  { connection, hasRefreshToken, token, state, version }: ConnectionStatus,
  nowMs: number,
): Finding {
  if (!usesRefreshToken(connection.settings)) return skipped('refresh-token', 'the grant needs none');
  if (state === 'handed-over') return skipped('refresh-token', 'handed over: another product owns the grant');
  const logIn = { fix: [wayToLogIn(connection.settings)] };
  if (!hasRefreshToken) {
    if (state === 'new') return bad('refresh-token', 'nobody has logged in yet', 'login', logIn);
    return bad('refresh-token', 'there is none', 'login', {
      ...logIn,
      why: 'The app did not give one, or the grant was handed over.',
    });
  }
  if (state === 'reauthorization-required') {
    return bad('refresh-token', 'it is dead', 'login', { ...logIn, why: 'Salesforce refused it, or it was revoked.' });
  }
  const usedAtMs = (token?.issuedAt ?? connection.updatedAtMs / 1000) * 1000;
  const endsMs = usedAtMs + IDLE_LIMIT_MS;
  const found = `version ${version}, used ${roughly(Math.max(0, nowMs - usedAtMs))} ago; where the app ends idle ones, after ${day(endsMs)}`;
  if (endsMs - nowMs > IDLE_WARNING_MS) return good('refresh-token', found);
  return warning('refresh-token', found, {
    why: 'Apps that enforce the idle limit end refresh tokens that were not used for 30 days.',
    fix: ['forcemint renew NAME'],
  });
}

/** How a human gives the connection another grant. */
export function wayToLogIn({ grant }: Pick<ConnectionSettings, 'grant'>): string {
  return grant === 'refresh-token'
    ? 'forcemint update NAME --refresh-token-file F, with that of another login'
    : 'forcemint login NAME';
}

/** Salesforce Help: logins an hour and user, token requests among them. */
const LOGINS_PER_HOUR = 3600;

/** @param requests token requests of this connection in the last hour; `atLeast`: older ones were not read */
export function judgeLoginBudget(requests: number, atLeast: boolean): Finding {
  const found = `${atLeast ? 'at least ' : ''}${requests} token ${requests === 1 ? 'request' : 'requests'} of this connection in the last hour, of ${LOGINS_PER_HOUR} for its user`;
  if (requests < LOGINS_PER_HOUR / 10) return good('login-budget', found);
  return warning('login-budget', found, {
    why: 'Every token request counts as a login; above the limit Salesforce shuts the user out of everything.',
    fix: ['See who asks so often: forcemint events NAME', 'Share the token: forcemint token hands out the living one'],
    id: 'T1',
  });
}
