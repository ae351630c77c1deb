import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { SetupAnswers } from '../src/setup/answers.ts';
import { generate } from '../src/setup/generate.ts';
import { setupText } from '../src/setup/setup-report.ts';
import { Output } from '../src/terminal/output.ts';

const ANSWERS: SetupAnswers = {
  grant: 'jwt-bearer',
  orgKind: 'production',
  app: 'external-client-app',
  loginUrl: undefined,
  selfAuthorize: true,
  username: 'sync@acme.example',
  email: 'admins@acme.example',
  label: 'Forcemint acme',
};
const FOLDER = "/home/o'neil/my orgs";

/** The steps as a terminal of that width shows them. */
async function stepsAt(columns: number): Promise<readonly string[]> {
  const options = { name: 'acme', folder: FOLDER, callbackUrl: undefined, days: undefined, targetOrg: 'uat', nowMs: Date.now() };
  const made = await generate(ANSWERS, options);
  const output = new Output(Object.assign(new PassThrough(), { columns }), new PassThrough(), {});
  return setupText(output, { name: 'acme', folder: FOLDER, ...made }).split(/\n ?\d+\. /);
}

/** What a shell makes of the command in a step: one line for each word, one `$` for each command. */
function pasted(step: string): readonly string[] {
  const functions = ['cd', 'sf', 'forcemint'].map((name) => `${name}() { printf '%s\\n' '$' ${name} "$@"; }`);
  const command = step.slice(step.search(/^ {4}(?:cd|forcemint) /m));
  return execFileSync('sh', ['-c', `${functions.join('\n')}\n${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

test('a command can be pasted as it stands, however narrow the terminal is', async () => {
  for (const columns of [40, 60, 100, 300]) {
    const [, deploy = '', , move = ''] = await stepsAt(columns);
    assert.deepEqual(
      pasted(deploy).join(' '),
      `$ cd ${FOLDER} $ sf project deploy start --manifest manifest/package.xml --api-version 66.0 --target-org uat`,
      String(columns),
    );
    const [words, ...others] = pasted(move).join(' ').split(' --');
    assert.equal(words, '$ forcemint update acme', String(columns));
    assert.deepEqual(others, [
      'login-url https://MyDomainName.my.salesforce.com',
      `private-key-file ${FOLDER}/acme.key`,
      `certificate-file ${FOLDER}/acme.crt`,
    ]);
  }
});

test('the address of an approval is never broken', async () => {
  const steps = await stepsAt(60);
  assert.match(
    steps.at(-2) ?? '',
    /^As sync@acme\.example, open this once and choose Allow:\n {4}https:\S+&code_challenge_method=S256\n/,
  );
});
