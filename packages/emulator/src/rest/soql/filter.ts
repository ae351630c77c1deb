import type { OrgRecord } from '../records/org-record.ts';
import type { Field } from '../schema/field.ts';
import { type BoundField, bindField, type QueryScope } from './bound-field.ts';
import { comparable, compareWith, criterionOf, isTextType } from './comparison.ts';
import { SoqlError } from './soql-error.ts';
import { likePattern } from './text.ts';
import type { ComparisonOperator, Condition, Literal } from './tree.ts';

export type Predicate = (record: OrgRecord) => boolean;

/** Longer text areas can be read, but neither compared nor sorted by. */
const FILTERABLE_LENGTH = 4_000;

/** A test of records. @throws {SoqlError} when a field is not there or not compared in that way */
export function compileCondition(scope: QueryScope, condition: Condition, nowMs: number): Predicate {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const predicates = condition.operands.map((operand) => compileCondition(scope, operand, nowMs));
      if (condition.kind === 'and') return (record) => predicates.every((predicate) => predicate(record));
      return (record) => predicates.some((predicate) => predicate(record));
    }
    case 'not': {
      const predicate = compileCondition(scope, condition.operand, nowMs);
      return (record) => !predicate(record);
    }
    case 'compare': {
      const bound = bindFilterable(scope, condition);
      return compare(bound, condition.operator, condition.value, condition.path.at, nowMs);
    }
    case 'in': {
      const bound = bindFilterable(scope, condition);
      const isIn = isOneOf(bound, condition.values, condition.path.at, nowMs);
      return condition.isNegated ? (record) => !isIn(record) : isIn;
    }
    default: {
      const bound = bindFilterable(scope, condition);
      return isLike(bound, condition.pattern, condition.path.at);
    }
  }
}

function bindFilterable(scope: QueryScope, { path }: Extract<Condition, { path: unknown }>): BoundField {
  const bound = bindField(scope, path);
  requireUsable(bound.field, 'filtered', path.at);
  return bound;
}

/** @throws {SoqlError} for long text areas, and for what is never filtered */
export function requireUsable(field: Field, use: 'filtered' | 'sorted', at: number): void {
  const isLongText = field.type === 'textarea' && field.length > FILTERABLE_LENGTH;
  if (isLongText || (use === 'filtered' && !field.isFilterable)) {
    throw new SoqlError('INVALID_FIELD', at, `field '${field.name}' can not be ${use} in a query call`);
  }
}

function compare(bound: BoundField, operator: ComparisonOperator, literal: Literal, at: number, nowMs: number): Predicate {
  const { field, read } = bound;
  const { type } = field;
  if (type === 'boolean' && operator !== '=' && operator !== '!=') {
    throw new SoqlError('INVALID_QUERY_FILTER_OPERATOR', at, 'invalid operator on boolean field');
  }
  const criterion = criterionOf(field, literal, at, nowMs);
  const order = (record: OrgRecord): number | undefined => compareWith(comparable(type, read(record)), criterion);
  const test = TESTS[operator];
  // Of null nothing is less or greater; everything that is something else differs from it.
  return (record) => test(order(record) ?? Number.NaN);
}

const TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function isOneOf({ field, read }: BoundField, literals: readonly Literal[], at: number, nowMs: number): Predicate {
  const criteria = literals.map((literal) => criterionOf(field, literal, at, nowMs));
  const ranges = criteria.filter((criterion) => criterion !== null && 'start' in criterion);
  const values = new Set(criteria.flatMap((one) => (one === null ? [null] : 'value' in one ? [one.value] : [])));
  return (record) => {
    const value = comparable(field.type, read(record));
    return values.has(value) || ranges.some((range) => compareWith(value, range) === 0);
  };
}

function isLike({ field, read }: BoundField, pattern: string, at: number): Predicate {
  if (!isTextType(field.type)) {
    const kind = field.type === 'reference' ? 'id' : field.type;
    throw new SoqlError('INVALID_QUERY_FILTER_OPERATOR', at, `invalid operator on ${kind} field`);
  }
  const matches = likePattern(pattern);
  return (record) => {
    const value = read(record);
    return typeof value === 'string' && matches(value);
  };
}
