import { canonicalId } from '../../org/ids.ts';
import type { Field, FieldType, FieldValue } from '../schema/field.ts';
import { dayRange } from './date-literals.ts';
import { SoqlError } from './soql-error.ts';
import type { Literal } from './tree.ts';

/** What a literal means for a field: null, one value, or from a first value until before another. */
export type Criterion = null | { readonly value: string | number | boolean } | { readonly start: string; readonly end: string };

type LiteralGroup = 'text' | 'id' | 'boolean' | 'number' | 'date' | 'datetime';

const GROUPS: Readonly<Record<FieldType, LiteralGroup>> = {
  id: 'id',
  reference: 'id',
  string: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  picklist: 'text',
  textarea: 'text',
  boolean: 'boolean',
  int: 'number',
  double: 'number',
  currency: 'number',
  date: 'date',
  datetime: 'datetime',
};

const SOQL_TYPE_NAMES: Readonly<Record<LiteralGroup, string>> = {
  text: 'string',
  id: 'string',
  boolean: 'boolean',
  number: 'number',
  date: 'date',
  datetime: 'dateTime',
};

export function isTextType(type: FieldType): boolean {
  return GROUPS[type] === 'text';
}

/** @throws {SoqlError} when the field is never compared with such a literal */
export function criterionOf(field: Field, literal: Literal, at: number, nowMs: number): Criterion {
  const group = GROUPS[field.type];
  switch (literal.kind) {
    case 'null':
      return null;
    case 'string':
      if (group === 'id') return { value: idOf(literal.value, at) };
      if (group !== 'text') break;
      // Salesforce has no empty texts.
      return literal.value === '' ? null : { value: literal.value.toLowerCase() };
    case 'dateLiteral': {
      if (group !== 'date' && group !== 'datetime') break;
      const { start, end } = dayRange(literal.name, literal.count, nowMs);
      const time = group === 'date' ? '' : 'T00:00:00.000+0000';
      return { start: start + time, end: end + time };
    }
    default:
      if (group === literal.kind) return { value: literal.value };
  }
  const quotes = group === 'text' || group === 'id' ? 'should be enclosed in quotes' : 'should not be enclosed in quotes';
  throw new SoqlError(
    'INVALID_FIELD',
    at,
    `value of filter criterion for field '${field.name}' must be of type ${SOQL_TYPE_NAMES[group]} and ${quotes}`,
  );
}

function idOf(text: string, at: number): string {
  const id = canonicalId(text);
  if (id === undefined) throw new SoqlError('INVALID_QUERY_FILTER_OPERATOR', at, `invalid ID field: ${text}`);
  return id;
}

/** A field's value as criteria have it: the case of text does not matter. */
export function comparable(type: FieldType, value: FieldValue): FieldValue {
  return typeof value === 'string' && GROUPS[type] === 'text' ? value.toLowerCase() : value;
}

/** Below, within or above the criterion; undefined when only one of the two is null. */
export function compareWith(value: FieldValue, criterion: Criterion): number | undefined {
  if (criterion === null || value === null) return criterion === null && value === null ? 0 : undefined;
  if ('start' in criterion) return value < criterion.start ? -1 : value < criterion.end ? 0 : 1;
  return value < criterion.value ? -1 : value > criterion.value ? 1 : 0;
}
