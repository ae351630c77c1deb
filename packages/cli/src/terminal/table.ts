import type { Paint, Style } from './paint.ts';
import { oneLine } from './printable.ts';

/** Text, or text with a style. */
export type Cell = string | { readonly text: string; readonly style: Style };

const GAP = '  ';

/**
 * Rows with aligned columns, without borders. Where the terminal is narrower than the table, the last column is cut.
 * @param head column titles; without: no title row
 * @param columns width of the terminal; `undefined`: no limit
 */
export function table(
  rows: readonly (readonly Cell[])[],
  options: { readonly head?: readonly string[]; readonly paint: Paint; readonly columns?: number },
): string {
  const { head, paint, columns } = options;
  const titles = head?.map((text): Cell => ({ text, style: 'dim' }));
  const all = titles === undefined ? rows : [titles, ...rows];
  const widths: number[] = [];
  for (const row of all) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(textOf(cell)));
  }
  return all.map((row) => line(row, widths, paint, columns)).join('\n');
}

function line(row: readonly Cell[], widths: readonly number[], paint: Paint, columns: number | undefined): string {
  let room = columns ?? Number.POSITIVE_INFINITY;
  const parts = row.map((cell, index) => {
    const isLast = index === row.length - 1;
    const text = isLast ? cut(textOf(cell), room) : textOf(cell);
    const padding = isLast ? '' : ' '.repeat((widths[index] ?? 0) - widthOf(text));
    room -= (widths[index] ?? 0) + GAP.length;
    return `${typeof cell === 'string' ? text : paint(cell.style, text)}${padding}`;
  });
  return parts.join(GAP).trimEnd();
}

function cut(text: string, room: number): string {
  if (widthOf(text) <= room || room < 8) return text;
  return `${[...text].slice(0, room - 1).join('')}…`;
}

function textOf(cell: Cell): string {
  return oneLine(typeof cell === 'string' ? cell : cell.text);
}

function widthOf(text: string): number {
  return [...text].length;
}
