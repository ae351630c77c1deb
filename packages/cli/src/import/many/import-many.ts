import { type Context, withForcemint } from '../../context.ts';
import { EXIT } from '../../exit-codes.ts';
import { NewFile } from '../../export/new-file.ts';
import { reasonOf } from '../../secret-input.ts';
import { oneLine } from '../../terminal/printable.ts';
import { withProgressBar } from '../../terminal/progress-bar.ts';
import { table } from '../../terminal/table.ts';
import { UsageError } from '../../usage-error.ts';
import type { ManyConnections } from './find-many.ts';
import { type Imported, importRows, type RefusedRow } from './import-rows.ts';
import { rowsOf } from './read-rows.ts';

export interface ManyFlags {
  readonly name?: string;
  readonly loginUrl?: string;
  readonly takeOver?: boolean;
  readonly rejects?: string;
  readonly json?: boolean;
}

/** More than that a person reads in the file. */
const MOST_SHOWN = 20;

/** Makes the connections of a list. @returns the exit code */
export async function importMany(context: Context, many: ManyConnections, flags: ManyFlags): Promise<number> {
  if (flags.name !== undefined || flags.takeOver === true) {
    throw new UsageError('--name and --take-over belong to a file with one connection.', {
      fix: ['In a list each row has its name.'],
    });
  }
  const { output, interrupts } = context;
  const rejects = flags.rejects === undefined ? undefined : await newFile(flags.rejects);
  const imported = await withForcemint(context, async (forcemint) => {
    const bulk = forcemint.administration.bulkImport();
    return interrupts.clearingAway((stopped) =>
      withProgressBar(output, (report) =>
        importRows(rowsOf(many.source, many.format, many.what), bulk, {
          folder: many.folder,
          ...(flags.loginUrl !== undefined && { loginUrl: flags.loginUrl }),
          stopped,
          report: (bytes, rows) => report({ step: 'importing', done: bytes, total: many.size, told: `${count(rows)} rows` }),
        }),
      ),
    );
  }).catch(async (error: unknown) => {
    await rejects?.discard();
    throw error;
  });
  if (imported.refused.length === 0) await rejects?.discard();
  else await rejects?.save(rejectsCsv(imported.refused));
  if (flags.json === true) output.json(document(imported));
  else tell(context, imported, flags.rejects);
  interrupts.throwIfInterrupted();
  return imported.refused.length === 0 ? EXIT.done : EXIT.usage;
}

async function newFile(path: string): Promise<NewFile> {
  return NewFile.create(path).catch((error: unknown) => {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new UsageError(`${path} ${isThere ? 'is there already' : reasonOf(error)}.`, { fix: ['--rejects NEWFILE'] });
  });
}

function document({ made, wereThere, refused }: Imported): unknown {
  return {
    made,
    were_there: wereThere,
    refused: refused.map(({ line, name, code, reason, fix }) => ({ line, name: name ?? null, code, reason, fix })),
  };
}

function tell({ output }: Context, { made, wereThere, refused }: Imported, rejects: string | undefined): void {
  const mark = refused.length === 0 ? output.paint('green', '✔') : output.paint('yellow', '●');
  const there = wereThere === 0 ? '' : `, ${count(wereThere)} had been made before`;
  const not = refused.length === 0 ? '' : `, ${count(refused.length)} refused`;
  output.result(`${mark} ${count(made)} ${made === 1 ? 'connection' : 'connections'} made${there}${not}; none was tried`);
  if (refused.length === 0) return;
  const rows = refused.slice(0, MOST_SHOWN).map(({ line, name = '', reason }) => [String(line), oneLine(name), oneLine(reason)]);
  output.note(table(rows, { head: ['LINE', 'NAME', 'WHY'], paint: output.paintNote, columns: output.stderr.columns }));
  const [first] = refused;
  for (const fix of first?.fix ?? [])
    output.note(`${output.paintNote('green', 'do:')}    line ${first?.line ?? ''}: ${oneLine(fix)}`);
  if (refused.length > MOST_SHOWN)
    output.note(
      `… and ${count(refused.length - MOST_SHOWN)} more${rejects === undefined ? ': --rejects FILE has them all' : ''}`,
    );
  if (rejects !== undefined) output.note(`All of them: ${rejects}`);
  output.note('Mend these and run it again: what was made is left as it is.');
}

function rejectsCsv(refused: readonly RefusedRow[]): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const lines = refused.map(({ line, name = '', code, reason }) =>
    [String(line), cell(name), cell(code), cell(reason)].join(','),
  );
  return `line,name,code,reason\n${lines.join('\n')}\n`;
}

function count(n: number): string {
  return n.toLocaleString('en');
}
