import { setImmediate as nextTurn } from 'node:timers/promises';

/** What of a process draining needs. */
export interface SignalledProcess {
  readonly pid: number;
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  listenerCount(event: NodeJS.Signals): number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

/**
 * On the first of `signals`, `drain`s; then takes itself away and, where nobody else listens to that signal, lets it end the process as it would have.
 * A second signal ends the process at once.
 */
export function drainOnSignal(
  drain: () => Promise<void>,
  signals: readonly NodeJS.Signals[],
  process: SignalledProcess,
): Disposable {
  const stopListening = (): void => {
    for (const signal of signals) process.off(signal, receive);
  };
  function receive(signal: NodeJS.Signals): void {
    stopListening();
    const others = process.listenerCount(signal) > 0;
    // While this process drains a second signal must find its default action; so the first one's is only made up for afterwards.
    void drain()
      // Whoever waited for one of those exchanges gets a turn to use what it brought.
      .finally(() => nextTurn())
      .finally(() => {
        if (!others) process.kill(process.pid, signal);
      });
  }
  for (const signal of signals) process.on(signal, receive);
  return { [Symbol.dispose]: stopListening };
}
