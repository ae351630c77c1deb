import type { ConnectionRow, ConnectionSecrets } from '../connections/connection.ts';
import { type ConnectionState, connectionState, usesRefreshToken } from '../connections/state.ts';
import type { AccessTokenDetails } from '../tokens/access-token.ts';
import type { Durations } from '../tokens/durations.ts';
import { type Failure, mayRotate, probeAtMs, type Rotation } from '../tokens/exchange.ts';
import type { TokenRow } from '../tokens/token-row.ts';
import { livesUntilMs } from '../tokens/token-seals.ts';

export type SecretName = (typeof SECRET_NAMES)[number];

/** What can be told of a connection: everything but its secrets. */
export interface ConnectionStatus {
  readonly connection: ConnectionRow;
  readonly state: ConnectionState;
  /** What is known of the access token; `undefined`: there is none. */
  readonly token: AccessTokenDetails | undefined;
  /** Seconds the access token has left; 0 when it is over or was reported invalid. */
  readonly expiresInSeconds: number;
  readonly hasRefreshToken: boolean;
  /** Which secrets are set, by name; their values stay sealed. `undefined`: they do not open. */
  readonly secretNames: readonly SecretName[] | undefined;
  /** Of the refresh token. */
  readonly version: number;
  readonly rotation: Rotation;
  /** Why the last attempt failed; `undefined` if it did not. */
  readonly failure: Failure | undefined;
  /** Epoch milliseconds from which an unanswered renewal is repeated, once; `undefined`: there is none. */
  readonly repeatsAtMs: number | undefined;
  /** An answer of Salesforce lies in the spool and is not stored yet. */
  readonly hasStagedAnswer: boolean;
  /** Grants that this connection left behind and that are still to be revoked. */
  readonly pendingRevocations: number;
}

/** What is not in the connection's own rows. */
export interface Surroundings {
  /** Of the connection, if they open; only their names are told. */
  readonly secrets: ConnectionSecrets | undefined;
  readonly hasStagedAnswer: boolean;
  readonly pendingRevocations: number;
  readonly durations: Durations;
}

const SECRET_NAMES = ['clientSecret', 'privateKey', 'nextClientSecret', 'nextPrivateKey'] as const;

export function describeConnection(
  connection: ConnectionRow,
  row: TokenRow,
  { secrets, hasStagedAnswer, pendingRevocations, durations }: Surroundings,
  nowMs: number,
): ConnectionStatus {
  const { details } = row;
  const { rotates } = connection.settings;
  const living = details !== undefined && row.accessToken !== undefined && details.reportedInvalid !== true;
  return {
    connection,
    state: connectionState(connection.settings, row, nowMs),
    token: row.accessToken === undefined ? undefined : details,
    expiresInSeconds: living ? Math.max(0, details.expiresAt - Math.floor(nowMs / 1000)) : 0,
    hasRefreshToken: row.refreshToken !== undefined,
    secretNames: secrets && SECRET_NAMES.filter((name) => secrets[name] !== undefined),
    version: row.version,
    rotation: row.exchange.rotation,
    failure: row.exchange.failure,
    repeatsAtMs:
      row.exchange.phase === 'unknown'
        ? probeAtMs(row.exchange, {
            usesRefreshToken: usesRefreshToken(connection.settings),
            mayRotate: mayRotate(rotates, row.exchange.rotation),
            livesUntilMs: livesUntilMs(row, nowMs),
            durations,
          })
        : undefined,
    hasStagedAnswer,
    pendingRevocations,
  };
}
