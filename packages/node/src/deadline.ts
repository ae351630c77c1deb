/** A timer that fires this much late has slept with its process: stopped, or suspended with the machine. */
const LATE_MS = 250;
/** What a process that was asleep gets, to take what came meanwhile. */
const AFTER_SLEEP_MS = 5_000;
/** Turns of the event loop between the deadline and the end, in which what lies in the socket is read. */
const TURNS = 3;

/** A deadline of a request; `cancel` when it is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/**
 * Aborts after `deadlineMs`, but never before an answer that has already arrived could be read: timers run before sockets are looked at, and a process that
 * was stopped past its deadline finds both at once. That answer may hold the only refresh token that works.
 */
export function patientDeadline(deadlineMs: number): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  let cancelled = false;
  const wait = (ms: number, then: () => void): void => {
    timer = setTimeout(then, ms);
  };
  const end = (turns: number): void => {
    if (cancelled) return;
    if (turns === 0) controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    else setImmediate(() => end(turns - 1));
  };
  const dueAtMs = performance.now() + deadlineMs;
  wait(deadlineMs, () => {
    const slept = performance.now() - dueAtMs > LATE_MS;
    if (slept) wait(AFTER_SLEEP_MS, () => end(TURNS));
    else end(TURNS);
  });
  return {
    signal: controller.signal,
    cancel: () => {
      cancelled = true;
      clearTimeout(timer);
    },
  };
}
