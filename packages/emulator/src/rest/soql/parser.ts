import { isDateLiteral } from './date-literals.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import { SoqlSyntaxError } from './soql-error.ts';
import { unescapeText } from './text.ts';
import type {
  ComparisonOperator,
  Condition,
  FieldGroup,
  FieldPath,
  Literal,
  OrderBy,
  Select,
  SelectItem,
  SoqlQuery,
  SourceName,
} from './tree.ts';

const LENGTH_LIMIT = 100_000;
const DEPTH_LIMIT = 100;

const OPERATORS: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

const FIELD_GROUPS: ReadonlyMap<string, FieldGroup> = new Map([
  ['ALL', 'ALL'],
  ['STANDARD', 'STANDARD'],
  ['CUSTOM', 'CUSTOM'],
]);

/** No name and no alias is one of these. */
const RESERVED = new Set(
  'AND ASC DESC EXCLUDES FIRST FROM GROUP HAVING IN INCLUDES LAST LIKE LIMIT NOT NULL NULLS OR SELECT USING WHERE WITH'.split(
    ' ',
  ),
);

/** What may follow the object's name, so that none of it is an alias. */
const CLAUSES = new Set(['ORDER', 'OFFSET', 'FOR', 'ALL', 'UPDATE']);

/** Parts of SOQL that Salesforce has and the emulator has not. */
const NOT_HERE = new Set(['GROUP', 'HAVING', 'USING', 'WITH', 'FOR', 'ALL', 'UPDATE', 'TYPEOF', 'INCLUDES', 'EXCLUDES']);

/**
 * Reads `SELECT … FROM … [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n]`.
 *
 * As in Salesforce, AND and OR are not mixed without parentheses, and NOT stands first in its own.
 *
 * @throws {SoqlSyntaxError} for any other text
 */
export function parseSoql(source: string): SoqlQuery {
  if (source.length > LENGTH_LIMIT) {
    throw new SoqlSyntaxError(0, `SOQL statements cannot be longer than ${LENGTH_LIMIT} characters.`);
  }
  return new Parser(tokenize(source)).query();
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  query(): SoqlQuery {
    const query = this.#clauses(false);
    if (this.#peek().kind !== 'end') this.#refuse();
    return query;
  }

  #clauses(isSubquery: boolean): SoqlQuery {
    this.#expectKeyword('SELECT');
    const select = isSubquery ? this.#subselect() : this.#select();
    this.#expectKeyword('FROM');
    const from = this.#source();
    const where = this.#takeKeyword('WHERE') ? this.#condition() : undefined;
    const orderBy = this.#takeKeyword('ORDER') ? this.#orderBy() : [];
    const limit = this.#takeKeyword('LIMIT') ? this.#wholeNumber() : undefined;
    const offset = this.#takeKeyword('OFFSET') ? this.#wholeNumber() : undefined;
    return { select, from, where, orderBy, limit, offset };
  }

  #select(): Select {
    if (this.#isKeyword('COUNT') && this.#isSymbol('(', 1) && this.#isSymbol(')', 2)) {
      this.#position += 3;
      return { kind: 'countRows' };
    }
    return { kind: 'list', items: this.#list(() => this.#selectItem()) };
  }

  /** Fields only. Salesforce lets newer versions nest further subqueries, the emulator doesn't. */
  #subselect(): Select {
    const items = this.#list(() => {
      if (this.#isSymbol('(')) this.#refuseAsNotHere('subquery within a subquery');
      if (this.#isKeyword('COUNT') && this.#isSymbol('(', 1)) this.#refuse();
      return this.#selectItem();
    });
    return { kind: 'list', items };
  }

  #selectItem(): SelectItem {
    if (this.#isSymbol('(')) {
      this.#position++;
      const query = this.#clauses(true);
      this.#expectSymbol(')');
      return { kind: 'children', query };
    }
    if (this.#isKeyword('COUNT') && this.#isSymbol('(', 1)) {
      this.#position += 2;
      const path = this.#path();
      this.#expectSymbol(')');
      return { kind: 'count', path, alias: this.#alias() };
    }
    if (this.#isKeyword('FIELDS') && this.#isSymbol('(', 1)) {
      const { at } = this.#peek();
      this.#position += 2;
      const group = FIELD_GROUPS.get(this.#peek().text.toUpperCase());
      if (group === undefined) this.#refuse();
      this.#position++;
      this.#expectSymbol(')');
      return { kind: 'fields', group, at };
    }
    const path = this.#path();
    if (this.#isSymbol('(')) this.#refuseAsNotHere(`function ${path.names.join('.')}()`);
    return { kind: 'field', path };
  }

  #source(): SourceName {
    const { text, at } = this.#name();
    return { name: text, at, alias: this.#alias() };
  }

  #alias(): string | undefined {
    if (this.#takeKeyword('AS')) return this.#name().text;
    const { kind, text } = this.#peek();
    if (kind !== 'name' || RESERVED.has(text.toUpperCase()) || CLAUSES.has(text.toUpperCase())) return undefined;
    this.#position++;
    return text;
  }

  #condition(): Condition {
    if (this.#takeKeyword('NOT')) return { kind: 'not', operand: this.#operand() };
    const first = this.#operand();
    const kind = this.#isKeyword('AND') ? 'and' : this.#isKeyword('OR') ? 'or' : undefined;
    if (kind === undefined) return first;
    const operands = [first];
    while (this.#takeKeyword(kind.toUpperCase())) operands.push(this.#operand());
    return { kind, operands };
  }

  #operand(): Condition {
    if (!this.#isSymbol('(')) return this.#fieldCondition();
    if (++this.#depth > DEPTH_LIMIT) throw new SoqlSyntaxError(this.#peek().at, 'the conditions are nested too deeply');
    this.#position++;
    const condition = this.#condition();
    this.#expectSymbol(')');
    this.#depth--;
    return condition;
  }

  #fieldCondition(): Condition {
    const path = this.#path();
    if (this.#isSymbol('(')) this.#refuseAsNotHere(`function ${path.names.join('.')}()`);
    if (this.#takeKeyword('LIKE')) return { kind: 'like', path, pattern: this.#expect('string').text };
    const isNegated = this.#takeKeyword('NOT');
    if (this.#takeKeyword('IN')) return { kind: 'in', path, isNegated, values: this.#literals() };
    if (isNegated) this.#refuse();
    const { kind, text } = this.#peek();
    const operator = kind === 'symbol' ? OPERATORS.get(text) : undefined;
    if (operator === undefined) this.#refuse();
    this.#position++;
    return { kind: 'compare', path, operator, value: this.#literal() };
  }

  #literals(): readonly Literal[] {
    this.#expectSymbol('(');
    if (this.#isKeyword('SELECT')) this.#refuseAsNotHere('semi-join');
    const values = this.#list(() => this.#literal());
    this.#expectSymbol(')');
    return values;
  }

  #literal(): Literal {
    const { kind, text } = this.#peek();
    if (kind === 'symbol' || kind === 'end') this.#refuse();
    if (kind === 'name') return this.#word();
    this.#position++;
    if (kind === 'string') return { kind, value: unescapeText(text) };
    if (kind === 'number') return { kind, value: Number(text) };
    return { kind, value: text };
  }

  #word(): Literal {
    const name = this.#peek().text.toUpperCase();
    if (name === 'NULL' || name === 'TRUE' || name === 'FALSE') {
      this.#position++;
      return name === 'NULL' ? { kind: 'null' } : { kind: 'boolean', value: name === 'TRUE' };
    }
    const hasCount = this.#isSymbol(':', 1);
    if (!isDateLiteral(name, hasCount)) this.#refuse();
    this.#position += hasCount ? 2 : 1;
    return { kind: 'dateLiteral', name, count: hasCount ? this.#wholeNumber(5) : undefined };
  }

  #orderBy(): readonly OrderBy[] {
    this.#expectKeyword('BY');
    return this.#list(() => {
      const path = this.#path();
      const isDescending = this.#takeKeyword('DESC');
      if (!isDescending) this.#takeKeyword('ASC');
      const isNullsLast = this.#takeKeyword('NULLS') && !this.#takeKeyword('FIRST');
      if (isNullsLast) this.#expectKeyword('LAST');
      return { path, isDescending, isNullsLast };
    });
  }

  #path(): FieldPath {
    const { text, at } = this.#name();
    const names = [text];
    while (this.#isSymbol('.')) {
      this.#position++;
      names.push(this.#name().text);
    }
    return { names, at };
  }

  #name(): Token {
    if (RESERVED.has(this.#peek().text.toUpperCase())) this.#refuse();
    return this.#expect('name');
  }

  #wholeNumber(digits = 9): number {
    const { kind, text } = this.#peek();
    if (kind !== 'number' || !/^\d+$/.test(text) || text.length > digits) this.#refuse();
    this.#position++;
    return Number(text);
  }

  #list<Item>(item: () => Item): readonly Item[] {
    const items = [item()];
    while (this.#isSymbol(',')) {
      this.#position++;
      items.push(item());
    }
    return items;
  }

  #peek(ahead = 0): Token {
    const token = this.#tokens[this.#position + ahead] ?? this.#tokens.at(-1);
    return token ?? { kind: 'end', text: '<EOF>', at: 0 };
  }

  #isSymbol(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'symbol' && token.text === text;
  }

  #isKeyword(keyword: string): boolean {
    const { kind, text } = this.#peek();
    return kind === 'name' && text.toUpperCase() === keyword;
  }

  #takeKeyword(keyword: string): boolean {
    const isThere = this.#isKeyword(keyword);
    if (isThere) this.#position++;
    return isThere;
  }

  #expectKeyword(keyword: string): void {
    if (!this.#takeKeyword(keyword)) this.#refuse();
  }

  #expectSymbol(text: string): void {
    if (!this.#isSymbol(text)) this.#refuse();
    this.#position++;
  }

  #expect(kind: TokenKind): Token {
    const token = this.#peek();
    if (token.kind !== kind) this.#refuse();
    this.#position++;
    return token;
  }

  #refuse(): never {
    const { kind, text, at } = this.#peek();
    if (kind === 'name' && NOT_HERE.has(text.toUpperCase())) this.#refuseAsNotHere(text.toUpperCase());
    throw new SoqlSyntaxError(at, `unexpected token: '${text}'`);
  }

  #refuseAsNotHere(what: string): never {
    const { text, at } = this.#peek();
    throw new SoqlSyntaxError(at, `unexpected token: '${text}' (the Forcemint emulator's SOQL has no ${what})`);
  }
}
