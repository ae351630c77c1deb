import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '@forcemint/emulator';
import { historyOf, violations } from '../support/ledger-history.ts';
import { exitCodeOf, isSound, mayBeGivenUp, type Stored, standing } from './judge.ts';
import { LedgerWatch } from './ledger-watch.ts';

const LEAST_WAIT_MS = 500;

/** A request that takes 10 ms and rotates `presented` into `issued`; what is given is otherwise. */
function entry(
  seq: number,
  startedAtMs: number,
  presented: string,
  issued: string | null,
  changes: Partial<LedgerEntry> = {},
): LedgerEntry {
  return {
    seq,
    host: 'login',
    startedAtMs,
    endedAtMs: startedAtMs + 10,
    clockMs: startedAtMs,
    grantType: 'refresh_token',
    clientId: 'app',
    subject: 'acme@emulator.example',
    status: issued === null ? 400 : 200,
    outcome: issued === null ? 'invalid_grant' : 'ok',
    description: null,
    presented,
    issued,
    consumed: issued !== null,
    written: true,
    ...changes,
  };
}

function watchOf(...entries: readonly LedgerEntry[]): LedgerWatch {
  const watch = new LedgerWatch(LEAST_WAIT_MS);
  watch.adopt('acme', 'a');
  watch.look(entries);
  return watch;
}

const SOUND = [entry(1, 0, 'a', 'b'), entry(2, 20, 'b', 'c'), entry(3, 1_000, 'c', 'd')];

test('a ledger read piece by piece, requests still under way in it, is judged as the whole of it is', () => {
  const unsound = [...SOUND, entry(4, 1_005, 'd', null), entry(5, 2_000, 'a', null)];
  const whole = historyOf(unsound, 'a');
  for (let cut = 0; cut < unsound.length; cut += 1) {
    const watch = new LedgerWatch(LEAST_WAIT_MS);
    watch.adopt('acme', 'a');
    const [underway] = unsound.slice(cut, cut + 1).map((one) => ({ ...one, endedAtMs: null, issued: null, consumed: false }));
    watch.look([...unsound.slice(0, cut), ...(underway === undefined ? [] : [underway])]);
    assert.deepEqual(watch.inFlight(), ['acme']);
    watch.look(unsound.filter(({ seq }) => seq > watch.afterSeq));
    assert.deepEqual(watch.history('acme'), whole);
    assert.deepEqual(
      watch.violations,
      violations(whole, LEAST_WAIT_MS).map((text) => `acme ${text}`),
    );
    assert.deepEqual([watch.requests, watch.rotations, watch.inFlight()], [5, 3, []]);
  }
});

test('a sound ledger has no violations; each planted one is found, and stays found when the grant is given up', () => {
  assert.deepEqual(watchOf(...SOUND).violations, []);
  for (const [planted, found] of [
    [entry(4, 1_005, 'd', 'e'), /acme #4: overlaps #3/],
    [entry(4, 1_100, 'b', null), /acme #4: an old token after a newer one was used/],
    [entry(4, 1_100, 'c', null), /acme #4: repeated after 100 ms; 500 ms is the least/],
    [entry(4, 1_100, 'stranger', null), /#4: presents a token of no grant/],
  ] as const) {
    const watch = watchOf(...SOUND, planted);
    assert.match(watch.violations.join('\n'), found);
    watch.adopt('acme', 'z');
    assert.match(watch.violations.join('\n'), found);
  }
});

test('nobody may present a token of a grant that was given up; what was seen before may be seen again', () => {
  const underway = entry(4, 2_000, 'y', null, { endedAtMs: null });
  const last = entry(5, 2_001, 'd', 'e');
  const watch = watchOf(...SOUND);
  watch.adopt('other', 'y');
  watch.look([underway, last]);
  watch.adopt('acme', 'z');
  watch.look([underway, last]);
  assert.deepEqual(watch.violations, []);
  watch.look([underway, last, entry(6, 3_000, 'e', null)]);
  assert.deepEqual(watch.violations, ['acme #6: presents a token of a grant that was given up']);
});

const stored = (refreshToken: string, changes: Partial<Stored> = {}): Stored => ({
  phase: 'idle',
  reauthorization: undefined,
  refreshToken,
  ...changes,
});

test('at rest the newest token issued is stored, or the connection says that its grant is lost', () => {
  const history = historyOf(SOUND, 'a');
  assert.equal(standing(stored('d'), history), 'stored');
  assert.equal(standing(stored('c'), history), 'violated');
  assert.equal(standing(stored('d', { phase: 'unknown' }), history), 'violated');
  assert.equal(standing(stored('c', { phase: 'reauthorization-required' }), history), 'lost-and-named');
});

test('a grant may be given up only if its answer was lost, or the one repetition had none either', () => {
  const history = historyOf(SOUND, 'a');
  const dead = { phase: 'reauthorization-required', reauthorization: 'refresh_token_dead' } as const;
  assert.equal(mayBeGivenUp(stored('c', dead), history), true);
  assert.equal(mayBeGivenUp(stored('d', dead), history), false, 'the server never used it up');
  assert.equal(mayBeGivenUp(stored('b', dead), history), false, 'its successor was presented, so it was known');
  assert.equal(mayBeGivenUp(stored('d', { ...dead, reauthorization: 'refresh_token_lost' }), history), true);
});

test('one violation, or one connection that is not where it should be, makes the exit code 1', () => {
  const connection = { connection: 'acme', version: 4, grants: 1, standing: 'stored' } as const;
  assert.equal(exitCodeOf({ sound: isSound([connection], []) }), 0);
  assert.equal(exitCodeOf({ sound: isSound([{ ...connection, standing: 'lost-and-named' }], []) }), 0);
  assert.equal(exitCodeOf({ sound: isSound([connection], ['acme #4: overlaps #3']) }), 1);
  assert.equal(exitCodeOf({ sound: isSound([{ ...connection, standing: 'violated' }], []) }), 1);
});
