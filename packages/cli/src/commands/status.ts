import type { ConnectionState, ConnectionStatus } from '@forcemint/core';
import { errorFrom } from '@forcemint/core/tokens/failures';
import type { Command } from 'commander';
import { stateDocument } from '../connection-facts.ts';
import { outstandingRows } from '../connection-outstanding.ts';
import { failureRows, stateCell, validFor } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { type Cell, table } from '../terminal/table.ts';

const HELP = `
With a NAME the exit code tells the state to scripts: 0 ready (or being renewed, or not used yet), 3 somebody must log in,
4 Salesforce refuses, 5 passing trouble. Without a NAME it is 0 if the store could be read.

Examples:
  forcemint status
  forcemint status acme || echo "acme needs attention"`;

/** What a state means to a script where no failure says more. */
const STATE_EXITS: Readonly<Record<ConnectionState, number>> = {
  new: EXIT.done,
  ready: EXIT.done,
  renewing: EXIT.done,
  failing: EXIT.passing,
  unknown: EXIT.passing,
  'reauthorization-required': EXIT.reauthorize,
  held: EXIT.refused,
  'handed-over': EXIT.reauthorize,
  deleted: EXIT.notFound,
};

export function register(program: Command, context: Context): void {
  program
    .command('status')
    .summary('say which connections work, and what to do about those that do not')
    .description('Says where connections stand: state, expiry, the last failure and what to do about it.')
    .argument('[name]', 'name of a connection')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(
      act(context, (name: string | undefined, flags: { readonly json?: boolean }) => run(context, name, flags.json === true)),
    );
}

async function run(context: Context, name: string | undefined, json: boolean): Promise<number> {
  const { output } = context;
  const all = await withForcemint(context, async (forcemint) =>
    name === undefined ? forcemint.list() : [await forcemint.status(name)],
  );
  if (json) {
    const documents = all.map((status) => ({
      connection: status.connection.name,
      state: status.state,
      ...stateDocument(status),
    }));
    output.json(name === undefined ? documents : documents[0]);
  } else if (all.length === 0) {
    output.note('There are no connections yet: forcemint connect --help');
  } else {
    tell(context, all);
  }
  const [first] = all;
  return name === undefined || first === undefined ? EXIT.done : statusExit(first);
}

function tell(context: Context, all: readonly ConnectionStatus[]): void {
  const { output } = context;
  const nowMs = context.now();
  const rows = all.map((status): readonly Cell[] => [
    { text: status.connection.name, style: 'bold' },
    stateCell(status.state),
    validFor(status),
  ]);
  output.result(table(rows, { head: ['NAME', 'STATE', 'VALID FOR'], paint: output.paint, columns: output.stdout.columns }));
  for (const status of all) {
    const details = waitsForLogin(status)
      ? [[{ text: 'do', style: 'dim' } as const, `log in for the first time: forcemint login ${status.connection.name}`]]
      : [...outstandingRows(status, nowMs), ...failureRows(status, nowMs)];
    if (details.length === 0) continue;
    output.result(`\n${output.paint('bold', status.connection.name)}`);
    output.result(table(details, { paint: output.paint }));
  }
}

function waitsForLogin(status: ConnectionStatus): boolean {
  const { state, connection, hasRefreshToken } = status;
  return state === 'new' && connection.settings.grant === 'authorization-code' && !hasRefreshToken;
}

/** The exit code of `status NAME`. */
function statusExit(status: ConnectionStatus): number {
  const { state, failure } = status;
  if (waitsForLogin(status)) return EXIT.reauthorize;
  if (state === 'failing' && failure !== undefined) return exitCodeOf(errorFrom(failure));
  return STATE_EXITS[state];
}
