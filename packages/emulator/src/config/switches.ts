/** Behaviours that Salesforce leaves unsaid, changed over time, or that a test wants otherwise. */
export interface Switches {
  /** Re-use of a rotated refresh token kills the grant and its access tokens. Default true. */
  readonly reuseCascade: boolean;
  /** Answer to a second request while the same refresh token is being processed. Default `refuse`. */
  readonly concurrentRefresh: 'refuse' | 'refuse-legacy-text' | 'allow';
  /** How long a refresh request holds its token, besides the delay of a fault. Milliseconds, default 50. */
  readonly processingMs: number;
  /** The JWT bearer grant returns the same still-valid session of that app and user. Default false. */
  readonly sameSession: boolean;
  /** Approvals for each user and app; one more revokes the oldest. 0 = no limit. Default 5. */
  readonly approvalLimit: number;
  /** Token requests for each user and hour; 0 = no limit. Salesforce: 3600. Default 0. */
  readonly loginLimitPerHour: number;
  /** A `jti` that was seen before is refused as `bad_jti_claim`. Default true. */
  readonly jtiReplayCheck: boolean;
  /** Accept `aud` of an assertion as a JSON array. Default false. */
  readonly acceptAudienceArray: boolean;
  /** Refuse assertions whose `exp` lies further ahead, in seconds. 0 = no upper bound. Default 0. */
  readonly maxAssertionLifetimeSeconds: number;
  /** Refuse assertions when the app's certificate has expired. Default false. */
  readonly refuseExpiredCertificate: boolean;
  /** My Domain policy: every grant is refused on the login host. Default false. */
  readonly myDomainRequired: boolean;
  /** Org-wide "require PKCE". Default false. */
  readonly pkceRequired: boolean;
  /** Origin of the `id` URL in token answers. Default `login`. */
  readonly identityHost: 'login' | 'mydomain';
  /** Use in the second half of a session's window extends it. Default true. */
  readonly extendSessions: boolean;
  /** "Lock sessions to the IP address from which they originated": elsewhere a token is invalid. Default false. */
  readonly lockSessionsToIp: boolean;
  /** Introspection answers `active:false` even for tokens that work. Default false. */
  readonly introspectionAlwaysInactive: boolean;
}

export const DEFAULT_SWITCHES: Switches = {
  reuseCascade: true,
  concurrentRefresh: 'refuse',
  processingMs: 50,
  sameSession: false,
  approvalLimit: 5,
  loginLimitPerHour: 0,
  jtiReplayCheck: true,
  acceptAudienceArray: false,
  maxAssertionLifetimeSeconds: 0,
  refuseExpiredCertificate: false,
  myDomainRequired: false,
  pkceRequired: false,
  identityHost: 'login',
  extendSessions: true,
  lockSessionsToIp: false,
  introspectionAlwaysInactive: false,
};

/** The texts that the two switches with words accept. */
export const SWITCH_CHOICES = {
  concurrentRefresh: ['refuse', 'refuse-legacy-text', 'allow'],
  identityHost: ['login', 'mydomain'],
} as const;
