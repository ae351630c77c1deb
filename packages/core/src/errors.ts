/** Who can mend the cause of a failure. */
export type Mender = 'developer' | 'salesforce-admin' | 'operator' | 'user' | 'salesforce' | 'nobody';

/** Whether, and when, doing the same again can help. */
export type RetryAdvice = 'no' | 'wait' | 'reauthorize' | 'fix-first';

/** From an error to its cause and its cure. `id` names the row of the error table it was read from, where there is one. */
export interface Diagnosis {
  readonly id?: string;
  /** One sentence: why it happened. */
  readonly cause: string;
  /** What to do next, most likely cure first. */
  readonly fix: readonly string[];
  readonly who: Mender;
  readonly retry: RetryAdvice;
}

export interface AuthErrorOptions {
  readonly cause?: unknown;
  readonly retryable?: boolean;
  readonly diagnosis?: Diagnosis;
  /** Not before this instant (epoch seconds) does a retry make sense. */
  readonly retryAt?: number;
}

/**
 * Everything that can go wrong that is not the caller's mistake (those are `TypeError`s).
 * `code` is stable and made for programs; `message` says what happened, `diagnosis` why and what to do next.
 * Neither ever holds a secret.
 */
export abstract class AuthError extends Error {
  abstract readonly code: string;
  /** `true` if the same call may succeed later without anybody mending anything. */
  readonly retryable: boolean;
  readonly diagnosis: Diagnosis | undefined;
  /** Epoch seconds before which a retry is pointless, where known. */
  readonly retryAt: number | undefined;

  constructor(message: string, options: AuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryable = options.retryable ?? false;
    this.diagnosis = options.diagnosis;
    this.retryAt = options.retryAt;
  }
}

/** How Salesforce's refusal is to be taken; see `salesforce/token-errors.ts`. */
export type ErrorClass = 'busy' | 'dead' | 'setup' | 'clock' | 'passing' | 'unrecognized';

export interface OAuthRefusal {
  /** The `error` member, word for word (RFC 6749 §5.2). */
  readonly error: string;
  /** The `error_description` member, word for word but for secrets, at most 300 characters. */
  readonly errorDescription?: string;
  /** HTTP status. */
  readonly status: number;
  readonly errorClass: ErrorClass;
}

/** The token endpoint answered with an OAuth error (RFC 6749 §5.2). */
export class OAuthResponseError extends AuthError {
  readonly code = 'oauth_error';
  readonly error: string;
  readonly errorDescription: string | undefined;
  readonly status: number;
  readonly errorClass: ErrorClass;

  constructor(message: string, refusal: OAuthRefusal, options: AuthErrorOptions = {}) {
    super(message, options);
    this.error = refusal.error;
    this.errorDescription = refusal.errorDescription;
    this.status = refusal.status;
    this.errorClass = refusal.errorClass;
  }
}

export type MalformedResponseCode =
  | 'not_json'
  | 'unexpected_status'
  | 'redirected'
  | 'missing_member'
  | 'too_large'
  | 'token_unchanged';

/** An answer came that is not what the protocol allows. Its body is never part of the error. */
export class MalformedResponseError extends AuthError {
  readonly code: MalformedResponseCode;
  /** HTTP status of the answer. */
  readonly status: number;
  constructor(code: MalformedResponseCode, status: number, message: string, options: AuthErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

export type TransportErrorCode =
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'connection_lost'
  | 'renewal_in_progress'
  | 'outcome_unknown'
  | 'budget_exhausted'
  | 'interrupted'
  | 'shutting_down';

/** No usable answer came, or none may be asked for just now. */
export class TransportError extends AuthError {
  readonly code: TransportErrorCode;
  /** `no`: not one byte of the request left this machine; `maybe`: it may have reached the server. */
  readonly sent: 'no' | 'maybe';
  constructor(code: TransportErrorCode, sent: 'no' | 'maybe', message: string, options: AuthErrorOptions = {}) {
    super(message, { retryable: true, ...options });
    this.code = code;
    this.sent = sent;
  }
}

export type ConfigurationErrorCode =
  | 'connection_not_found'
  | 'connection_exists'
  | 'connection_changed'
  | 'invalid_name'
  | 'invalid_setting'
  | 'missing_setting'
  | 'invalid_url'
  | 'insecure_url'
  | 'host_not_allowed'
  | 'lightning_url'
  | 'my_domain_required'
  | 'invalid_private_key'
  | 'encrypted_private_key'
  | 'unsupported_key_type'
  | 'public_key_given'
  | 'certificate_mismatch'
  | 'invalid_certificate'
  | 'invalid_import'
  | 'grant_is_shared'
  | 'answer_held'
  | 'login_required'
  | 'not_revocable';

/** A setting is wrong or missing; doing the same again cannot help. */
export class ConfigurationError extends AuthError {
  readonly code: ConfigurationErrorCode;
  constructor(code: ConfigurationErrorCode, message: string, options: AuthErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

export type ReauthorizationCode =
  | 'refresh_token_dead'
  | 'refresh_token_lost'
  | 'never_authorized'
  | 'no_refresh_token'
  | 'handed_over'
  | 'authorization_denied'
  | 'state_mismatch'
  | 'login_timeout'
  | 'code_refused';

/** A human must authorize again. */
export class ReauthorizationRequired extends AuthError {
  readonly code: ReauthorizationCode;
  constructor(code: ReauthorizationCode, message: string, options: AuthErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

export type StoreErrorCode =
  | 'store_unavailable'
  | 'store_read_only'
  | 'store_full'
  | 'store_corrupt'
  | 'store_newer'
  | 'store_locked'
  | 'store_moved'
  | 'store_filling'
  | 'store_quarantined'
  | 'store_failed_over'
  | 'lease_lost'
  | 'store_label_taken'
  | 'network_file_system'
  | 'store_schema_older'
  | 'store_no_rights'
  | 'wrong_master_key'
  | 'missing_master_key'
  | 'insecure_permissions'
  | 'unsealing_failed'
  | 'no_home';

/** The store, its keys or its files do not work. */
export class StoreError extends AuthError {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options: AuthErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Every class of failure, for an exhaustive `switch` on `code`. */
export type AnyAuthError =
  | OAuthResponseError
  | MalformedResponseError
  | TransportError
  | ConfigurationError
  | ReauthorizationRequired
  | StoreError;
