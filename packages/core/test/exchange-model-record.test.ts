import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sized } from '../../../test/support/length.ts';
import type { RotatesSetting } from '../src/connections/connection.ts';
import { DURATIONS } from '../src/tokens/durations.ts';
import {
  ambiguous,
  answered,
  countAnother,
  dead,
  deleted,
  disappointed,
  type ExchangeRecord,
  type Failure,
  held,
  loginFailed,
  mayRotate,
  newExchangeRecord,
  start,
  startLogin,
  superseded,
  untouched,
} from '../src/tokens/exchange.ts';
import { wrongBetween, wrongWith } from './support/record-invariants.ts';

const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = sized(10_000, 1_000_000);
const START_MS = 1_800_000_000_000;

const FAILURE: Omit<Failure, 'seq'> = {
  atMs: START_MS,
  kind: 'transport',
  code: 'timeout',
  message: 'synthetic',
  retryable: true,
};

/** What an attempt can come to. */
const ENDS = ['untouched', 'new', 'same', 'none', 'held', 'dead', 'ambiguous', 'died'] as const;

const moves = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('start' as const),
        forced: fc.boolean(),
        livesForMs: fc.option(fc.constantFrom(60_000, 300_000, 7_200_000), { nil: undefined }),
        end: fc.constantFrom(...ENDS),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(10, 20_000, 31_000, 61_000, 121_000, 7_200_000, -3_600_000, 3_600_000),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('login' as const, 'login-fails' as const, 'login-answered' as const, 'login-held' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('another' as const, 'disappointed' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('superseded' as const, 'superseded' as const, 'deleted' as const) }),
    },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

const settings = fc.constantFrom<RotatesSetting>('auto', 'yes', 'no');

type Move = typeof moves extends fc.Arbitrary<(infer M)[]> ? M : never;
type Start = Extract<Move, { do: 'start' }>;

/** A connection's record with what a runner keeps beside it: the version, the time, and what was presented without an answer. */
class Connection {
  readonly setting: RotatesSetting;
  record = newExchangeRecord();
  version = 1;
  nowMs = START_MS;
  /** Requests with the current refresh token whose outcome nobody knows. */
  unanswered = 0;
  /** From when on the last of them was over. */
  overSinceMs = Number.NEGATIVE_INFINITY;

  constructor(setting: RotatesSetting) {
    this.setting = setting;
  }

  becomes(record: ExchangeRecord): void {
    const wrong = [...wrongWith(record, DURATIONS), ...wrongBetween(this.record, record)];
    assert.deepEqual(wrong, [], `${this.record.phase} → ${record.phase}`);
    this.record = record;
  }

  move(move: Move): void {
    const { record, nowMs, version } = this;
    if (move.do === 'start') this.start(move);
    else if (move.do === 'pass') this.pass(move.ms);
    else if (record.phase === 'deleted') return;
    else if (move.do === 'login') this.becomes(startLogin(record, { id: 'login', startedAtMs: nowMs, version }));
    else if (move.do === 'login-fails') this.becomes(loginFailed(record));
    else if (move.do === 'another') this.becomes(countAnother(record, nowMs, DURATIONS) ?? record);
    else if (move.do === 'disappointed') this.becomes(disappointed(record, FAILURE));
    else if (move.do === 'deleted') this.becomes(deleted(record));
    else if (move.do === 'superseded') this.renewed(superseded(record));
    else if (record.login === undefined) return;
    else this.renewed(move.do === 'login-held' ? held(record, 'login', 'new', FAILURE) : answered(record, 'login', 'new'));
  }

  pass(ms: number): void {
    // A clock that was set back makes the wait begin anew, and the instants of before mean nothing.
    if (ms < 0) this.overSinceMs += ms;
    this.nowMs += ms;
  }

  /** Another refresh token takes the place of the one before. */
  renewed(record: ExchangeRecord): void {
    this.version += 1;
    this.unanswered = 0;
    this.becomes(record);
  }

  start({ forced, livesForMs, end }: Start): void {
    const before = this.record;
    const risky = mayRotate(this.setting, before.rotation);
    const livesUntilMs = livesForMs === undefined ? undefined : this.nowMs + livesForMs;
    const decision = start(before, {
      nowMs: this.nowMs,
      attemptId: `attempt-${before.epoch + 1}`,
      forced,
      usesRefreshToken: true,
      mayRotate: risky,
      version: this.version,
      livesUntilMs,
      durations: DURATIONS,
    });
    if (before.phase === 'deleted' || before.phase === 'reauthorization-required') assert.equal(decision.do, 'refuse');
    if (before.phase === 'held' && !forced) assert.equal(decision.do, 'refuse');
    if (decision.do === 'wait') {
      const { unknownWaitMs, probeWindowMs, budgetWindowMs, forcedIntervalMs } = DURATIONS;
      const probeMs = Math.max(this.nowMs + unknownWaitMs, (livesUntilMs ?? 0) - probeWindowMs);
      const longest = { unknown: probeMs, budget: this.nowMs + budgetWindowMs, 'forced-too-soon': this.nowMs + forcedIntervalMs };
      assert.ok(decision.untilMs > this.nowMs, 'a wait that is over');
      assert.ok(decision.untilMs <= longest[decision.why], 'a wait longer than any');
    }
    if (decision.do !== 'post') {
      assert.notEqual(decision.record.phase, 'intent', 'an intent without a post');
      this.becomes(decision.record);
      return;
    }
    if (risky && this.unanswered > 0) {
      assert.equal(this.unanswered, 1, 'a third presentation without an answer');
      assert.equal(decision.record.attempt?.kind, 'probe', 'a repetition that is no probe');
      assert.ok(this.nowMs >= this.overSinceMs + DURATIONS.unknownWaitMs, 'a probe before its time');
      assert.ok((livesUntilMs ?? 0) <= this.nowMs + DURATIONS.probeWindowMs, 'a probe that risks a living access token');
    }
    assert.equal(decision.record.epoch, before.epoch + 1);
    this.becomes(decision.record);
    this.end(end, risky);
  }

  end(end: (typeof ENDS)[number], risky: boolean): void {
    const { record } = this;
    // What does not rotate can be posted again: its runner calls no outcome ambiguous.
    if (end === 'untouched' || (end === 'ambiguous' && !risky)) this.becomes(untouched(record, FAILURE));
    else if (end === 'dead') this.becomes(dead(record, 'refresh_token_dead', FAILURE));
    else if (end === 'held') this.renewed(held(record, 'renewal', 'new', FAILURE));
    else if (end === 'new') this.renewed(answered(record, 'renewal', 'new'));
    else if (end === 'same' || end === 'none') {
      this.unanswered = 0;
      this.becomes(answered(record, 'renewal', end));
    } else {
      this.unknown(risky);
      if (end === 'ambiguous') this.becomes(ambiguous(record, this.nowMs, FAILURE));
    }
  }

  unknown(risky: boolean): void {
    if (!risky) return;
    this.unanswered += 1;
    this.overSinceMs = this.nowMs;
  }
}

test(`every sequence of transitions keeps the record's invariants (seed ${seed})`, () => {
  fc.assert(
    fc.property(settings, moves, (setting, sequence) => {
      const connection = new Connection(setting);
      for (const move of sequence) connection.move(move);
    }),
    { seed, numRuns },
  );
});

test(`within any minute at most four requests start, whatever the sequence (seed ${seed})`, () => {
  fc.assert(
    fc.property(settings, moves, (setting, sequence) => {
      const connection = new Connection(setting);
      const startsMs: number[] = [];
      for (const move of sequence) {
        if (move.do === 'pass' && move.ms < 0) continue;
        const { epoch, phase } = connection.record;
        connection.move(move);
        if (move.do === 'start' && phase !== 'deleted' && connection.record.epoch > epoch) startsMs.push(connection.nowMs);
      }
      for (const [index, startMs] of startsMs.entries()) {
        const fifth = startsMs[index + DURATIONS.budgetRequests] ?? Number.POSITIVE_INFINITY;
        assert.ok(fifth >= startMs + DURATIONS.budgetWindowMs, `five starts within ${fifth - startMs} ms`);
      }
    }),
    { seed, numRuns },
  );
});
