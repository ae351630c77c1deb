import type { TestContext } from 'node:test';
import { ExampleProject } from './example-project.ts';
import { installFromNpm } from './install.ts';

/** A copy of an example with our built packages and its tools from npm; undefined, the test being skipped, where npm can't fetch them. */
export async function builtExample(t: TestContext, name: string): Promise<ExampleProject | undefined> {
  const project = new ExampleProject(t, name);
  const dependencies = project.foreignDependencies;
  const installed = await installFromNpm(dependencies);
  if ('missing' in installed) {
    t.skip(installed.missing);
    return undefined;
  }
  project.copyBuilt();
  project.linkInstalled(installed.folder, Object.keys(dependencies));
  return project;
}
