import type { CheckName, Finding, Remedy, Verdict } from '@forcemint/diagnose';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../terminal/output.ts';
import type { Style } from '../terminal/paint.ts';
import { oneLine } from '../terminal/printable.ts';
import { wrapped } from '../terminal/wrap.ts';

/** Headings, and the check that each stands above. */
const HEADINGS: Readonly<Partial<Record<CheckName, string>>> = {
  proxy: 'Network',
  'login-host': 'Settings',
  'private-key': 'Credentials',
  callback: 'Login and scopes',
  exchange: 'Exchange',
  expiry: 'Tokens',
  pkce: 'Ready for 2026',
};

const MARKS: Readonly<Record<Verdict, readonly [string, Style]>> = {
  good: ['✔', 'green'],
  warning: ['!', 'yellow'],
  bad: ['✘', 'red'],
  skipped: ['–', 'dim'],
};

const LABEL_WIDTH = 20;

/** A finding as lines, under its heading where it is the first one there. */
export function findingLines(finding: Finding, { paint, stdout }: Output): readonly string[] {
  const { check, verdict, found, why, fix, id } = finding;
  const heading = HEADINGS[check];
  const [mark, style] = MARKS[verdict];
  const label = check.replaceAll('-', ' ').padEnd(LABEL_WIDTH - 4);
  const text = wrapped(oneLine(found), LABEL_WIDTH, stdout.columns);
  const advice = (what: string, said: string): string =>
    `${' '.repeat(LABEL_WIDTH)}${paint('dim', what)} ${wrapped(oneLine(said), LABEL_WIDTH + what.length + 1, stdout.columns)}`;
  return [
    ...(heading === undefined ? [] : ['', paint('bold', heading)]),
    `  ${paint(style, mark)} ${paint('dim', label)}${verdict === 'skipped' ? paint('dim', text) : text}`,
    ...(why === undefined || verdict === 'good' ? [] : [advice('why: ', why)]),
    ...(verdict === 'good' ? [] : fix.map((step) => advice('do:  ', step))),
    ...(id === undefined ? [] : [advice('more:', `forcemint why ${id}`)]),
  ];
}

/** What it comes to. */
export function summary(findings: readonly Finding[], { paint }: Output): string {
  const count = (verdict: Verdict): number => findings.filter((finding) => finding.verdict === verdict).length;
  const [bad, warnings] = [count('bad'), count('warning')];
  const problems = bad === 0 ? [] : [paint('red', `${bad} ${bad === 1 ? 'problem' : 'problems'}`)];
  const cautions = warnings === 0 ? [] : [paint('yellow', `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`)];
  const said = [...problems, ...cautions].join(', ');
  return said === '' ? paint('green', 'Nothing is wrong.') : said;
}

const EXITS: Readonly<Record<Remedy, number>> = {
  setting: EXIT.usage,
  login: EXIT.reauthorize,
  salesforce: EXIT.refused,
  time: EXIT.passing,
};
/** Worst first: who needs another person is worse off than who needs a setting, or time. */
const WORST: readonly Remedy[] = ['salesforce', 'login', 'setting', 'time'];

/** The code of the worst finding; 0 where nothing is bad. */
export function exitOf(findings: readonly Finding[]): number {
  const worst = WORST.find((remedy) => findings.some((finding) => finding.verdict === 'bad' && finding.remedy === remedy));
  return worst === undefined ? EXIT.done : EXITS[worst];
}

/** A finding as `--json` shows it. */
export function findingDocument({ check, verdict, found, why, fix, remedy, id }: Finding): unknown {
  return { check, verdict, found, why: why ?? null, fix, remedy: remedy ?? null, id: id ?? null };
}
