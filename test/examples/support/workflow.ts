import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { exampleEnvironment, runCommand } from './run-command.ts';

/** The parts of a GitHub Actions workflow that matter here. */
export interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

/** What a checked out, installed project needs no more. */
const ALREADY_DONE = ['npm ci'];

/**
 * Runs the `run` steps of a job as GitHub's runner does: each by `bash -e` in a process of its own, variables handed on by the file that
 * `GITHUB_ENV` names, background processes living on until the job ends.
 *
 * @returns what all steps printed
 * @throws {Error} when a step fails, with its output
 */
export async function runJob(t: Pick<TestContext, 'after'>, workflow: Workflow, name: string, folder: string): Promise<string> {
  const runnerTemp = join(folder, '.runner');
  mkdirSync(runnerTemp);
  const githubEnv = join(runnerTemp, 'github-env');
  const script = join(runnerTemp, 'step.sh');
  let output = '';
  let env = { ...exampleEnvironment(folder), GITHUB_ENV: githubEnv, RUNNER_TEMP: runnerTemp };
  for (const { run } of workflow.jobs[name]?.steps ?? []) {
    if (run === undefined || ALREADY_DONE.includes(run)) continue;
    writeFileSync(script, run);
    writeFileSync(githubEnv, '');
    const ran = await runCommand(t, ['bash', '-e', script], { cwd: folder, env, leavesProcesses: true });
    output += ran.output;
    if (ran.exitCode !== 0) throw new Error(`a step of ${name} ended with ${ran.exitCode}: ${run}\n${ran.output}`);
    env = { ...env, ...assignments(readFileSync(githubEnv, 'utf8')) };
  }
  return output;
}

function assignments(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
