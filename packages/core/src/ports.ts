import type { ConnectionEvent, ConnectionRow, EventRow } from './connections/connection.ts';
import type { TokenRow } from './tokens/token-row.ts';

/** Time, from outside: tests bring their own. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds of a clock that never goes back; its zero is arbitrary. */
  monotonicMs(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason when aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** The same, but waiting for it does not keep the process alive. */
  rest(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness, from outside. */
export interface Random {
  /** `length` bytes fit for cryptography. */
  bytes(length: number): Uint8Array;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `true`: a connection of its own, closed afterwards; no layer may send the request twice. For requests that use up a credential. */
  readonly freshConnection: boolean;
  /** Milliseconds until the request is given up. */
  readonly deadlineMs: number;
  /** A longer answer is a `MalformedResponseError` (`too_large`). */
  readonly maxResponseBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; of repeated headers the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** HTTP out. Redirects are not followed. */
export interface Http {
  /** Does beforehand what the first request would have to wait for, so that nothing slow lies between a committed intent and its request. */
  prepare?(): Promise<void>;
  /** @throws TransportError whose `sent` says whether bytes of the request may have left. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** An RSA key that signs; its bytes stay where it came from. */
export interface SigningKey {
  /** RSASSA-PKCS1-v1_5 with SHA-256 over `data`, off the main thread. */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** Makes keys that sign from PEM text. */
export interface Keys {
  /**
   * @param pem a private key (PKCS#8 or PKCS#1), in PEM; literal `\n` are taken as line ends
   * @throws ConfigurationError `encrypted_private_key`, `unsupported_key_type`, `public_key_given`, `invalid_private_key`
   */
  signingKey(pem: string): SigningKey;
  /**
   * Checks that certificate and private key belong together.
   * @throws ConfigurationError `invalid_certificate`, `certificate_mismatch`, or as `signingKey`
   */
  checkCertificate(certificatePem: string, privateKeyPem: string): void;
}

/** The right to start an exchange for one connection. Held by the kernel or the database, never by a file's existence. */
export interface ExchangeLock {
  /** One try, without waiting: the lease, or `undefined` while another holder has it. */
  tryAcquire(connectionId: string): Promise<ExchangeLease | undefined>;
}

export interface ExchangeLease {
  release(): Promise<void>;
}

/** A raw answer, sealed, that has reached the disk but not yet the store. */
export interface SpooledAnswer {
  readonly attemptId: string;
  readonly sealed: Uint8Array;
}

/**
 * Where a raw answer is made durable before anybody looks at it. One place for each connection, written only by who holds that connection's
 * exchange lock.
 */
export interface Spool {
  /** Makes sure, before the request leaves, that an answer of usual size can be written. @throws StoreError */
  reserve(connectionId: string): Promise<void>;
  /** Durable when it resolves. @throws StoreError */
  write(connectionId: string, answer: SpooledAnswer): Promise<void>;
  read(connectionId: string): Promise<SpooledAnswer | undefined>;
  /** Forgets the answer; the place stays reserved. */
  clear(connectionId: string): Promise<void>;
  /** Gives the place up, with the connection. */
  discard(connectionId: string): Promise<void>;
}

/** A data key, wrapped by the master key. */
export interface DataKeyRow {
  readonly id: number;
  readonly wrapped: Uint8Array;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
}

/** A grant that nobody here needs any more and that Salesforce has yet to be told of. */
export interface PendingRevocation {
  /** Random. */
  readonly id: string;
  readonly connectionId: string;
  /** `superseded`: a login has put another in its place; `removed`: its connection is gone; `late-answer`: it came for a connection that was gone. */
  readonly reason: 'superseded' | 'removed' | 'late-answer';
  /** Sealed: everything that revoking it takes, since its connection may be gone by then. */
  readonly sealed: Uint8Array;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** Epoch milliseconds before which it is not tried again. */
  readonly dueAtMs: number;
  readonly tries: number;
}

/**
 * The one durable home of connections and tokens. Secrets arrive here sealed. Every write is atomic and durable when its promise resolves;
 * writes that find another revision than the expected change nothing and give `false`.
 * All methods throw `StoreError`.
 */
export interface TokenStore extends AsyncDisposable {
  /** Random, made with the store; part of what every seal is bound to. */
  readonly storeId: string;

  getConnection(name: string): Promise<ConnectionRow | undefined>;
  /** By name, ascending. */
  listConnections(): Promise<readonly ConnectionRow[]>;
  /** `false`: the name is taken. */
  insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean>;
  /**
   * Replaces settings and secrets where the stored revision is `expectedRevision`. `token`, if given, replaces the token row in the same transaction
   * whatever its revision, which rises above the stored one; `false` also if it would lower the version. Name and creation time stay.
   */
  updateConnection(
    connection: ConnectionRow,
    expectedRevision: number,
    token: TokenRow | undefined,
    events: readonly ConnectionEvent[],
  ): Promise<boolean>;
  /**
   * Deletes the connection, frees its name, leaves `tombstone` as its token row, so that a late answer finds it, and adds `revocations`. `false`: it was
   * gone.
   */
  deleteConnection(
    connectionId: string,
    tombstone: TokenRow,
    events: readonly ConnectionEvent[],
    revocations?: readonly PendingRevocation[],
  ): Promise<boolean>;

  getToken(connectionId: string): Promise<TokenRow | undefined>;
  /**
   * Replaces the token row where the stored revision is `expectedRevision`. A row whose `version` is lower than the stored one is refused whatever
   * the revision: a rotated refresh token is never overwritten by an older one. `revocations` are added in the same transaction.
   */
  updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    revocations?: readonly PendingRevocation[],
  ): Promise<boolean>;

  /** Names of connections whose exchange has not come to rest (`intent`, `unknown`, a login under way); at most `limit`. */
  listUnsettled(limit: number): Promise<readonly string[]>;
  /** Names of connections at rest with a refresh token that was exchanged before, but not since `issuedBefore` (epoch seconds), longest idle first; at most `limit`. */
  listIdle(issuedBefore: number, limit: number): Promise<readonly string[]>;

  addRevocations(revocations: readonly PendingRevocation[]): Promise<void>;
  /** Those that may be tried at `nowMs` (epoch milliseconds), longest due first; at most `limit`. */
  listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]>;
  /** Of one connection, whether it still exists or not; oldest first. */
  listRevocations(connectionId: string): Promise<readonly PendingRevocation[]>;
  /** Counts a try and puts the next one off until `dueAtMs`. `false`: another process has counted one since this was read. */
  claimRevocation(revocation: PendingRevocation, dueAtMs: number): Promise<boolean>;
  /** `false`: it was gone. */
  deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean>;

  /** Newest first. */
  listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]>;

  /** Changes whenever anything in the store changed; cheap. Its value means nothing but "same" or "different". */
  changeCounter(): Promise<number>;
}
