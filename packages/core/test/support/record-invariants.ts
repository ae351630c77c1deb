import type { Durations } from '../../src/tokens/durations.ts';
import type { ExchangeRecord } from '../../src/tokens/exchange.ts';

/** What is wrong with a record by itself; empty: nothing. */
export function wrongWith(record: ExchangeRecord, durations: Durations): string[] {
  const { phase, attempt, failure, heldFailure } = record;
  const hasAttempt = phase === 'intent' || phase === 'unknown';
  const rules: readonly (readonly [holds: boolean, rule: string])[] = [
    [hasAttempt === (attempt !== undefined), `${phase} ${hasAttempt ? 'without' : 'with'} an attempt`],
    [phase !== 'unknown' || record.unknownSinceMs !== undefined, 'unknown without since when'],
    [phase !== 'unknown' || attempt?.kind !== 'probe', 'unknown although its one probe was spent'],
    [phase !== 'reauthorization-required' || record.reauthorization !== undefined, 'reauthorization-required without a reason'],
    [phase !== 'held' || heldFailure !== undefined, 'held without a reason'],
    [phase !== 'deleted' || record.login === undefined, 'deleted with a login under way'],
    [failure === undefined || failure.seq <= record.settled, 'a failure of an attempt that has not settled yet'],
    [record.recentStartsMs.length <= durations.budgetRequests, 'more starts than the budget has'],
    [record.login === undefined || record.login.kind === 'login', 'a login that is none'],
    [attempt?.kind !== 'login', 'a renewal that is a login'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule);
}

/** What may not have happened between two records of one connection, one written after the other; empty: all is well. */
export function wrongBetween(before: ExchangeRecord, after: ExchangeRecord): string[] {
  const rules: readonly (readonly [holds: boolean, rule: string])[] = [
    [after.epoch >= before.epoch, 'the epoch fell'],
    [after.settled >= before.settled, 'the count of settled attempts fell'],
    [after.settled <= before.settled + 2, 'one write settled more than an orphan and an attempt'],
    [before.phase !== 'deleted' || after.phase === 'deleted', 'a deleted connection came back'],
    [after.phase !== 'intent' || before.phase === 'intent' || after.epoch > before.epoch, 'an intent that no start announced'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule);
}
