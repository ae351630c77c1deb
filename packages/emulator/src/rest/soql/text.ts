const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ["'", "'"],
  ['"', '"'],
  ['\\', '\\'],
  ['_', '_'],
  ['%', '%'],
]);

const PIECE = /\\u([0-9A-Fa-f]{4})|\\([^u])|([^\\])/gsu;

/** Where the text between two quotes has an escape that SOQL does not know; undefined when it has none. */
export function findWrongEscape(raw: string): number | undefined {
  const wrong = /^(?:[^\\]|\\u[0-9A-Fa-f]{4}|\\[nNrRtTbBfF'"\\_%])*/u.exec(raw)?.[0].length ?? 0;
  return wrong === raw.length ? undefined : wrong;
}

/** The text that is meant by what stands between two quotes. */
export function unescapeText(raw: string): string {
  return raw.replaceAll(PIECE, (_, code: string | undefined, escaped: string | undefined, plain: string | undefined) =>
    code === undefined ? (plain ?? escapedCharacter(escaped ?? '')) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function escapedCharacter(letter: string): string {
  return ESCAPES.get(letter.toLowerCase()) ?? letter;
}

/** One place of a pattern: a character, any one, any number of any. */
type PatternItem = { readonly character: string } | 'one' | 'any';

/**
 * A test for `LIKE`: `%` is any text, `_` any character, case does not matter.
 *
 * It goes back to the last `%` only, so that many of them don't make it slow.
 */
export function likePattern(raw: string): (text: string) => boolean {
  const items = patternItems(raw);
  return (text) => isLike(items, [...text.toLowerCase()]);
}

function patternItems(raw: string): readonly PatternItem[] {
  return [...raw.matchAll(PIECE)].flatMap(([piece]): readonly PatternItem[] => {
    if (piece === '%') return ['any'];
    if (piece === '_') return ['one'];
    return [...unescapeText(piece).toLowerCase()].map((character) => ({ character }));
  });
}

function isLike(items: readonly PatternItem[], characters: readonly string[]): boolean {
  let item = 0;
  let position = 0;
  let anyItem = -1;
  let anyPosition = 0;
  while (position < characters.length) {
    const wanted = items[item];
    if (wanted === 'any') {
      anyItem = item++;
      anyPosition = position;
    } else if (wanted === 'one' || (wanted !== undefined && wanted.character === characters[position])) {
      item++;
      position++;
    } else if (anyItem >= 0) {
      item = anyItem + 1;
      position = ++anyPosition;
    } else {
      return false;
    }
  }
  while (items[item] === 'any') item++;
  return item === items.length;
}
