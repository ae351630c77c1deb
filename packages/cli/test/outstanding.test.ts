import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectionStatus } from '@forcemint/core';
import { stateDocument } from '../src/connection-facts.ts';
import { outstandingInShort, outstandingRows } from '../src/connection-outstanding.ts';

const NOW_MS = 1_795_395_420_000;

function status(facts: Partial<ConnectionStatus> = {}, grant: 'refresh-token' | 'authorization-code' = 'refresh-token') {
  return {
    connection: { name: 'acme', settings: { grant } },
    state: 'ready',
    token: undefined,
    expiresInSeconds: 0,
    hasRefreshToken: true,
    failure: undefined,
    repeatsAtMs: undefined,
    hasStagedAnswer: false,
    pendingRevocations: 0,
    ...facts,
  } as ConnectionStatus;
}

function lines(of: ConnectionStatus): readonly string[] {
  return outstandingRows(of, NOW_MS).map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.text)).join(': '));
}

describe('what is not finished about a connection', () => {
  test('nothing', () => {
    assert.deepEqual(lines(status()), []);
    assert.equal(outstandingInShort(status(), NOW_MS), '');
    const { repeats_at, staged_answer, pending_revocations } = stateDocument(status());
    assert.deepEqual([repeats_at, staged_answer, pending_revocations], [null, false, 0]);
  });

  test('an answer that is staged and not stored', () => {
    const staged = status({ state: 'renewing', hasStagedAnswer: true, repeatsAtMs: NOW_MS });
    assert.deepEqual(lines(staged), [
      'staged: Salesforce’s answer is safe on disk and waits for the store',
      'do: take it up now: forcemint token acme',
    ]);
    assert.equal(outstandingInShort(staged, NOW_MS), 'answer staged');
    assert.equal(stateDocument(staged)['staged_answer'], true);
  });

  test('when an unanswered renewal is repeated: the instant, and how far off it is', () => {
    const later = status({ state: 'unknown', repeatsAtMs: NOW_MS + 118_000 });
    assert.match(
      lines(later).join(),
      /^repeated: once, by whoever asks for a token from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ on \(in 2 min\)$/,
    );
    assert.equal(outstandingInShort(later, NOW_MS), 'repeats in 2 min');
    assert.equal(stateDocument(later)['repeats_at'], NOW_MS / 1000 + 118);
    const due = status({ state: 'unknown', repeatsAtMs: NOW_MS - 1 });
    assert.deepEqual(lines(due), ['repeated: once, by the next one who asks for a token']);
    assert.equal(outstandingInShort(due, NOW_MS), 'repeats when asked');
  });

  test('grants that are still to be revoked', () => {
    assert.match(lines(status({ pendingRevocations: 1 })).join(), /^to revoke: 1 grant that it left behind: /);
    assert.match(lines(status({ pendingRevocations: 3 })).join(), /^to revoke: 3 grants that it left behind: /);
    assert.equal(outstandingInShort(status({ pendingRevocations: 3 }), NOW_MS), '3 to revoke');
    assert.equal(stateDocument(status({ pendingRevocations: 3 }))['pending_revocations'], 3);
  });

  test('a grant that was handed over, and one whose hand-over was cut short', () => {
    const gone = status({ state: 'handed-over', hasRefreshToken: false }, 'authorization-code');
    assert.match(lines(gone).join('\n'), /another product owns the grant.*\ndo: to have it back: forcemint login acme$/);
    assert.equal(outstandingInShort(gone, NOW_MS), '');
    const cut = status({ state: 'handed-over', hasRefreshToken: true });
    assert.match(lines(cut).join('\n'), /still kept here.*\ndo: finish it: forcemint export acme --hand-over --out F$/);
    assert.equal(outstandingInShort(cut, NOW_MS), 'file not written');
  });

  test('several things at once', () => {
    const both = status({ state: 'unknown', repeatsAtMs: NOW_MS + 60_000, pendingRevocations: 2 });
    assert.equal(outstandingInShort(both, NOW_MS), 'repeats in 1 min, 2 to revoke');
    assert.equal(lines(both).length, 2);
  });
});
