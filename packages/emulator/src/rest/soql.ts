/**
 * A small part of SOQL:
 * `SELECT field, … | COUNT() FROM object [WHERE field =|!= literal [AND …]] [ORDER BY field [ASC|DESC]] [LIMIT n]`.
 */

export type Literal = string | number | boolean | null;

export interface Condition {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: Literal;
}

export interface SoqlQuery {
  /** Empty for `COUNT()`. */
  readonly fields: readonly string[];
  readonly isCount: boolean;
  readonly object: string;
  readonly conditions: readonly Condition[];
  readonly orderBy: { readonly field: string; readonly isDescending: boolean } | undefined;
  readonly limit: number | undefined;
}

/** The text is not in this part of SOQL. */
export class SoqlSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SoqlSyntaxError';
  }
}

const TOKEN = /\s*(?:([A-Za-z]\w*)|('(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|(!=|[=,()]))/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let position = 0;
  while (text.slice(position).trim() !== '') {
    const match = TOKEN.exec(text);
    if (match === null) throw new SoqlSyntaxError(`unexpected token: '${text.slice(position).trim().slice(0, 20)}'`);
    tokens.push(match[0].trim());
    position = TOKEN.lastIndex;
  }
  return tokens;
}

/** @throws {SoqlSyntaxError} */
export function parseSoql(text: string): SoqlQuery {
  return new Parser(tokenize(text)).query();
}

class Parser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  query(): SoqlQuery {
    this.#expect('SELECT');
    const isCount = this.#takeKeyword('COUNT');
    if (isCount) {
      this.#expect('(');
      this.#expect(')');
    }
    const fields = isCount ? [] : this.#list(() => this.#name());
    this.#expect('FROM');
    const object = this.#name();
    const conditions = this.#takeKeyword('WHERE') ? this.#conditions() : [];
    const orderBy = this.#takeKeyword('ORDER') ? this.#orderBy() : undefined;
    const limit = this.#takeKeyword('LIMIT') ? this.#wholeNumber() : undefined;
    if (this.#peek() !== undefined) this.#refuse();
    return { fields, isCount, object, conditions, orderBy, limit };
  }

  #conditions(): readonly Condition[] {
    const conditions = [this.#condition()];
    while (this.#takeKeyword('AND')) conditions.push(this.#condition());
    return conditions;
  }

  #condition(): Condition {
    const field = this.#name();
    const operator = this.#take();
    if (operator !== '=' && operator !== '!=') this.#refuse(operator);
    return { field, operator, value: this.#literal() };
  }

  #orderBy(): { field: string; isDescending: boolean } {
    this.#expect('BY');
    const field = this.#name();
    const isDescending = this.#takeKeyword('DESC');
    if (!isDescending) this.#takeKeyword('ASC');
    return { field, isDescending };
  }

  #literal(): Literal {
    const token = this.#take();
    if (token?.startsWith("'")) {
      return token.slice(1, -1).replaceAll(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
    }
    if (token !== undefined && /^-?\d/.test(token)) return Number(token);
    const word = token?.toLowerCase();
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    return this.#refuse(token);
  }

  #wholeNumber(): number {
    const token = this.#take();
    return token !== undefined && /^\d{1,9}$/.test(token) ? Number(token) : this.#refuse(token);
  }

  #list<Item>(item: () => Item): readonly Item[] {
    const items = [item()];
    while (this.#peek() === ',') {
      this.#next++;
      items.push(item());
    }
    return items;
  }

  #name(): string {
    const token = this.#take();
    return token !== undefined && /^[A-Za-z]/.test(token) ? token : this.#refuse(token);
  }

  #expect(token: string): void {
    const found = this.#take();
    if (found?.toUpperCase() !== token) this.#refuse(found);
  }

  #takeKeyword(keyword: string): boolean {
    if (this.#peek()?.toUpperCase() !== keyword) return false;
    this.#next++;
    return true;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(): string | undefined {
    return this.#tokens[this.#next++];
  }

  #refuse(token: string | undefined = this.#peek()): never {
    throw new SoqlSyntaxError(token === undefined ? "unexpected token: '<EOF>'" : `unexpected token: '${token}'`);
  }
}
