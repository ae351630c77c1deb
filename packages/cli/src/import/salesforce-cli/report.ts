import type { Context } from '../../context.ts';
import { oneLine } from '../../terminal/printable.ts';
import { type Cell, table } from '../../terminal/table.ts';
import type { OrgOutcome, RefusedOrg } from './outcomes.ts';
import { TAKE_OVER_NEEDED } from './refusals.ts';

/** What became of each org, for programs. */
export function document(outcomes: readonly OrgOutcome[]): unknown {
  return {
    made: countOf(outcomes, 'made'),
    were_there: countOf(outcomes, 'was-there'),
    refused: outcomes.filter(isRefused).map(({ username, name, code, reason, fix }) => ({
      username,
      name: name ?? null,
      code,
      reason,
      fix,
    })),
    orgs: outcomes.map((one) => ({
      username: one.username,
      aliases: one.aliases,
      name: one.name ?? null,
      login_url: isRefused(one) ? null : one.loginUrl,
      outcome: one.outcome,
    })),
  };
}

/** The same for people: a line for each org on stdout, what to do on stderr. */
export function tell({ output }: Context, outcomes: readonly OrgOutcome[]): void {
  const refused = outcomes.filter(isRefused);
  const waiting = refused.filter(waits).length;
  output.result(table(outcomes.map(rowOf), { paint: output.paint }));
  output.result(
    waiting === 0 ? summary(outcomes) : `nothing made: ${waiting} can be taken over, ${refused.length - waiting} not`,
  );
  if (waiting > 0) output.note(`${output.paintNote('dim', 'why:')}   ${WHY_SHARED}`);
  for (const line of adviceFor(refused)) output.note(`${output.paintNote('green', 'do:')}    ${oneLine(line)}`);
}

const WHY_SHARED =
  'Both would renew the same grants. Where an app rotates refresh tokens, a renewal by one ends the grant of the other.';

function summary(outcomes: readonly OrgOutcome[]): string {
  const [made, wereThere, refused] = [countOf(outcomes, 'made'), countOf(outcomes, 'was-there'), countOf(outcomes, 'refused')];
  const there = wereThere === 0 ? '' : `, ${wereThere} had been made before`;
  const not = refused === 0 ? '' : `, ${refused} refused`;
  return `${made} ${made === 1 ? 'connection' : 'connections'} made${there}${not}; none was tried`;
}

function rowOf(one: OrgOutcome): readonly Cell[] {
  const name = { text: one.name ?? '–', style: 'bold' } as const;
  if (isRefused(one) && waits(one)) return [{ text: '○', style: 'yellow' }, name, one.username, one.reason];
  if (isRefused(one)) return [{ text: '✖', style: 'red' }, name, one.username, one.reason];
  if (one.outcome === 'made') return [{ text: '✔', style: 'green' }, name, one.username, `made, at ${one.loginUrl}`];
  return [{ text: '●', style: 'cyan' }, name, one.username, 'had been made before'];
}

/** Each piece of advice once; with the org that it is for, where it is for one of several. */
function adviceFor(refused: readonly RefusedOrg[]): readonly string[] {
  const orgsOf = new Map<string, readonly string[]>();
  for (const { username, fix } of refused) for (const line of fix) orgsOf.set(line, [...(orgsOf.get(line) ?? []), username]);
  return [...orgsOf].map(([line, orgs]) => (orgs.length === 1 && refused.length > 1 ? `${orgs[0]}: ${line}` : line));
}

function countOf(outcomes: readonly OrgOutcome[], outcome: OrgOutcome['outcome']): number {
  return outcomes.filter((one) => one.outcome === outcome).length;
}

function waits({ code }: RefusedOrg): boolean {
  return code === TAKE_OVER_NEEDED;
}

function isRefused(one: OrgOutcome): one is RefusedOrg {
  return one.outcome === 'refused';
}
