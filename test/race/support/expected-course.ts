import { KILL_POINTS, type KillPointName } from '../../support/kill-points.ts';

/** `kept`: nobody notices. `lost`: the server rotated and nobody has the answer. `given up`: nothing left, twice, and nobody can know that. */
export type Fate = 'kept' | 'lost' | 'given up';

/** What must be seen when processes die at these points, one after the other, and the last one settles. */
export interface Course {
  readonly fate: Fate;
  /** Outcomes of the connection's token requests in the ledger. */
  readonly outcomes: readonly string[];
  /** A human must authorize again if and only if this is not `kept`. */
  readonly isUnknownMet: boolean;
}

export interface Circumstances {
  readonly rotates: boolean;
  /** `renew`: by force, while a token lives. `get-token`: the token has run out. */
  readonly by: 'renew' | 'get-token';
}

/** The protocol in a few lines, told a second time, so that a run can be held against it exactly. */
export function expectedCourse(points: readonly KillPointName[], { rotates, by }: Circumstances): Course {
  const outcomes: string[] = [];
  /** Intents found without an answer; the second is the one repetition. */
  let orphans = 0;
  let isConsumed = false;
  let isStaged = false;
  let isStored = false;
  const request = (): void => {
    outcomes.push(isConsumed ? 'invalid_grant' : 'ok');
    isConsumed ||= rotates;
  };
  for (const point of points) {
    const { found, isRequested } = KILL_POINTS[point];
    if (isRequested && !isStaged) request();
    if (found === 'intent' && rotates) orphans += 1;
    isStaged = found === 'staged';
    isStored = found === 'stored';
  }
  const isUnknownMet = orphans > 0;
  if (isStaged) return { fate: 'kept', outcomes, isUnknownMet };
  if (isStored) {
    if (by === 'renew') outcomes.push('ok');
    return { fate: 'kept', outcomes, isUnknownMet };
  }
  if (orphans < 2) request();
  const fate = outcomes.includes('invalid_grant') || (orphans >= 2 && isConsumed) ? 'lost' : orphans >= 2 ? 'given up' : 'kept';
  return { fate, outcomes, isUnknownMet };
}
