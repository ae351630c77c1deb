/** The first place at which text stops being JSON (RFC 8259). Holds nothing of the text but names of known fields. */
export interface JsonSyntaxProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** What is wrong there. */
  readonly problem: string;
  /** How to mend it, where that can be guessed. */
  readonly hint: string | undefined;
  /** The line around the place, which ▸ marks, with all values masked. */
  readonly snippet: string;
}

interface Found {
  readonly offset: number;
  readonly problem: string;
  readonly hint?: string;
}

/** Deeper than any settings file; keeps the scanner's own stack small. */
const MAX_DEPTH = 500;
const SNIPPET_REACH = 48;

/**
 * Where and why text is no JSON; `undefined`: it is.
 * @param known field names that may be shown; everything else in the snippet is masked
 */
export function findJsonSyntaxProblem(text: string, known: ReadonlySet<string>): JsonSyntaxProblem | undefined {
  const found = new Scanner(text, known).scan();
  if (found === undefined) return undefined;
  const { offset, problem, hint } = found;
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    line: before.split('\n').length,
    column: [...text.slice(lineStart, offset)].length + 1,
    problem,
    hint,
    snippet: snippet(text, lineStart, offset, known),
  };
}

class Scanner {
  readonly #text: string;
  readonly #known: ReadonlySet<string>;
  #at = 0;

  constructor(text: string, known: ReadonlySet<string>) {
    this.#text = text;
    this.#known = known;
  }

  scan(): Found | undefined {
    const found = this.#value(0);
    if (found !== undefined) return found;
    this.#space();
    return this.#at === this.#text.length ? undefined : this.#wrong('Something follows the end of the JSON text.');
  }

  #value(depth: number): Found | undefined {
    this.#space();
    if (depth > MAX_DEPTH) return this.#wrong('The text is nested too deeply.');
    const character = this.#text[this.#at];
    if (character === '{') return this.#object(depth);
    if (character === '[') return this.#array(depth);
    if (character === '"') return this.#string();
    const rest = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y;
    rest.lastIndex = this.#at;
    const match = rest.exec(this.#text);
    if (match === null) return this.#wrong('A value is expected here.');
    this.#at += match[0].length;
    return undefined;
  }

  #object(depth: number): Found | undefined {
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return undefined;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') return this.#wrong('A name in double quotes is expected here.');
      const found =
        this.#string() ?? this.#expect(':', 'A colon is expected here, between name and value.') ?? this.#value(depth + 1);
      if (found !== undefined) return found;
      this.#space();
      if (this.#take('}')) return undefined;
      const missing = this.#expect(',', 'A comma or a closing brace is expected here.');
      if (missing !== undefined) return missing;
    }
  }

  #array(depth: number): Found | undefined {
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return undefined;
    for (;;) {
      const found = this.#value(depth + 1);
      if (found !== undefined) return found;
      this.#space();
      if (this.#take(']')) return undefined;
      const missing = this.#expect(',', 'A comma or a closing bracket is expected here.');
      if (missing !== undefined) return missing;
    }
  }

  #string(): Found | undefined {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) {
        return { offset: start, problem: 'The text that begins here never ends.', hint: 'Close it with a double quote.' };
      }
      if (character === '"') {
        this.#at += 1;
        return undefined;
      }
      if (character < ' ') return this.#wrong('A line break or another control character stands inside quoted text.');
      if (character === '\\') {
        const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
        escapeSequence.lastIndex = this.#at;
        const match = escapeSequence.exec(this.#text);
        if (match === null) return this.#wrong('A backslash begins no escape that JSON knows.');
        this.#at += match[0].length;
      } else {
        this.#at += 1;
      }
    }
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string, problem: string): Found | undefined {
    this.#space();
    return this.#take(character) ? undefined : this.#wrong(problem);
  }

  #wrong(problem: string): Found {
    const offset = this.#at;
    if (offset >= this.#text.length)
      return { offset, problem: 'The text ends in the middle.', hint: 'Perhaps it was not copied whole.' };
    return { offset, problem, hint: this.#hint() };
  }

  #hint(): string | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 80);
    const before = this.#text.slice(0, this.#at).trimEnd().at(-1);
    const unquoted = /^([A-Za-z_]\w*)(")?\s*:/.exec(rest);
    if (unquoted !== null) {
      const name = this.#known.has(unquoted[1] ?? '') ? ` ${unquoted[1]}` : ' this name';
      return unquoted[2] === undefined ? `Put${name} in double quotes.` : `The quote before${name} is missing.`;
    }
    if (/^['`‘’‚]/.test(rest)) return 'JSON takes double quotes only.';
    if (/^[“”„«»]/.test(rest)) return 'These are typographic quotes; write plain ones: "';
    if (before === ',' && /^[}\]]/.test(rest)) return 'Take the comma before it away.';
    if (/^["{[]/.test(rest)) return 'Perhaps a comma is missing before it.';
    if (/^\/[/*]/.test(rest)) return 'JSON has no comments.';
    if (/^[\r\n]/.test(rest)) return 'Write line breaks inside quoted text as \\n, for instance in a private key.';
    return undefined;
  }
}

/** What may be read by anybody: punctuation and known names. */
function snippet(text: string, lineStart: number, offset: number, known: ReadonlySet<string>): string {
  const lineEnd = text.indexOf('\n', offset);
  const before = masked(text.slice(lineStart, offset), known);
  const after = masked(text.slice(offset, lineEnd < 0 ? undefined : lineEnd).trimEnd(), known);
  const left = [...before].length > SNIPPET_REACH ? `…${[...before].slice(-SNIPPET_REACH).join('')}` : before;
  const right = [...after].length > SNIPPET_REACH ? `${[...after].slice(0, SNIPPET_REACH).join('')}…` : after;
  return `${left}▸${right}`.trim();
}

function masked(text: string, known: ReadonlySet<string>): string {
  return text.replace(/[^\s{}[\]:,"']+/g, (word) => (known.has(word) ? word : '…')).replace(/\s/g, ' ');
}
