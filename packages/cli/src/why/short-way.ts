import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { explain } from '@forcemint/diagnose';
import type { Environment } from '../context.ts';
import { refuseSecretArguments } from '../secret-arguments.ts';
import { paintFor } from '../terminal/paint.ts';
import { UsageError } from '../usage-error.ts';
import { circumstancesOf } from './circumstances.ts';
import { exitCodeOf, explanationDocument, explanationText } from './explanation-report.ts';

const OPTIONS = {
  grant: { type: 'string' },
  endpoint: { type: 'string' },
  host: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** More than is looked at of any text. */
const MOST_BYTES = 256 * 1024;

/** What `forcemint why` prints, and its exit code. `undefined`: the arguments want help, a file, or are refused. */
export function explained(args: readonly string[], env: Environment): { text: string; exitCode: number } | undefined {
  const asked = plainly(args);
  if (asked === undefined) return undefined;
  const text = asked.text ?? fromStdin();
  if (text === undefined || text.trim() === '') return undefined;
  const explanation = explain(text, asked.given);
  const isTerminal = isatty(1);
  const columns = isTerminal ? process.stdout.columns : undefined;
  const shown = asked.isJson
    ? JSON.stringify(explanationDocument(explanation), undefined, isTerminal ? 2 : undefined)
    : explanationText(explanation, { paint: paintFor(isTerminal, env), columns });
  return { text: `${shown}\n`, exitCode: exitCodeOf(explanation) };
}

/** The beginning of what comes on stdin. `undefined`: it cannot be waited for here. */
function fromStdin(): string | undefined {
  const bytes = Buffer.alloc(MOST_BYTES);
  let length = 0;
  try {
    while (length < bytes.length) {
      const more = readSync(0, bytes, length, bytes.length - length, null);
      if (more === 0) break;
      length += more;
    }
  } catch (error) {
    const isEnd = error instanceof Error && 'code' in error && error.code === 'EOF';
    if (length === 0 && !isEnd) return undefined;
  }
  return bytes.toString('utf8', 0, length);
}

function plainly(args: readonly string[]) {
  try {
    refuseSecretArguments(args);
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const text = positionals.length > 0 ? positionals.join(' ') : undefined;
    if (text === undefined && isatty(0)) return undefined;
    return { text, given: circumstancesOf(values), isJson: values.json === true };
  } catch (error) {
    if (error instanceof UsageError || (error instanceof TypeError && 'code' in error)) return undefined;
    throw error;
  }
}
