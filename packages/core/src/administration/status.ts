import type { ConnectionRow, ConnectionSecrets } from '../connections/connection.ts';
import { type ConnectionState, connectionState } from '../connections/state.ts';
import type { AccessTokenDetails } from '../tokens/access-token.ts';
import type { Failure, Rotation } from '../tokens/exchange.ts';
import type { TokenRow } from '../tokens/token-row.ts';

export type SecretName = keyof ConnectionSecrets;

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
}

const SECRET_NAMES = ['clientSecret', 'privateKey', 'nextClientSecret', 'nextPrivateKey'] as const;

/** @param secrets of the connection, if they open; only their names are told */
export function describeConnection(
  connection: ConnectionRow,
  row: TokenRow,
  secrets: ConnectionSecrets | undefined,
  nowMs: number,
): ConnectionStatus {
  const { details } = row;
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
  };
}
