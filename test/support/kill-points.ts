/** What a dead process leaves in store and spool. `nothing`: the row as it was. */
export type Found = 'nothing' | 'intent' | 'staged' | 'stored';

export interface KillPoint {
  /** Where exactly the process dies. */
  readonly where: string;
  readonly found: Found;
  /** Whether its request gets to the server whole, and so is carried out. */
  readonly isRequested: boolean;
  /** Only where refresh tokens don't rotate: what brought a new one stays in the spool. */
  readonly isOfClearing?: boolean;
}

const nothing = (where: string): KillPoint => ({ where, found: 'nothing', isRequested: false });
const unsent = (where: string): KillPoint => ({ where, found: 'intent', isRequested: false });
const unanswered = (where: string): KillPoint => ({ where, found: 'intent', isRequested: true });
const staged = (where: string): KillPoint => ({ where, found: 'staged', isRequested: true });
const stored = (where: string): KillPoint => ({ where, found: 'stored', isRequested: true });

/**
 * Before and after each step of an exchange: s0 decide, s1 take the lock, s2 commit the intent, s3 connect, s4 write the request, s5 the server rotates,
 * s6 receive the answer, s7 stage it, s8 validate, s9 commit the new version, s10 publish, s11 release. A process dies by its own hand in the middle of the
 * call named here, but for s5, where only the server knows.
 *
 * Whoever waits in another process is told by the commit (s9). In the process itself callers get the token last of all, after the release: `s10 after`.
 */
export const KILL_POINTS = {
  's0 before': nothing('at the first look at the store'),
  's0 after': nothing('with the row read'),
  's1 before': nothing('at the first try to take the lock'),
  's1 after': nothing('with the lock'),
  's2 before': nothing('at the call that commits the intent'),
  's2 after': unsent('when the intent is durable'),
  's3 before': unsent('at connect(2)'),
  's3 after': unsent('when the connection is there'),
  's4 before': unsent('at write(2) of the request'),
  's4 halfway': unsent('when the first half of its bytes is written'),
  's4 after': unanswered('when the last byte of the request is written'),
  's5 before': unanswered('when the server has the request and has not looked at it; it will'),
  's5 after': unanswered('when the server has rotated and not answered'),
  's6 before': unanswered('when the first bytes of the answer were read from the socket'),
  's6 after': unanswered('with the whole answer in memory'),
  's7 before': unanswered('at the call that stages the answer'),
  's7 after': staged('when the staged answer is durable'),
  's8 before': staged('while the answer is parsed'),
  's8 after': staged('when it has passed validation and is about to be sealed'),
  's9 before': staged('at the call that commits the new version'),
  's9 after': stored('when the new version is durable'),
  's10 before': { ...stored('at the call that clears the spool'), isOfClearing: true },
  's11 before': stored('at the call that frees the lock'),
  's11 after': stored('when the lock is free'),
  's10 after': stored('when the callers have the token'),
} as const satisfies Readonly<Record<string, KillPoint>>;

export type KillPointName = keyof typeof KILL_POINTS;
