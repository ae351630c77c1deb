import type { App } from '../org/apps.ts';
import type { Org } from '../org/org.ts';
import type { RefreshGrant } from '../org/refresh-tokens.ts';
import type { Session } from '../org/sessions.ts';
import type { User } from '../org/users.ts';
import type { HostName } from '../server/http-message.ts';

/** Whose login a token request is. */
export interface Login {
  readonly app: App;
  readonly user: User;
}

/** What the ledger and the login history learn of a token request while it is processed. */
export interface TokenTrace {
  clientId: string | null;
  subject: string | null;
  /** Refresh token that was issued. */
  issued: string | null;
  consumed: boolean;
  /** Null until it is known beyond doubt: the client and what it presented are genuine. */
  login: Login | null;
}

export interface TokenRequest {
  readonly org: Org;
  readonly host: HostName;
  readonly parameters: URLSearchParams;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The IP address that the client shows. */
  readonly address: string;
  readonly trace: TokenTrace;
  /** Called when the answer leaves, however it leaves. */
  readonly onAnswered: (release: () => void) => void;
}

/** What a grant decides: the token response follows from it. */
export interface Issue {
  readonly app: App;
  readonly user: User;
  readonly scopes: readonly string[];
  /** The approval that the access token descends from. */
  readonly grant: RefreshGrant | null;
  /** Put into the answer as `refresh_token`. */
  readonly refreshToken?: string;
  readonly nonce?: string | undefined;
  readonly authenticatedAtMs?: number;
  /** An existing session to answer with, instead of a new one. */
  readonly session?: Session | undefined;
  /** Later requests of this grant may be answered with the same session. */
  readonly isShared?: boolean;
}

/** One grant, one file, this shape. */
export interface TokenGrant {
  readonly grantType: string;
  /** @throws {OAuthError} when the request is refused */
  readonly issue: (request: TokenRequest) => Issue;
}
