/** `npm run chaos [-- options]`: processes killed at random while their refresh tokens rotate, and the ledger's verdict, live. */
import { paintFor } from '../../packages/cli/src/terminal/paint.ts';
import { runChaos } from './chaos.ts';
import { exitCodeOf } from './judge.ts';
import { type ChaosOptions, chaosOptions, HELP } from './options.ts';
import type { Show } from './report.ts';
import { JsonShow, PlainShow, TerminalShow } from './shows.ts';

const USAGE = 2;
/** A terminal and a package manager may both deliver the same Ctrl-C. */
const SAME_KEYPRESS_MS = 500;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const cleanUps: (() => unknown)[] = [];

/** In a hurry each is begun only; what ends processes and removes files does so at once. */
process.once('exit', () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

process.exitCode = await main();

async function main(): Promise<number> {
  let options: ChaosOptions | 'help';
  try {
    options = chaosOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\nSee: npm run chaos -- --help`);
    return USAGE;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const show = showFor(options);
  const summary = await runChaos(options, show, { after: (cleanUp) => cleanUps.push(cleanUp) }, interruption());
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  show.ended(summary);
  return exitCodeOf(summary);
}

function showFor({ json }: ChaosOptions): Show {
  const { stdout } = process;
  if (json) return new JsonShow(stdout);
  if (!stdout.isTTY) return new PlainShow(stdout);
  const terminal = new TerminalShow(stdout, paintFor(true, process.env));
  process.once('exit', () => terminal.leave());
  return terminal;
}

/** Aborted by the first signal, or when nobody reads any more; the second signal ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      const nowMs = performance.now();
      firstMs ??= nowMs;
      controller.abort();
      if (nowMs - firstMs > SAME_KEYPRESS_MS) process.exit(code);
    });
  }
  process.stdout.on('error', () => controller.abort());
  return controller.signal;
}
