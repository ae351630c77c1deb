/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9._/:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const CONTINUED = ' \\';

/**
 * A command for a POSIX shell, continued on the next line where the terminal ends.
 *
 * @param parts between which it may be broken, each quoted already
 * @param columns width of the terminal; `undefined`: it stays one line
 * @param indent columns before the first line; the others have two more
 */
export function shellCommand(parts: readonly string[], columns: number | undefined, indent: number): string {
  const room = (columns ?? Number.POSITIVE_INFINITY) - indent - CONTINUED.length;
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    const margin = lines.length > 1 ? 2 : 0;
    if (line !== undefined && margin + line.length + 1 + part.length <= room) lines[lines.length - 1] = `${line} ${part}`;
    else lines.push(part);
  }
  return lines.join(`${CONTINUED}\n${' '.repeat(indent + 2)}`);
}
