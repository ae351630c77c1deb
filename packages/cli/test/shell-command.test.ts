import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { shellCommand, shellWord } from '../src/emulator/shell-command.ts';

/** What a shell makes of the words behind it. */
function wordsOf(command: string): string {
  return spawnSync('/bin/sh', ['-c', `show() { for word in "$@"; do printf '<%s>' "$word"; done; }\nshow ${command}`], {
    encoding: 'utf8',
  }).stdout;
}

test('the shell reads each word as it was, however the command is broken', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab $\'"\\`!*~#&;|<>()='), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.integer({ min: 10, max: 60 }), (words, columns) => {
      assert.equal(wordsOf(shellCommand(words.map(shellWord), columns, 2)), words.map((text) => `<${text}>`).join(''));
    }),
    { numRuns: 40 },
  );
});

test('lines end within the terminal where the parts allow it, and a pipe gets one line', () => {
  const parts = Array.from({ length: 30 }, (_, index) => `--flag-${index} value`);
  const lines = `  ${shellCommand(parts, 80, 2)}`.split('\n');
  assert.ok(lines.length > 3);
  for (const line of lines) assert.ok(line.length <= 80, line);
  assert.ok(lines.slice(1).every((line) => line.startsWith('    --flag')));
  assert.ok(lines.slice(0, -1).every((line) => line.endsWith(' \\') && line.length > 62));
  assert.equal(shellCommand(parts, undefined, 2), parts.join(' '));
});
