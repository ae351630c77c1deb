/** How tokens are obtained. */
export type GrantName = 'jwt-bearer' | 'authorization-code' | 'refresh-token' | 'client-credentials';

export const GRANT_NAMES: readonly GrantName[] = ['jwt-bearer', 'authorization-code', 'refresh-token', 'client-credentials'];

/** How the client proves itself to the token endpoint (RFC 6749 §2.3, RFC 7523 §2.2). */
export type ClientAuthMethod = 'post' | 'basic' | 'private-key-jwt' | 'none';

export const CLIENT_AUTH_METHODS: readonly ClientAuthMethod[] = ['post', 'basic', 'private-key-jwt', 'none'];

/** Whether the app rotates refresh tokens: as the user says, or `auto` = as seen. */
export type RotatesSetting = 'auto' | 'yes' | 'no';

export type AppKind = 'external-client-app' | 'connected-app';

export const APP_KINDS: readonly AppKind[] = ['external-client-app', 'connected-app'];

/** What a connection is, without its secrets. Plain data, stored as JSON. */
export interface ConnectionSettings {
  readonly grant: GrantName;
  /** Origin (and path, for Experience Cloud sites) of the OAuth host, without trailing slash. */
  readonly loginUrl: string;
  /** The consumer key. */
  readonly clientId: string;
  readonly clientAuth: ClientAuthMethod;
  /** Salesforce username; JWT bearer only. */
  readonly username?: string;
  /** `aud` of the JWT bearer assertion, where it differs from what the login URL implies. */
  readonly audience?: string;
  /** Requested scopes, space separated; authorization code only. */
  readonly scope?: string;
  /** Registered callback URLs; authorization code only. */
  readonly redirectUris?: readonly string[];
  readonly rotates: RotatesSetting;
  /** `auto`: ask the introspection endpoint once for each new token, where the client can prove itself. */
  readonly introspect: 'auto' | 'off';
  /** The org's session timeout in seconds; default 7,200. */
  readonly sessionTimeoutSeconds: number;
  /** REST API version for `api` and the environment of `exec`, e.g. `66.0`. */
  readonly apiVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the app, where it is known: from the setup that made it. */
  readonly appKind?: AppKind;
  /** PEM; public. */
  readonly certificate?: string;
  /** PEM of the certificate that `nextPrivateKey` belongs to; takes the place of `certificate` with it. */
  readonly nextCertificate?: string;
  /** Until when the credentials that were replaced are tried as well, in epoch milliseconds. */
  readonly formerUntilMs?: number;
  /** When each secret was given, in epoch milliseconds; those given before this was written down are missing. */
  readonly secretsSetAtMs?: SecretTimes;
  /** Another product holds the same refresh token (taken over from an sfdxAuthUrl). */
  readonly sharedWith?: string;
}

/** The secrets of a connection; they leave core only sealed. */
export interface ConnectionSecrets {
  readonly clientSecret?: string;
  /** PEM. */
  readonly privateKey?: string;
  /** Tried when the current one is refused, then promoted. */
  readonly nextClientSecret?: string;
  readonly nextPrivateKey?: string;
  /** What a promoted one has replaced: tried for a while yet when that is refused, since not all of Salesforce knows of a change at once. */
  readonly formerClientSecret?: string;
  readonly formerPrivateKey?: string;
}

/** Epoch milliseconds for each secret. */
export type SecretTimes = Readonly<Partial<Record<keyof ConnectionSecrets, number>>>;

/** A connection as the store keeps it. */
export interface ConnectionRow {
  /** Random; the name can be given to another connection later, the id cannot. */
  readonly id: string;
  readonly name: string;
  /** Rises by one with each change of settings or secrets. */
  readonly revision: number;
  readonly settings: ConnectionSettings;
  /** Sealed JSON of `ConnectionSecrets`, bound to `id` and `revision`. */
  readonly secrets: Uint8Array;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type EventType =
  | 'connected'
  | 'updated'
  | 'imported'
  | 'login'
  | 'renewed'
  | 'adopted'
  | 'rotated'
  | 'renewal-failed'
  | 'outcome-unknown'
  | 'held'
  | 'reauthorization-required'
  | 'reported-invalid'
  | 'introspected'
  | 'warning'
  | 'handed-over'
  | 'revoked'
  | 'removed';

/** One line of a connection's history. Never holds a secret; tokens appear as fingerprints. */
export interface ConnectionEvent {
  readonly connectionId: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly type: EventType;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface EventRow extends ConnectionEvent {
  readonly seq: number;
}
