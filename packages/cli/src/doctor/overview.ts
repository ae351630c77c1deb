import type { ConnectionStatus, Http } from '@forcemint/core';
import { errorFrom } from '@forcemint/core';
import type { Finding, Verdict } from '@forcemint/diagnose';
import * as judge from '@forcemint/diagnose';
import type { Forcemint } from '@forcemint/node';
import type { Context } from '../context.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { withProgress } from '../terminal/progress.ts';
import { type Cell, table } from '../terminal/table.ts';
import { certificateOf, ofNetwork, remedyOf } from './checkup.ts';
import { exitOf, findingDocument, findingLines, summary } from './doctor-report.ts';
import { networkFacts } from './network-facts.ts';

/** Login hosts that are looked at; a store may have thousands. */
const MOST_HOSTS = 20;

interface Looked {
  readonly name: string;
  readonly findings: readonly Finding[];
}

/** All connections by what is stored of them, and the login hosts that they use. No token is got. @returns the exit code */
export async function overview(context: Context, forcemint: Forcemint, http: Http, json: boolean): Promise<number> {
  const { output, env, now } = context;
  const all = await forcemint.list();
  const signed = new Map<string, boolean>();
  for (const { connection } of all) {
    const { loginUrl, grant } = connection.settings;
    signed.set(loginUrl, signed.get(loginUrl) === true || grant === 'jwt-bearer');
  }
  const hosts: Looked[] = [];
  for (const [loginUrl, isSigned] of [...signed].slice(0, MOST_HOSTS)) {
    const facts = await withProgress(output, `looking at ${new URL(loginUrl).host}`, () =>
      networkFacts(loginUrl, { http, env, now }),
    );
    hosts.push({ name: loginUrl, findings: [...ofNetwork(facts, loginUrl, isSigned, now())] });
  }
  const connections: Looked[] = [];
  for (const status of all) connections.push({ name: status.connection.name, findings: await ofStored(status, now()) });
  const findings = [...hosts, ...connections].flatMap((looked) => looked.findings);
  const exitCode = exitOf(findings);
  if (json) {
    output.json({
      exit_code: exitCode,
      login_hosts: hosts.map(({ name, findings: of }) => ({ login_url: name, findings: of.map(findingDocument) })),
      connections: connections.map(({ name, findings: of }) => ({ connection: name, findings: of.map(findingDocument) })),
    });
    return exitCode;
  }
  if (all.length === 0) {
    output.note('There are no connections yet: forcemint setup --help, forcemint connect --help');
    return exitCode;
  }
  for (const { name, findings: of } of hosts) tell(context, name, of);
  if (signed.size > MOST_HOSTS)
    output.note(`${signed.size - MOST_HOSTS} more login hosts are not looked at: forcemint doctor NAME`);
  output.result('');
  output.result(
    table(connections.map(rowOf), {
      head: ['', 'CONNECTION', 'FOUND'],
      paint: output.paint,
      ...(output.stdout.columns !== undefined && { columns: output.stdout.columns }),
    }),
  );
  output.result(`\n${summary(findings, output)}`);
  if (exitCode !== 0) output.note('More about one, and what to do: forcemint doctor NAME');
  return exitCode;
}

/** A login host: one line where nothing is wrong with it. */
function tell({ output }: Context, name: string, findings: readonly Finding[]): void {
  const notable = findings.filter(({ verdict }) => verdict === 'bad' || verdict === 'warning');
  const mark = notable.length === 0 ? output.paint('green', '✔') : output.paint('yellow', '!');
  output.result(`${mark} ${name}`);
  for (const finding of notable) for (const line of findingLines(finding, output)) if (line !== '') output.result(line);
}

/** What can be told without asking anybody. */
async function ofStored(status: ConnectionStatus, nowMs: number): Promise<readonly Finding[]> {
  const { failure, connection } = status;
  const last = failure === undefined ? undefined : errorFrom(failure);
  const findings: Finding[] = [
    judge.judgeCertificate(await certificateOf(status), undefined, nowMs),
    ...(last === undefined
      ? []
      : [
          judge.judgeExchange({
            is: 'refused',
            message: last.message,
            diagnosis: last.diagnosis,
            remedy: remedyOf(exitCodeOf(last)),
          }),
        ]),
    judge.judgeExpiry(status),
    judge.judgeRefreshToken(status, nowMs),
    judge.judgeRotation(status),
    judge.judgeLegacyHosts(status, undefined),
  ];
  return findings.map((finding) => ({
    ...finding,
    fix: finding.fix.map((text) => text.replaceAll(/\bNAME\b/g, connection.name)),
  }));
}

const MARKS: Readonly<Record<Verdict, Cell>> = {
  bad: { text: '✘', style: 'red' },
  warning: { text: '!', style: 'yellow' },
  good: { text: '✔', style: 'green' },
  skipped: { text: '–', style: 'dim' },
};

function rowOf({ name, findings }: Looked): readonly Cell[] {
  const worst = findings.find(({ verdict }) => verdict === 'bad') ?? findings.find(({ verdict }) => verdict === 'warning');
  return [
    MARKS[worst?.verdict ?? 'good'],
    { text: name, style: 'bold' },
    worst === undefined ? '' : `${worst.check.replaceAll('-', ' ')}: ${worst.found}`,
  ];
}
