import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '../../usage-error.ts';
import { isRecord } from '../invalid-import.ts';

/** What a command of the Salesforce CLI said with `--json`: a result, or the name of its error, such as `NamedOrgNotFoundError`. */
export type SfAnswer = { readonly result: unknown } | { readonly errorName: string };

/** The Salesforce CLI said nothing that can be used. Repeats nothing of it: it may hold secrets. */
export class UnusableAnswer extends UsageError {}

/** What brings the Salesforce CLI up to date. */
export const UPDATE_CLI = 'Bring it up to date: sf update, or npm install --global @salesforce/cli';

/**
 * The answer that a command wrote to stdout.
 * @param command how it is called in errors, such as `sf org list auth`
 * @throws UnusableAnswer
 */
export function readAnswer(stdout: string, exitCode: number | null, command: string): SfAnswer {
  // With FORCE_COLOR set its JSON is coloured.
  const text = stripVTControlCharacters(stdout)
    .replace(/^\ufeff/, '')
    .trim();
  if (text === '') throw unusable(command, `said nothing and ended with ${exitCode ?? 'a signal'}`);
  const answer = parsed(text);
  if (answer === undefined) throw unusable(command, 'did not answer in JSON');
  if (exitCode === 0 && answer['status'] === 0 && 'result' in answer) return { result: answer['result'] };
  const { name } = answer;
  if (typeof name !== 'string') throw unusable(command, `gave no result and ended with ${exitCode ?? 'a signal'}`);
  return { errorName: /^[A-Za-z]{3,60}$/.test(name) ? name : 'an error without a name' };
}

/** The answer that could not be read. */
export function unusable(command: string, what: string): UnusableAnswer {
  return new UnusableAnswer(`${command} ${what}.`, {
    why: 'It was cut short, is too old or broken, or another program of the name sf comes first on the PATH.',
    fix: [`See what it says: ${command}`, UPDATE_CLI],
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isRecord(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}
