import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { paintFor } from '../../packages/cli/src/terminal/paint.ts';
import { frame } from './frame.ts';
import { chaosOptions } from './options.ts';
import type { Counters, Snapshot } from './report.ts';
import { TerminalShow } from './shows.ts';

const COUNTERS: Counters = {
  kills: 1_234,
  killsInFlight: 567,
  stops: 89,
  faults: 1_011,
  requests: 1_234_567,
  rotations: 1_234_000,
  adopted: 1_213,
  unknown: 14_151,
  lostToKills: 61,
  lostToFaults: 71,
  violations: 0,
};

function snapshot(connections: number, workers: number): Snapshot {
  return {
    phase: 'killing',
    seed: 999_999_999,
    elapsedMs: 3_723_000,
    counters: COUNTERS,
    workers: Array.from({ length: workers }, (_, index) => ({ worker: index + 1, pid: 4_194_304, state: 'renewing' })),
    connections: Array.from({ length: connections }, (_, index) => ({
      connection: `acme-${index + 1}`,
      version: 12_345,
      state: 'reauthorization-required',
      lastEvent: 'adopted',
      lastEventAgoMs: 99_900,
    })),
    happenings: Array.from({ length: 20 }, (_, index) => ({
      type: 'kill',
      text: `worker ${index} (4194304) killed while it was stopped; under way: ${'acme-100, '.repeat(30)}`,
      elapsedMs: 3_723_000,
    })),
  };
}

test('a frame never has more lines or columns than the screen, and its columns stand below each other', () => {
  for (const [columns, rows] of [
    [80, 24],
    [120, 50],
    [40, 12],
    [1, 1],
  ] as const) {
    for (const [connections, workers] of [
      [1, 1],
      [6, 3],
      [999, 64],
    ] as const) {
      const lines = frame(snapshot(connections, workers), { columns, rows, paint: (_style, text) => text });
      assert.ok(lines.length <= rows, `${lines.length} lines on ${rows}`);
      for (const line of lines) assert.ok(line.length <= columns, line);
    }
  }
  const lines = frame(snapshot(6, 3), { columns: 80, rows: 24, paint: (_style, text) => text });
  const table = lines.filter((line) => line.startsWith('acme-') || line.startsWith('connection'));
  assert.deepEqual([...new Set(table.map((line) => line.search(/state|reauth/)))].length, 1);
  assert.equal(table.length, 7, 'every connection has its line on an ordinary screen');
  assert.ok(
    lines.every((line) => !line.startsWith('acme') || line.endsWith('ago')),
    'nothing of the table is cut off',
  );
});

class Recorded extends Writable {
  readonly columns = 80;
  readonly rows = 24;
  readonly writes: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString('utf8'));
    done();
  }
}

test('a frame is one write, colours only where they are wanted, and screen and cursor come back once', () => {
  for (const [env, isColoured] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ] as const) {
    const out = new Recorded();
    const show = new TerminalShow(out, paintFor(true, env));
    show.stands(snapshot(6, 3));
    show.stands(snapshot(6, 3));
    assert.equal(out.writes.length, 2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    assert.equal(/\u001b\[[0-9;]+m/.test(out.writes.join('')), isColoured);
    assert.ok(stripVTControlCharacters(out.writes[1] ?? '').startsWith('Forcemint chaos'));
    show.leave();
    show.leave();
    const all = out.writes.join('');
    for (const [on, off] of [
      ['\u001b[?25l', '\u001b[?25h'],
      ['\u001b[?1049h', '\u001b[?1049l'],
    ] as const) {
      assert.deepEqual([all.split(on).length, all.split(off).length], [2, 2]);
    }
  }
});

test('options: what is not understood is said, with what would be', () => {
  assert.deepEqual(chaosOptions(['--seconds', '30', '--workers', '4', '--connections', '12', '--seed', '7', '--json']), {
    seconds: 30,
    workers: 4,
    connections: 12,
    seed: 7,
    json: true,
  });
  assert.equal(chaosOptions(['--help']), 'help');
  for (const [args, message] of [
    [['--seconds', '0'], /^TypeError: --seconds takes an integer from 1 to 604800, not "0"$/],
    [['--workers', 'many'], /^TypeError: --workers takes an integer from 1 to 64, not "many"$/],
    [['--connections', '1e3'], /--connections/],
    [['--forever'], /--forever/],
    [['acme'], /acme/],
  ] as const) {
    assert.throws(() => chaosOptions(args), message);
  }
});
