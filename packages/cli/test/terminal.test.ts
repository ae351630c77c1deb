import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from '../src/durations.ts';
import { Output } from '../src/terminal/output.ts';
import { paintFor } from '../src/terminal/paint.ts';
import { oneLine, printable } from '../src/terminal/printable.ts';
import { bar, withProgressBar } from '../src/terminal/progress-bar.ts';
import { table } from '../src/terminal/table.ts';
import { absoluteTime, durationInWords, relativeTime } from '../src/terminal/time.ts';
import { wrapped } from '../src/terminal/wrap.ts';
import { UsageError } from '../src/usage-error.ts';

const plain = paintFor(false, {});

describe('durations', () => {
  test('number and unit', () => {
    assert.deepEqual(
      ['30s', '15m', '2h', '1d', '0s'].map((text) => parseDuration(text, '--x')),
      [30, 900, 7_200, 86_400, 0],
    );
  });

  test('anything else is refused', () => {
    for (const text of ['', '5', 'm', '1.5h', '-1s', '1 h', '1w', '1H', '99999999s']) {
      assert.throws(() => parseDuration(text, '--x'), UsageError, text);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!/^\s*[0-9]{1,7}[smhd]\s*$/.test(text)) assert.throws(() => parseDuration(text, '--x'), UsageError);
      }),
    );
  });

  test('in words', () => {
    const words = [0, 59, 60, 3_570, 3_600, 7_080, 7_199, 86_400, 172_800, 300_000].map(durationInWords);
    assert.deepEqual(words, ['0 s', '59 s', '1 min', '1 h', '1 h', '1 h 58 min', '2 h', '24 h', '2 d', '3 d 11 h']);
    assert.equal(relativeTime(1_000, 940_000), 'in 1 min');
    assert.equal(relativeTime(1_000, 1_060_000), '1 min ago');
    assert.equal(relativeTime(1_000, 1_000_000), 'now');
    assert.match(absoluteTime(1_795_395_420), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:UTC|[+-]\d\d:\d\d)$/);
  });
});

describe('text on a terminal', () => {
  test('nothing from elsewhere can steer it', () => {
    assert.equal(printable('a\u001b[2Jb\u0007\u009b'), 'a\\u001b[2Jb\\u0007\\u009b');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(oneLine(text), /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  test('columns are aligned, the last one is cut to the terminal', () => {
    const rows = [
      ['a', { text: 'ready', style: 'green' } as const, 'https://acme.my.salesforce.com'],
      ['longer', 'x', 'y\u001b[31m'],
    ];
    assert.equal(
      table(rows, { head: ['NAME', 'S', 'URL'], paint: plain, columns: 30 }),
      ['NAME    S      URL', 'a       ready  https://acme.m…', 'longer  x      y\\u001b[31m'].join('\n'),
    );
  });

  test('long text is broken at spaces and stands behind its label', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 12 }), { minLength: 1 }),
        (words) => {
          const lines = wrapped(words.join(' '), 7, 40).split('\n');
          assert.ok(lines.every((line, index) => line.length <= (index === 0 ? 33 : 40)));
          assert.deepEqual(lines.join(' ').split(/ +/), words);
        },
      ),
    );
    assert.equal(wrapped('a '.repeat(99), 7, undefined), 'a '.repeat(99));
  });

  test('colour only for a terminal, and not with NO_COLOR', () => {
    assert.equal(paintFor(true, {})('red', 'x'), '\u001b[31mx\u001b[39m');
    assert.equal(paintFor(true, { NO_COLOR: '1' })('red', 'x'), 'x');
    assert.equal(paintFor(true, { TERM: 'dumb' })('red', 'x'), 'x');
    assert.equal(plain('red', 'x'), 'x');
  });

  test('a reader that left is no error, a full disk is', async () => {
    for (const [code, fails] of [
      ['EPIPE', false],
      ['ENOSPC', true],
    ] as const) {
      const stdout = new PassThrough();
      const output = new Output(stdout, new PassThrough(), {});
      stdout.emit('error', Object.assign(new Error(code), { code }));
      output.result('more');
      assert.equal(stdout.read(), null);
      if (fails) await assert.rejects(output.flush(), { code });
      else await output.flush();
    }
  });
});

test('a bar says what is done, how much of it, and never more than all', () => {
  assert.equal(
    bar({ step: 'sealing anew', done: 5_000, total: 10_000 }),
    `sealing anew ${'█'.repeat(12)}${'░'.repeat(12)} 50 % 5,000 of 10,000`,
  );
  assert.match(bar({ step: 'verifying', done: 12, total: 10 }), /█{24} 100 %/);
  assert.equal(bar({ step: 'draining', done: 0, total: 0 }), 'draining …');
  assert.equal(bar({ step: 'copying pages', done: 3, total: undefined }), 'copying pages …');
  assert.doesNotMatch(bar({ step: 'waiting for other processes', done: 1_000, total: 45_000 }), /of/);
});

test('a bar is drawn on a terminal only, and not for what is over soon', async () => {
  const drawn: string[] = [];
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
  stderr.setEncoding('utf8').on('data', (text: string) => drawn.push(text));
  const output = new Output(new PassThrough(), stderr, {});
  const result = await withProgressBar(output, async (report) => {
    for (let done = 0; done < 100; done += 1) report({ step: 'verifying', done, total: 100 });
    return 'result';
  });
  assert.deepEqual([result, drawn], ['result', []]);
});
