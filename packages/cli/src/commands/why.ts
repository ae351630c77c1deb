import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { readAll } from '../secret-input.ts';
import { UsageError } from '../usage-error.ts';
import { type CircumstanceFlags, circumstancesOf, ENDPOINTS, GRANTS } from '../why/circumstances.ts';
import { exitCodeOf, explanationDocument, explanationText, historyDocument, historyText } from '../why/explanation-report.ts';
import { readHistoryFile } from '../why/history-file.ts';

interface WhyFlags extends CircumstanceFlags {
  readonly loginHistory?: string;
  readonly json?: boolean;
}

const HELP = `
TEXT is what you have: the error of any program, a JSON answer, a line of a log, the address that a browser ended at, the
text of an error page, a status of the Login History, or the id of a row (J1). Without TEXT it is read from stdin.
What is not known it says so, and shows what comes nearest. Exit code 1 then.

Examples:
  forcemint why "invalid_grant: user hasn't approved this consumer"
  curl -s … | forcemint why --grant refresh-token
  forcemint why "expired authorization code" --grant jwt-bearer --host acme.my.salesforce.com
  forcemint why --login-history LoginHistory.csv`;

export function register(program: Command, context: Context): void {
  program
    .command('why')
    .summary('explain an error of Salesforce')
    .description('Explains what Salesforce refused with: why, what to do, where in Setup, and who can do it.')
    .argument('[text...]', 'what was said')
    .option('--grant <grant>', `of the request: ${GRANTS.join(', ')}`)
    .option('--endpoint <endpoint>', `that was asked: ${ENDPOINTS.join(', ')}`)
    .option('--host <host>', 'that was asked, e.g. login.salesforce.com; a My Domain gives links into its Setup')
    .option('--login-history <file>', 'explain the rows of an exported Login History (CSV or JSON; - for stdin)')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (text: readonly string[], flags: WhyFlags) => why(context, text, flags)));
}

async function why(context: Context, words: readonly string[], flags: WhyFlags): Promise<number> {
  if (flags.loginHistory !== undefined) return whyHistory(context, flags.loginHistory, words, flags);
  const { output } = context;
  const given = circumstancesOf(flags);
  const text = words.length > 0 ? words.join(' ') : await asked(context);
  if (text.trim() === '')
    throw new UsageError('There is nothing to explain.', { fix: ['forcemint why "TEXT OF THE ERROR"', '… | forcemint why'] });
  const { explain } = await import('@forcemint/diagnose');
  const explanation = explain(text, given);
  if (flags.json === true) output.json(explanationDocument(explanation));
  else output.result(explanationText(explanation, { paint: output.paint, columns: output.stdout.columns }));
  return exitCodeOf(explanation);
}

async function whyHistory(context: Context, file: string, words: readonly string[], flags: WhyFlags): Promise<number> {
  const { output } = context;
  if (words.length > 0)
    throw new UsageError('--login-history takes a file, and no text besides.', { fix: ['forcemint why --login-history FILE'] });
  const records = await readHistoryFile(context, file);
  const { readLoginHistory } = await import('@forcemint/diagnose');
  let findings: ReturnType<typeof readLoginHistory>;
  try {
    findings = readLoginHistory(records);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${file === '-' ? 'stdin' : file} is no Login History: ${error.message}.`, {
      fix: [
        'Download it: Setup → Login History → Download Now (CSV)',
        'Or: SELECT LoginTime, Status, LoginUrl, SourceIp, LoginType, Application FROM LoginHistory ORDER BY LoginTime DESC',
      ],
    });
  }
  if (flags.json === true) {
    output.json(historyDocument(findings));
    return EXIT.done;
  }
  output.result(historyText(findings, { paint: output.paint, columns: output.stdout.columns }));
  const first = findings.find(({ isSuccess, rows }) => !isSuccess && rows.length > 0);
  if (first !== undefined) output.note(`\nMore about one: forcemint why ${first.rows[0]?.id ?? ''}`);
  return EXIT.done;
}

async function asked(context: Context): Promise<string> {
  if (context.stdin.isTTY === true) context.output.note('Paste the error, then press Ctrl-D on a line of its own:');
  return readAll(context.stdin);
}
