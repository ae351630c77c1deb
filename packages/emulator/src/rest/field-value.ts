import { canonicalId } from '../org/ids.ts';
import { saveError } from './errors.ts';
import { cannotDeserialize, parserError } from './json-body.ts';
import type { Records } from './records/records.ts';
import type { Field, FieldValue } from './schema/field.ts';

const INT_LIMIT = 2 ** 31;
const DECIMAL_LIMIT = 1e18;
const EMAIL = /^[^\s@<>()[\],;:\\"]+@[^\s@.<>()[\],;:\\"]+(?:\.[^\s@.<>()[\],;:\\"]+)+$/;

/** The value that is saved for what the JSON has. @throws {RestError} when the field can't have it */
export function toFieldValue(records: Records, field: Field, value: unknown): FieldValue {
  // Salesforce has no empty texts: saving one clears the field.
  if (value === null || value === '') return field.type === 'boolean' ? refuse(field, value) : null;
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(field, value);
    case 'int':
      return typeof value === 'number' && (Number.isInteger(value) || !Number.isFinite(value))
        ? inRange(field, value, INT_LIMIT)
        : refuse(field, value);
    case 'double':
    case 'currency':
      return typeof value === 'number' ? inRange(field, value, DECIMAL_LIMIT) : refuse(field, value);
    case 'date':
    case 'datetime':
      return isDate(value) ? value : refuse(field, value);
    case 'id':
    case 'reference':
      return typeof value === 'string' ? toReference(records, field, value) : refuse(field, value);
    default:
      return typeof value === 'string' ? toText(field, value) : refuse(field, value);
  }
}

function refuse({ type }: Field, value: unknown): never {
  const wanted =
    type === 'currency' ? 'double' : ['boolean', 'int', 'double', 'date', 'datetime'].includes(type) ? type : 'string';
  throw parserError(`${cannotDeserialize(wanted, value)} at [line:1, column:1]`);
}

function inRange(field: Field, value: number, limit: number): number {
  if (value >= -limit && value < limit) return value;
  throw saveError('NUMBER_OUTSIDE_VALID_RANGE', `${field.label}: value outside of valid range on numeric field: ${value}`, [
    field.name,
  ]);
}

function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function toReference(records: Records, field: Field, value: string): string {
  const target = records.object(field.reference?.to ?? '');
  const id = canonicalId(value);
  if (id === undefined || (target !== undefined && !id.startsWith(target.schema.keyPrefix))) {
    throw saveError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [field.name]);
  }
  if (target?.findDeleted(id) !== undefined) throw saveError('ENTITY_IS_DELETED', 'entity is deleted', [field.name]);
  if (target?.find(id) === undefined) throw saveError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name]);
  return id;
}

function toText(field: Field, value: string): string {
  if (value.length > field.length) {
    const shown = value.length > 255 ? `${value.slice(0, 255)}…` : value;
    throw saveError('STRING_TOO_LONG', `${field.label}: data value too large: ${shown} (max length=${field.length})`, [
      field.name,
    ]);
  }
  if (field.type === 'email' && !EMAIL.test(value)) {
    throw saveError('INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${value}`, [field.name]);
  }
  return value;
}
