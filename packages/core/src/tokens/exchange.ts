import type { Diagnosis, ErrorClass, ReauthorizationCode } from '../errors.ts';
import type { Durations } from './durations.ts';

/**
 * The life of a refresh token as a state machine: plain data and pure functions, no I/O. `exchange-runner.ts` drives it.
 *
 *     idle(v) ── start ──▶ intent(v) ── answered ──▶ idle(v+1 if rotated)
 *       ▲                    │ untouched (unsent, refused) ──▶ idle(v)
 *       └────────────────────┤ ambiguous ──▶ unknown(v) ── one probe ──▶ idle(v+1) | reauthorization-required
 *                            │ dead ──▶ reauthorization-required
 *                            └ answer fails validation ──▶ held(v+1)
 *     any ── hand over ──▶ handed-over ── login ──▶ idle(v+1)
 *     any ── remove ──▶ deleted
 */
export type Phase = 'idle' | 'intent' | 'unknown' | 'reauthorization-required' | 'held' | 'handed-over' | 'deleted';

/** Whether the app rotates refresh tokens, as seen in its answers. `unseen` is treated as `yes`. */
export type Rotation = 'yes' | 'no' | 'unseen';

/** `renewal`: with what the store has. `probe`: the one repetition out of `unknown`. `login`: with an authorization code. */
export type AttemptKind = 'renewal' | 'probe' | 'login';

export interface Attempt {
  readonly id: string;
  readonly kind: AttemptKind;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** Version of the refresh token that is presented. */
  readonly version: number;
  /** The connection was `held` when this began, and is again if it comes to nothing. */
  readonly fromHeld?: boolean;
  /** Of the machine whose spool may hold its answer; absent where the store is used by one machine only. */
  readonly replica?: string;
}

/** Why the last attempt failed, for whoever waited on it and for `status`. No secrets. */
export interface Failure {
  /** `settled` as it was when this failure was written. */
  readonly seq: number;
  readonly atMs: number;
  readonly kind: 'oauth' | 'malformed' | 'transport' | 'reauthorization' | 'configuration' | 'store';
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Epoch seconds. */
  readonly retryAt?: number;
  readonly diagnosis?: Diagnosis;
  readonly sent?: 'no' | 'maybe';
  readonly status?: number;
  readonly error?: string;
  readonly errorDescription?: string;
  readonly errorClass?: ErrorClass;
}

export interface ExchangeRecord {
  readonly phase: Phase;
  /** Rises with each start; gates starting. */
  readonly epoch: number;
  /** Attempts that have come to an end, whichever; how a waiter knows that one settled while it waited. */
  readonly settled: number;
  readonly rotation: Rotation;
  /** The attempt under way (`intent`), or the one without an answer (`unknown`). */
  readonly attempt?: Attempt;
  /** A code exchange under way. It presents no refresh token, so the phase stays what it is. */
  readonly login?: Attempt;
  /** Starts within the budget's window, epoch milliseconds. */
  readonly recentStartsMs: readonly number[];
  readonly lastForcedAtMs?: number;
  readonly failure?: Failure;
  /** Why the held answer may not be used, and since when it is held. */
  readonly heldFailure?: Failure;
  /** Which request brought the held answer: a login may bring another user. */
  readonly heldRequest?: AnsweredRequest;
  /** Only in `unknown`: from when on the unanswered request can't leave any more, epoch milliseconds. */
  readonly unknownSinceMs?: number;
  readonly reauthorization?: ReauthorizationCode;
  /** A lifetime that a 401 taught, and when. */
  readonly learned?: { readonly lifetimeSeconds: number; readonly atMs: number };
  /** Fingerprints of refresh tokens that gave way to others, newest last: none of them is ever to be adopted again. */
  readonly spent?: readonly string[];
  /** Fingerprint of the token last reported invalid, and how often the server has returned it since. */
  readonly rejected?: { readonly fingerprint: string; readonly returned: number };
}

export function newExchangeRecord(): ExchangeRecord {
  return { phase: 'idle', epoch: 0, settled: 0, rotation: 'unseen', recentStartsMs: [] };
}

/** Whether a renewal could use the refresh token up: as the user says, else as seen; what was never seen is taken to rotate. */
export function mayRotate(setting: 'auto' | 'yes' | 'no', seen: Rotation): boolean {
  return setting === 'auto' ? seen !== 'no' : setting === 'yes';
}

export interface StartRequest {
  readonly nowMs: number;
  readonly attemptId: string;
  /** Asked for by name (`renew`), not merely due. */
  readonly forced: boolean;
  /** The renewal presents a refresh token (and so can lose it). */
  readonly usesRefreshToken: boolean;
  /** Whether the app may rotate, setting and observation together. */
  readonly mayRotate: boolean;
  readonly version: number;
  /** Epoch milliseconds at which the living access token dies; `undefined`: none lives. */
  readonly livesUntilMs: number | undefined;
  /** Of this machine. */
  readonly replica?: string | undefined;
  /** Epoch milliseconds until which another machine may still come with the answer to the attempt that is noted; `undefined`: none will. */
  readonly awaitedUntilMs?: number | undefined;
  readonly durations: Durations;
}

export type Decision =
  /** Commit `record`, then post once. */
  | { readonly do: 'post'; readonly record: ExchangeRecord }
  /** Commit `record` (if it changed), post nothing. */
  | {
      readonly do: 'wait';
      readonly why: 'unknown' | 'budget' | 'forced-too-soon';
      readonly untilMs: number;
      readonly record: ExchangeRecord;
    }
  | {
      readonly do: 'refuse';
      readonly why: 'reauthorization-required' | 'held' | 'handed-over' | 'deleted';
      readonly record: ExchangeRecord;
    };

/** Decides, with the lock held and the row read again, whether one request may leave now. */
export function start(record: ExchangeRecord, request: StartRequest): Decision {
  const current = atRest(record, request);
  if (current.phase === 'deleted' || current.phase === 'handed-over')
    return { do: 'refuse', why: current.phase, record: current };
  if (current.phase === 'reauthorization-required') {
    return { do: 'refuse', why: 'reauthorization-required', record: current };
  }
  if (current.phase === 'held' && !request.forced) return { do: 'refuse', why: 'held', record: current };
  if (current.phase === 'unknown' || current.phase === 'intent') {
    const untilMs = probeAtMs(current, request);
    if (request.nowMs < untilMs) return { do: 'wait', why: 'unknown', untilMs, record: current };
  }
  return withinBudget(current, request);
}

function withinBudget(record: ExchangeRecord, request: StartRequest): Decision {
  const { nowMs, durations, forced } = request;
  const recentStartsMs = record.recentStartsMs.filter((at) => at <= nowMs && at > nowMs - durations.budgetWindowMs);
  const oldest = recentStartsMs[recentStartsMs.length - durations.budgetRequests];
  if (oldest !== undefined) {
    return { do: 'wait', why: 'budget', untilMs: oldest + durations.budgetWindowMs, record };
  }
  const { lastForcedAtMs } = record;
  if (forced && lastForcedAtMs !== undefined && lastForcedAtMs <= nowMs && nowMs < lastForcedAtMs + durations.forcedIntervalMs) {
    return { do: 'wait', why: 'forced-too-soon', untilMs: lastForcedAtMs + durations.forcedIntervalMs, record };
  }
  const risky = request.usesRefreshToken && request.mayRotate;
  const kind: AttemptKind = record.phase === 'unknown' && risky ? 'probe' : 'renewal';
  return {
    do: 'post',
    record: {
      ...record,
      phase: 'intent',
      epoch: record.epoch + 1,
      attempt: {
        id: request.attemptId,
        kind,
        startedAtMs: nowMs,
        version: request.version,
        fromHeld: record.phase === 'held' ? true : undefined,
        replica: request.replica,
      },
      // A login that left this behind died before its code was exchanged; one of another machine may still come with its answer.
      login: record.login?.replica === request.replica ? undefined : record.login,
      recentStartsMs: [...recentStartsMs, nowMs],
      lastForcedAtMs: forced ? nowMs : lastForcedAtMs,
    },
  };
}

type RestRequest = Pick<StartRequest, 'nowMs' | 'usesRefreshToken' | 'mayRotate' | 'replica' | 'awaitedUntilMs' | 'durations'>;

/** What is left of an exchange when nobody holds the lock any more, and this machine's spool has no answer to it. */
export function atRest(record: ExchangeRecord, request: RestRequest): ExchangeRecord {
  return awaitedNoMore(restartedWait(abandonOrphan(record, request), request.nowMs), request);
}

/** The machine that would have the answer has looked, and has none: the others need not wait for it. */
function awaitedNoMore(record: ExchangeRecord, { replica }: RestRequest): ExchangeRecord {
  const { phase, attempt } = record;
  const isOwn = phase === 'unknown' && attempt?.replica !== undefined && attempt.replica === replica;
  return isOwn ? { ...record, attempt: { ...attempt, replica: undefined } } : record;
}

/** `intent` with the lock free means that its holder died. A refresh token it may have presented is not presented again at once. */
function abandonOrphan(record: ExchangeRecord, request: RestRequest): ExchangeRecord {
  if (record.phase !== 'intent') return record;
  const risky = request.usesRefreshToken && request.mayRotate;
  if (!risky) return settle(record, { phase: 'idle', attempt: undefined });
  // After the one repetition there is nothing to wait with: it is not given up while another machine may still come with its answer.
  if (record.attempt?.kind === 'probe' && (request.awaitedUntilMs ?? 0) > request.nowMs) return record;
  // Its holder is dead now; it may have sent the request at any moment until then. No deadline bounds that: it may have been stopped or suspended before.
  return ambiguous(record, request.nowMs);
}

/** A clock that was set back would stretch the wait by as much: the wait begins anew. */
function restartedWait(record: ExchangeRecord, nowMs: number): ExchangeRecord {
  const { phase, unknownSinceMs = 0 } = record;
  return phase === 'unknown' && unknownSinceMs > nowMs ? { ...record, unknownSinceMs: nowMs } : record;
}

/**
 * When the one probe may leave, in epoch milliseconds: the first request can no longer be in flight, no machine may still come with its answer, and the
 * access token it could cost is nearly spent.
 */
export function probeAtMs(
  record: ExchangeRecord,
  request: Pick<StartRequest, 'usesRefreshToken' | 'mayRotate' | 'livesUntilMs' | 'awaitedUntilMs' | 'durations'>,
): number {
  const { durations, livesUntilMs, awaitedUntilMs = 0 } = request;
  if (!(request.usesRefreshToken && request.mayRotate)) return 0;
  const answered = Math.max((record.unknownSinceMs ?? 0) + durations.unknownWaitMs, awaitedUntilMs);
  return livesUntilMs === undefined ? answered : Math.max(answered, livesUntilMs - durations.probeWindowMs);
}

function settle(record: ExchangeRecord, changes: Partial<ExchangeRecord>): ExchangeRecord {
  return { ...record, settled: record.settled + 1, ...changes };
}

function failed(record: ExchangeRecord, failure: Omit<Failure, 'seq'>): Failure {
  return { ...failure, seq: record.settled + 1 };
}

/**
 * This request consumed nothing: not one byte of it left, or it was refused for a reason that says nothing of the token. The connection is where it was; an
 * unspent probe goes back to `unknown`.
 */
export function untouched(record: ExchangeRecord, failure?: Omit<Failure, 'seq'>): ExchangeRecord {
  const { attempt } = record;
  const unanswered = attempt?.kind === 'probe' ? attempt : undefined;
  return settle(record, {
    phase: unanswered ? 'unknown' : attempt?.fromHeld === true ? 'held' : 'idle',
    attempt: unanswered && { ...unanswered, kind: 'renewal' },
    failure: failure === undefined ? record.failure : failed(record, failure),
  });
}

/** What an accepted answer said about the refresh token. */
export type RefreshTokenInAnswer = 'new' | 'same' | 'none';

/** Which request an answer belongs to. */
export type AnsweredRequest = 'renewal' | 'login';

/** An answer was staged and passed validation. */
export function answered(record: ExchangeRecord, request: AnsweredRequest, refreshToken: RefreshTokenInAnswer): ExchangeRecord {
  return settle(record, {
    phase: 'idle',
    attempt: undefined,
    login: loginAfter(record, request),
    failure: undefined,
    heldFailure: undefined,
    heldRequest: undefined,
    reauthorization: undefined,
    rotation: observed(record, request, refreshToken),
  });
}

/** An answer was staged and failed validation: its refresh token counts, its access token is not used. */
export function held(
  record: ExchangeRecord,
  request: AnsweredRequest,
  refreshToken: RefreshTokenInAnswer,
  failure: Omit<Failure, 'seq'>,
): ExchangeRecord {
  return settle(record, {
    phase: 'held',
    attempt: undefined,
    login: loginAfter(record, request),
    failure: failed(record, failure),
    heldFailure: failed(record, failure),
    heldRequest: request,
    reauthorization: undefined,
    rotation: observed(record, request, refreshToken),
  });
}

/** A renewal says nothing of a login that another machine has under way: what that brings begins a grant of its own. */
function loginAfter(record: ExchangeRecord, request: AnsweredRequest): Attempt | undefined {
  return request === 'login' ? undefined : record.login;
}

function observed(record: ExchangeRecord, request: AnsweredRequest, refreshToken: RefreshTokenInAnswer): Rotation {
  if (request === 'login' || record.attempt === undefined) return record.rotation;
  return refreshToken === 'new' ? 'yes' : 'no';
}

/** A code exchange begins. */
export function startLogin(record: ExchangeRecord, attempt: Omit<Attempt, 'kind'>): ExchangeRecord {
  return { ...record, epoch: record.epoch + 1, login: { ...attempt, kind: 'login' } };
}

/** A code exchange came to nothing: the connection is where it was. */
export function loginFailed(record: ExchangeRecord): ExchangeRecord {
  return { ...record, login: undefined };
}

/** The refresh token that was presented is dead. Only for the version that was presented: the runner re-reads first. */
export function dead(
  record: ExchangeRecord,
  reauthorization: ReauthorizationCode,
  failure: Omit<Failure, 'seq'>,
): ExchangeRecord {
  return settle(record, {
    phase: 'reauthorization-required',
    attempt: undefined,
    reauthorization,
    failure: failed(record, failure),
  });
}

/**
 * The request may have been processed and no answer can be read: the refresh token may be spent.
 * @param sinceMs epoch milliseconds from which on the request can't leave any more
 */
export function ambiguous(record: ExchangeRecord, sinceMs: number, failure?: Omit<Failure, 'seq'>): ExchangeRecord {
  const note = failure === undefined ? record.failure : failed(record, failure);
  const { attempt } = record;
  if (attempt?.kind === 'probe') return { ...lost(record), failure: note };
  // Its own process knows that no answer came, and none is awaited from its machine.
  const known = failure === undefined ? attempt : attempt && { ...attempt, replica: undefined };
  return settle(record, { phase: 'unknown', attempt: known, unknownSinceMs: sinceMs, failure: note });
}

function lost(record: ExchangeRecord): ExchangeRecord {
  return settle(record, {
    phase: 'reauthorization-required',
    attempt: undefined,
    reauthorization: 'refresh_token_lost',
  });
}

/** The token that came is of no use, though nothing is wrong with the grant. */
export function disappointed(record: ExchangeRecord, failure: Omit<Failure, 'seq'>): ExchangeRecord {
  return settle(record, { failure: failed(record, failure) });
}

/** One more request of the same attempt; `undefined`: the budget has none left. */
export function countAnother(record: ExchangeRecord, nowMs: number, durations: Durations): ExchangeRecord | undefined {
  const recentStartsMs = record.recentStartsMs.filter((at) => at <= nowMs && at > nowMs - durations.budgetWindowMs);
  return recentStartsMs.length >= durations.budgetRequests
    ? undefined
    : { ...record, recentStartsMs: [...recentStartsMs, nowMs] };
}

/**
 * The store went back to an older state: the refresh token that it holds may have been used since, by requests that nobody here knows of. As if its last
 * renewal had no answer.
 */
export function restored(
  record: ExchangeRecord,
  { version, nowMs, attemptId }: { readonly version: number; readonly nowMs: number; readonly attemptId: string },
): ExchangeRecord {
  const attempt: Attempt = { id: attemptId, kind: 'renewal', startedAtMs: nowMs, version };
  return settle({ ...record, epoch: record.epoch + 1, attempt, login: undefined }, { phase: 'unknown', unknownSinceMs: nowMs });
}

/** Another product owns the grant from now on; it is never presented here again. */
export function handedOver(record: ExchangeRecord): ExchangeRecord {
  return settle(record, {
    phase: 'handed-over',
    attempt: undefined,
    login: undefined,
    failure: undefined,
    heldFailure: undefined,
    heldRequest: undefined,
  });
}

/** Another grant, or none, has taken the place of this one. Counters and budget belong to the connection: who waits on them must not see them fall. */
export function superseded(record: ExchangeRecord): ExchangeRecord {
  const { epoch, settled, recentStartsMs } = record;
  return { ...newExchangeRecord(), epoch, settled, recentStartsMs };
}

/** The hand-over came to nothing, and nobody else has the grant: it is used here as before. */
export function takenBack(record: ExchangeRecord): ExchangeRecord {
  return settle(record, { phase: 'idle' });
}

/** The connection is gone; a late answer that finds this is revoked, not adopted. */
export function deleted(record: ExchangeRecord): ExchangeRecord {
  return settle(record, { phase: 'deleted', attempt: undefined, login: undefined, failure: undefined });
}
