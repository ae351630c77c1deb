import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A text in a source file of this repository, there exactly once, and what to put in its place. */
export interface Edit {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A mistake, and the test that is there to notice it. */
export interface Defect {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Path from the root of the repository. */
  readonly testFile: string;
  readonly testName: string;
}

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** How the one test of a defect ended. */
export interface Verdict {
  readonly isRed: boolean;
  /** What the process printed, in TAP. */
  readonly output: string;
}

/**
 * Runs the one test of a defect, in a process of its own, with the defect planted or without.
 *
 * @throws {Error} when that test did not run at all
 */
export async function judge({ edits, testFile, testName }: Defect, isPlanted: boolean): Promise<Verdict> {
  const pattern = `/^${testName.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$/`;
  const output = await run(
    ['--conditions=source', '--test-reporter=tap', `--test-name-pattern=${pattern}`, join(ROOT, testFile)],
    isPlanted ? edits : [],
  );
  const verdict = output.split('\n').find((line) => /^ *(not )?ok \d+ - /.test(line) && line.endsWith(` - ${testName}`));
  if (verdict === undefined) throw new Error(`${testFile} has no test "${testName}":\n${output}`);
  return { isRed: verdict.trimStart().startsWith('not ok'), output };
}

function run(args: readonly string[], edits: readonly Edit[]): Promise<string> {
  const plant = join(import.meta.dirname, 'plant.ts');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    FORCEMINT_PLANTED_DEFECT: JSON.stringify(edits),
    NODE_OPTIONS: `--import=${plant}`,
  };
  // A test runner above this one would turn the report into its own format.
  delete env['NODE_TEST_CONTEXT'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
