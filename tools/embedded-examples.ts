/**
 * A code block of a Markdown page that is an example file of this repository:
 *
 *     <!-- examples/emulator/node-test/emulator.test.js -->
 *     ```js
 *     the whole file
 *     ```
 *
 * With `<!-- excerpt of examples/… -->` it is a run of lines of that file.
 */
export interface EmbeddedExample {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly isExcerpt: boolean;
  /** Of the comment, from 1. */
  readonly lineNumber: number;
  /** Indices of the block's first line, and of the fence that closes it. */
  readonly start: number;
  readonly end: number;
}

/** Gives the text of a file of the repository; undefined when there is none. */
export type ReadExample = (path: string) => string | undefined;

const MARK = /^<!-- (excerpt of )?(examples\/[\w./-]+) -->$/;
const LOOKS_LIKE_A_MARK = /<!--[^>]*\bexamples\//;
const CODE_SPAN = /`[^`]*`/g;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/**
 * The blocks of a page that are examples, in their order.
 *
 * @throws {SyntaxError} when a comment looks like a mark but is none, or has no code block right below it
 */
export function embeddedExamples(markdown: string): EmbeddedExample[] {
  const lines = markdown.split('\n');
  const found: EmbeddedExample[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (FENCE.test(line)) {
      index = endOfBlock(lines, index);
      continue;
    }
    const [, excerptOf, path] = MARK.exec(line) ?? [];
    if (path === undefined) {
      if (!LOOKS_LIKE_A_MARK.test(line.replace(CODE_SPAN, ''))) continue;
      throw new SyntaxError(
        `line ${index + 1}: expected <!-- examples/PATH --> or <!-- excerpt of examples/PATH -->, alone on its line`,
      );
    }
    let fence = index + 1;
    while (lines[fence]?.trim() === '') fence++;
    if (!FENCE.test(lines[fence] ?? '')) throw new SyntaxError(`line ${index + 1}: there is no code block below ${path}`);
    const end = endOfBlock(lines, fence);
    found.push({ path, isExcerpt: excerptOf !== undefined, lineNumber: index + 1, start: fence + 1, end });
    index = end;
  }
  return found;
}

/** What is wrong with the examples of a page, one sentence for each; none when all of them equal their files. */
export function rottenExamples(markdown: string, read: ReadExample): string[] {
  const lines = markdown.split('\n');
  return embeddedExamples(markdown).flatMap(({ path, isExcerpt, lineNumber, start, end }) => {
    const text = read(path);
    if (text === undefined) return `line ${lineNumber}: there is no file ${path}`;
    const block = lines.slice(start, end);
    const file = linesOf(text);
    if (isExcerpt && block.length > 0 && isRunOf(block, file)) return [];
    if (!isExcerpt && block.join('\n') === file.join('\n')) return [];
    return `line ${lineNumber}: the block is ${isExcerpt ? 'no run of lines of' : 'not'} ${path}`;
  });
}

/** The page with each whole example as its file is now; excerpts stay. */
export function withCurrentExamples(markdown: string, read: ReadExample): string {
  const lines = markdown.split('\n');
  for (const { path, isExcerpt, start, end } of embeddedExamples(markdown).reverse()) {
    const text = read(path);
    if (text !== undefined && !isExcerpt) lines.splice(start, end - start, ...linesOf(text));
  }
  return lines.join('\n');
}

function endOfBlock(lines: readonly string[], opening: number): number {
  const [, fence = ''] = FENCE.exec(lines[opening] ?? '') ?? [];
  const end = lines.findIndex((line, index) => index > opening && closes(line.trim(), fence));
  if (end < 0) throw new SyntaxError(`line ${opening + 1}: the code block is not closed`);
  return end;
}

function closes(line: string, fence: string): boolean {
  return line.startsWith(fence) && line === fence.charAt(0).repeat(line.length);
}

function isRunOf(block: readonly string[], file: readonly string[]): boolean {
  return file.some((_, from) => block.every((line, index) => file[from + index] === line));
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
