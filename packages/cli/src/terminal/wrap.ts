/**
 * Breaks text at spaces, so that it stands behind a label of `indent` columns.
 * @param columns width of the terminal; `undefined`: the text stays one line
 */
export function wrapped(text: string, indent: number, columns: number | undefined): string {
  const room = (columns ?? Number.POSITIVE_INFINITY) - indent;
  if (room < 20 || [...text].length <= room) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && [...longer].length > room) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
