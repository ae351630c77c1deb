import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '@forcemint/emulator';
import { historyOf, misplaced, overlaps, violations, wasLost } from '../support/ledger-history.ts';

/** The judge of kills and races is judged itself: by ledgers that nothing of ours wrote, sound ones and bad ones. */

const LEAST_WAIT_MS = 1_000;
/** How long each request takes. */
const TAKES_MS = 50;

interface Post {
  readonly atMs: number;
  readonly presents: string;
  /** The token that the server gives in its place; without one it refuses. */
  readonly issues?: string;
  readonly description?: string;
  /** `null`: still at it. */
  readonly endedAtMs?: number | null;
}

function ledgerOf(posts: readonly Post[]): LedgerEntry[] {
  return posts.map(({ atMs, presents, issues = null, description = null, endedAtMs = atMs + TAKES_MS }, index) => ({
    seq: index + 1,
    host: 'login',
    startedAtMs: atMs,
    endedAtMs,
    clockMs: atMs,
    grantType: 'refresh_token',
    clientId: 'app',
    subject: 'user',
    status: issues === null ? 400 : 200,
    outcome: issues === null ? 'invalid_grant' : 'ok',
    description,
    presented: presents,
    issued: issues,
    consumed: issues !== null,
    written: true,
  }));
}

function judged(posts: readonly Post[]): string[] {
  return violations(historyOf(ledgerOf(posts), 'v0'), LEAST_WAIT_MS);
}

const SOUND: Readonly<Record<string, readonly Post[]>> = {
  'nothing happened': [],
  'a chain': [
    { atMs: 0, presents: 'v0', issues: 'v1' },
    { atMs: 100, presents: 'v1', issues: 'v2' },
    { atMs: 200, presents: 'v2', issues: 'v3' },
  ],
  'a lost answer, and the one repetition': [
    { atMs: 0, presents: 'v0', issues: 'v1' },
    { atMs: 1_000, presents: 'v0' },
  ],
  'a request that did nothing, and the one repetition': [
    { atMs: 0, presents: 'v0' },
    { atMs: 1_500, presents: 'v0', issues: 'v1' },
    { atMs: 1_600, presents: 'v1', issues: 'v2' },
  ],
  'another grant in between': [
    { atMs: 0, presents: 'v0', issues: 'v1' },
    { atMs: 10, presents: 'w0', issues: 'w1' },
    { atMs: 100, presents: 'v1', issues: 'v2' },
  ],
};

for (const [what, posts] of Object.entries(SOUND)) {
  test(`the judge has nothing against: ${what}`, () => assert.deepEqual(judged(posts), []));
}

const BAD: Readonly<Record<string, { readonly posts: readonly Post[]; readonly named: RegExp }>> = {
  'two requests in flight': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 49, presents: 'v1', issues: 'v2' },
    ],
    named: /^#2: overlaps #1$/,
  },
  'a request beside one that has not ended': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1', endedAtMs: null },
      { atMs: 5_000, presents: 'v0' },
    ],
    named: /^#2: overlaps #1$/,
  },
  'a repetition before its time': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 999, presents: 'v0' },
    ],
    named: /^#2: repeated after 999 ms; 1000 ms is the least$/,
  },
  'a second repetition': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 1_000, presents: 'v0' },
      { atMs: 2_000, presents: 'v0' },
    ],
    named: /^#3: presented 3 times$/,
  },
  'an old token after its successor was used': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 2_000, presents: 'v1', issues: 'v2' },
      { atMs: 4_000, presents: 'v0' },
    ],
    named: /^#3: an old token after a newer one was used$/,
  },
  'a successor that was used, after the old one was repeated': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 1_000, presents: 'v1', issues: 'v2' },
      { atMs: 2_000, presents: 'v2', issues: 'v3' },
      { atMs: 3_000, presents: 'v1' },
    ],
    named: /^#4: an old token after a newer one was used$/,
  },
  'a request with a token that the server is at work on': {
    posts: [
      { atMs: 0, presents: 'v0', issues: 'v1' },
      { atMs: 1_000, presents: 'v0', description: 'token request is already being processed' },
    ],
    named: /^#2: posted while the server was at work on the same token$/,
  },
};

for (const [what, { posts, named }] of Object.entries(BAD)) {
  test(`the judge names: ${what}`, () => {
    const found = judged(posts);
    assert.equal(found.length, 1, found.join('; '));
    assert.match(found[0] ?? '', named);
  });
}

test('the judge names overlaps of grants that do not rotate, and lets them present the same token again', () => {
  const posts: Post[] = [0, 100, 149].map((atMs) => ({ atMs, presents: 'v0' }));
  assert.deepEqual(overlaps(ledgerOf(posts)), ['#3: overlaps #2']);
});

test('the judge asks where the newest refresh token is', () => {
  const history = historyOf(ledgerOf([{ atMs: 0, presents: 'v0', issues: 'v1' }]), 'v0');
  assert.deepEqual(misplaced(history, { stored: 'v1', isNamed: false }), []);
  assert.deepEqual(misplaced(history, { stored: 'v0', staged: 'v1', isNamed: false }), []);
  assert.deepEqual(misplaced(history, { stored: 'v0', isNamed: true }), []);
  for (const where of [{ stored: 'v0' }, { stored: undefined }, { stored: 'v0', staged: 'v0' }]) {
    assert.match(misplaced(history, { ...where, isNamed: false }).join(), /^the newest token v1 is neither stored/);
  }
});

test('a grant is lost when its token was used up and nobody ever presented the next one', () => {
  const lost = ledgerOf([
    { atMs: 0, presents: 'v0', issues: 'v1' },
    { atMs: 1_000, presents: 'v0' },
  ]);
  assert.equal(wasLost(historyOf(lost, 'v0'), 'v0'), true);
  const kept = ledgerOf([
    { atMs: 0, presents: 'v0', issues: 'v1' },
    { atMs: 1_000, presents: 'v1', issues: 'v2' },
  ]);
  assert.equal(wasLost(historyOf(kept, 'v0'), 'v0'), false);
  assert.equal(wasLost(historyOf(ledgerOf([{ atMs: 0, presents: 'v0' }]), 'v0'), 'v0'), false);
});
