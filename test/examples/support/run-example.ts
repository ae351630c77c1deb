import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ExampleProject } from './example-project.ts';
import { exampleEnvironment, leftTemporaryFiles, type Ran, runCommand } from './run-command.ts';

/** Runs an example as its reader would, expects it to succeed and to leave nothing behind. */
export async function runExample(
  t: Pick<TestContext, 'after'>,
  { folder }: ExampleProject,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const ran = await runCommand(t, command, { cwd: folder, env: { ...exampleEnvironment(folder), ...env } });
  assert.equal(ran.exitCode, 0, ran.output);
  assert.deepEqual(leftTemporaryFiles(folder), []);
  return ran;
}
