import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ExampleProject } from './support/example-project.ts';
import { installFromNpm } from './support/install.ts';
import { runJob, type Workflow } from './support/workflow.ts';

const TOOLS = { '@action-validator/core': '0.6.0', yaml: '2.9.1' };

interface Tools {
  readonly validateWorkflow: (text: string) => { readonly errors: readonly unknown[] };
  readonly parse: (text: string) => Workflow;
}

async function tools(t: TestContext): Promise<Tools | undefined> {
  const installed = await installFromNpm(TOOLS);
  if ('missing' in installed) {
    t.skip(installed.missing);
    return undefined;
  }
  const load = createRequire(join(installed.folder, 'tools.js'));
  return { validateWorkflow: load('@action-validator/core').validateWorkflow, parse: load('yaml').parse };
}

function workflowOf(project: ExampleProject): string {
  return readFileSync(join(project.folder, 'emulator.yml'), 'utf8');
}

test('examples/emulator/github-actions: GitHub’s schema accepts the workflow', async (t) => {
  const { validateWorkflow } = (await tools(t)) ?? {};
  if (validateWorkflow === undefined) return;
  const text = workflowOf(new ExampleProject(t, 'github-actions'));
  assert.deepEqual(validateWorkflow(text).errors, []);
  assert.notDeepEqual(validateWorkflow(text.replace('runs-on:', 'run-on:')).errors, [], 'the validator sees a planted mistake');
});

for (const job of ['test', 'test-with-tls']) {
  test(`examples/emulator/github-actions: the steps of ${job}`, async (t) => {
    const { parse } = (await tools(t)) ?? {};
    if (parse === undefined) return;
    const project = new ExampleProject(t, 'github-actions');
    project.copyBuilt();
    const output = await runJob(t, parse(workflowOf(project)), job, project.folder);
    assert.match(output, /^. pass 2$/m);
  });
}

test('examples/emulator/github-actions: a step says why the emulator did not start', async (t) => {
  const { parse } = (await tools(t)) ?? {};
  if (parse === undefined) return;
  const project = new ExampleProject(t, 'github-actions');
  project.copyBuilt();
  const workflow = parse(workflowOf(project).replace('--json', '--json --port nonsense'));
  await assert.rejects(runJob(t, workflow, 'test', project.folder), /nonsense.{1,2} is no port/);
});
