import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Edit } from '../mutations/defect.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import type { Summary } from './report.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const PLANT = fileURLToPath(new URL('../mutations/plant.ts', import.meta.url));

interface Line {
  readonly type: string;
  readonly phase?: string;
  readonly text?: string;
}

/** One run with `--json`; `seen` is told each line. */
async function chaos(
  t: TestContext,
  args: readonly string[],
  seen: (line: Line, child: ChildProcess) => void,
  edits: readonly Edit[] = [],
): Promise<{ exitCode: number | null; lines: Line[]; summary: Summary; leftBehind: readonly string[] }> {
  const temporary = temporaryHome(t);
  const child = spawn(process.execPath, ['--conditions=source', RUN, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      TMPDIR: temporary,
      NODE_TEST_CONTEXT: undefined,
      FORCEMINT_PLANTED_DEFECT: JSON.stringify(edits),
      ...(edits.length === 0 ? {} : { NODE_OPTIONS: `--import=${PLANT}` }),
    },
  });
  t.after(() => child.kill('SIGTERM'));
  const exited = once(child, 'exit');
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line: Line & Summary = JSON.parse(text);
    lines.push(line);
    seen(line, child);
  }
  const [exitCode] = await exited;
  const summary = lines.at(-1) as Line & Summary;
  t.diagnostic(`${args.join(' ')}: ${JSON.stringify(summary.counters)}`);
  return { exitCode, lines, summary, leftBehind: readdirSync(temporary) };
}

/** The repetition of a request without an answer does not wait for it to be over. */
const IMPATIENT: Edit = {
  file: 'packages/core/src/tokens/exchange.ts',
  find: 'if (request.nowMs < untilMs) return',
  replace: 'if (request.nowMs < 0) return',
};

test('npm run chaos', { concurrency: true }, async (t) => {
  const whole = t.test('kills for as long as it was told, comes to rest, and finds the product sound', async (t) => {
    const args = ['--seconds', '3', '--workers', '2', '--connections', '4', '--seed', '4711'];
    const { exitCode, lines, summary, leftBehind } = await chaos(t, args, () => undefined);
    assert.deepEqual(summary.violations, []);
    assert.equal(exitCode, 0);
    assert.equal(summary.sound, true);
    assert.equal(summary.seed, 4711);
    const { counters, connections } = summary;
    assert.ok(counters.kills > 0 && counters.rotations > 0 && counters.requests >= counters.rotations);
    assert.equal(counters.violations, 0);
    assert.deepEqual(
      connections.map(({ connection, standing }) => `${connection} ${standing}`),
      ['acme-1 stored', 'acme-2 stored', 'acme-3 stored', 'acme-4 stored'],
    );
    assert.equal(
      connections.reduce((sum, { grants }) => sum + grants - 1, 0),
      counters.lostToKills + counters.lostToFaults,
    );
    assert.equal(lines.filter(({ type }) => type === 'kill').length, counters.kills);
    assert.ok(lines.some(({ type, phase }) => type === 'tick' && phase === 'killing'));
    assert.deepEqual(leftBehind, []);
  });
  const planted = t.test('ends with 1 when the product presents a token too early; Ctrl-C comes to rest first', async (t) => {
    let isInterrupted = false;
    const interruptOnce = ({ type }: Line, child: ChildProcess): void => {
      if (type !== 'violation' || isInterrupted) return;
      isInterrupted = child.kill('SIGINT');
    };
    const args = ['--workers', '2', '--connections', '6', '--seconds', '60'];
    const { exitCode, lines, summary, leftBehind } = await chaos(t, args, interruptOnce, [IMPATIENT]);
    assert.match(lines.find(({ type }) => type === 'violation')?.text ?? '', /repeated after|overlaps/);
    assert.equal(exitCode, 1);
    assert.equal(summary.sound, false);
    assert.ok(summary.violations.length > 0);
    assert.equal(summary.connections.length, 6, 'every connection was judged at rest');
    assert.deepEqual(leftBehind, []);
  });
  await Promise.all([whole, planted]);
});
