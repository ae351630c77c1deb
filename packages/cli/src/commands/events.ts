import type { EventRow } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { table } from '../terminal/table.ts';
import { absoluteTime, timeOfDay } from '../terminal/time.ts';
import { UsageError } from '../usage-error.ts';

interface EventsFlags {
  readonly limit?: string;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 10_000;

const HELP = `
Tokens appear as fingerprints: the first 16 hex digits of their SHA-256.

Example:
  forcemint events acme --limit 100`;

export function register(program: Command, context: Context): void {
  program
    .command('events')
    .summary('show what happened to a connection')
    .description('Shows the history of a connection, newest first.')
    .argument('<name>', 'name of the connection')
    .option('--limit <number>', `how many (default: ${DEFAULT_LIMIT})`)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: EventsFlags) => events(context, name, flags)));
}

async function events(context: Context, name: string, flags: EventsFlags): Promise<undefined> {
  const { output } = context;
  const limit = limitOf(flags.limit);
  const rows = await withForcemint(context, (forcemint) => forcemint.events(name, limit));
  if (flags.json === true) {
    output.json(rows.map(({ seq, atMs, type, detail }) => ({ seq, at: Math.floor(atMs / 1000), type, detail })));
  } else {
    output.result(
      table(rows.map(eventRow), { head: ['WHEN', 'WHAT', 'DETAIL'], paint: output.paint, columns: output.stdout.columns }),
    );
  }
  return undefined;
}

function eventRow(event: EventRow): readonly string[] {
  const detail = Object.entries(event.detail).map(([key, value]) => `${key}=${readable(key, value)}`);
  return [absoluteTime(event.atMs / 1000), event.type, detail.join(' ')];
}

function readable(key: string, value: string | number | boolean): string {
  return key.endsWith('_at') && typeof value === 'number' ? timeOfDay(value) : String(value);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new UsageError(`--limit needs a number from 1 to ${MAX_LIMIT}, not ${JSON.stringify(text.slice(0, 40))}.`);
  }
  return limit;
}
