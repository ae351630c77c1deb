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
  /** Called when the connection stands, right before the first byte; what it throws keeps the request. Only with `freshConnection`. */
  readonly mayLeave?: (() => void) | undefined;
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

/** What can be told of a private key. */
export interface KeyFacts {
  /** Length of the RSA key. */
  readonly bits: number;
  /** SHA-256 of the SubjectPublicKeyInfo, in hex: the same for every certificate of the key. */
  readonly publicKeySha256: string;
}

/** Makes keys that sign from PEM text. */
export interface Keys {
  /**
   * @param pem a private key (PKCS#8 or PKCS#1), in PEM; literal `\n` are taken as line ends
   * @throws ConfigurationError `encrypted_private_key`, `unsupported_key_type`, `public_key_given`, `invalid_private_key`
   */
  signingKey(pem: string): SigningKey;
  /** @throws ConfigurationError as `signingKey` */
  describeKey(pem: string): KeyFacts;
  /**
   * Checks that certificate and private key belong together.
   * @throws ConfigurationError `invalid_certificate`, `certificate_mismatch`, or as `signingKey`
   */
  checkCertificate(certificatePem: string, privateKeyPem: string): void;
}

/** The right to start an exchange for one connection. Held by the kernel or the database, never by a file's existence. */
export interface ExchangeLock {
  /**
   * One try, without waiting: the lease, or `undefined` while another holder has it.
   * @param forMs after this long a lease that a database keeps runs out by itself; the kernel's never does
   */
  tryAcquire(connectionId: string, forMs: number): Promise<ExchangeLease | undefined>;
}

export interface ExchangeLease {
  /** What the store knows the lease by, where it keeps it itself; `undefined`: the kernel keeps it, and nobody can take it away. */
  readonly id?: string;
  /** Of the store, at the moment the lease was taken. */
  readonly condition: StoreCondition;
  /** Milliseconds for which it is certainly held from now on; 0 once this machine was suspended for longer than it could tell. `Infinity`: until released. */
  remainingMs(): number;
  release(): Promise<void>;
}

/**
 * Whether exchanges may begin.
 * - `moving`: what is under way comes to its end, nothing begins; `moved`: nothing is written any more. Tokens are still handed out.
 * - `filling`: another store is being copied into this one.
 * - `quarantined`: what is stored may be older than what was (`restored`), or the copy of a store that lives elsewhere (`clone`): nothing that uses up or
 *   ends a grant is done until an operator has said which (`forcemint store adopt`).
 * - `failed-over`: the database went on from a copy that may lack the last writes; whoever holds newer answers brings them, until `untilMs` (epoch
 *   milliseconds).
 */
export type StoreCondition =
  | { readonly is: 'active' }
  | { readonly is: 'moving' | 'moved'; readonly to: StoreAddress }
  | { readonly is: 'filling'; readonly from: StoreAddress }
  | { readonly is: 'quarantined'; readonly why: 'restored' | 'clone'; readonly evidence: string; readonly sinceMs: number }
  | { readonly is: 'failed-over'; readonly untilMs: number };

export interface StoreAddress {
  readonly storeId: string;
  /** `sqlite:PATH` or `postgres://…`, never with a password: for people. */
  readonly url: string;
}

/** A raw answer, sealed, and what it takes to find out whether the store has it. */
export interface SpooledAnswer {
  readonly connectionId: string;
  readonly attemptId: string;
  /** Of the refresh token that was presented; -1: staged by a Forcemint that did not say. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly stagedAtMs: number;
  readonly sealed: Uint8Array;
}

/**
 * Where a raw answer is made durable before anybody looks at it. One place for each connection, written only by who holds that connection's
 * exchange lock. The last answer stays there after it was stored: should the store go back to an older state, it has what came later.
 */
export interface Spool {
  /** Makes sure, before the request leaves, that an answer of usual size can be written. @throws StoreError */
  reserve(connectionId: string): Promise<void>;
  /** Durable when it resolves. @throws StoreError */
  write(answer: SpooledAnswer): Promise<void>;
  /**
   * What there is, the most trustworthy place first.
   * @param attempts ids of those that are noted and did not come to their end; what was staged in the store itself matters only to them
   * @throws StoreError when a place that may hold the answer to one of them can't be read, and no other has it
   */
  read(connectionId: string, attempts: readonly string[]): Promise<readonly SpooledAnswer[]>;
  /** Forgets the answer; the place stays reserved. */
  clear(connectionId: string): Promise<void>;
  /** Gives the place up, with the connection. */
  discard(connectionId: string): Promise<void>;
  /** Every answer in this machine's own place, as it lies there. */
  entries(): AsyncIterable<SpooledAnswer>;
}

/** The machines that use one store, each with a spool of its own; absent where the store can be used by one only. */
export interface Replicas {
  /** Of this machine's spool. */
  readonly ownId: string;
  /** Milliseconds for which that replica may still come with an answer that it holds; 0: not any more. @throws StoreError */
  answersForMs(replicaId: string): Promise<number>;
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

/** A connection that exists, with its token. */
export interface LiveRow {
  readonly connection: ConnectionRow;
  readonly token: TokenRow;
}

/** A row of the store with everything in it, as it is stored. */
export interface StoredRow {
  /** `undefined`: it was removed, and `token` is its tombstone. */
  readonly connection: ConnectionRow | undefined;
  readonly token: TokenRow;
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
  /** A connection with its token, as both were at one moment. */
  getRow(name: string): Promise<LiveRow | undefined>;
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
  /** Rows, tombstones too, in the order of their connection id, from behind `after` on; at most `limit`. */
  pageRows(after: string | undefined, limit: number): Promise<readonly StoredRow[]>;
  /**
   * Replaces the token row where the stored revision is `expectedRevision`. A row whose `version` is lower than the stored one is refused whatever
   * the revision: a rotated refresh token is never overwritten by an older one. `revocations` are added in the same transaction.
   */
  updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    options?: TokenUpdateOptions,
  ): Promise<boolean>;

  /** Names of connections whose exchange has not come to rest (`intent`, `unknown`, a login under way); at most `limit`. */
  listUnsettled(limit: number, pick?: Pick): Promise<readonly string[]>;
  /** Names of connections at rest with a refresh token that was exchanged before, but not since `issuedBefore` (epoch seconds), longest idle first; at most `limit`. */
  listIdle(issuedBefore: number, limit: number, pick?: Pick): Promise<readonly string[]>;

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

  /** Where the changes of the store stand; cheap. What is read after it is at least as new. */
  changeMarks(): Promise<ChangeMarks>;
  /** Calls `hear` soon after others changed something; may miss changes, and may call for nothing. Absent where nobody tells. */
  onHint?(hear: () => void): Disposable;

  condition(): Promise<StoreCondition>;
}

export interface TokenUpdateOptions {
  /** Added in the same transaction. */
  readonly revocations?: readonly PendingRevocation[];
  /**
   * The write begins something that only the holder of this lease may begin. @throws StoreError `lease_lost` when another holds it by now,
   * `store_moved` when nothing may begin here any more; nothing is written then
   */
  readonly lease?: ExchangeLease;
}

/** Takes part in sharing work among replicas: what another one has picked within its time is left out. Where the store is used by one machine only, it means nothing. */
export interface Pick {
  readonly replicaId: string;
  /** Milliseconds for which others leave it alone. */
  readonly forMs: number;
}

/** Values that mean nothing but "same" or "different". */
export interface ChangeMarks {
  /** Differs from an earlier one whenever anything of this connection changed in between; may differ otherwise, too. */
  of(connectionId: string): number;
}
