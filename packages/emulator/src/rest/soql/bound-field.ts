import type { ObjectRecords, OrgRecord } from '../records/org-record.ts';
import type { Records } from '../records/records.ts';
import type { Field, FieldValue } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';
import { SoqlError } from './soql-error.ts';
import type { FieldPath, SourceName } from './tree.ts';

/** Relationships from child to parent that one path may have. */
const LEVELS_LIMIT = 5;

/** One step from a record to its parent. */
export interface Step {
  readonly reference: Field;
  readonly target: ObjectRecords;
}

/** A field path that leads somewhere. */
export interface BoundField {
  readonly steps: readonly Step[];
  readonly field: Field;
  read(record: OrgRecord): FieldValue;
}

/** What a query's names are looked up in. */
export interface QueryScope {
  readonly records: Records;
  readonly source: ObjectRecords;
  readonly from: SourceName;
}

/** @throws {SoqlError} when a relationship or the field is not there */
export function bindField(scope: QueryScope, path: FieldPath): BoundField {
  const names = withoutAlias(scope, path.names);
  const steps: Step[] = [];
  let { schema } = scope.source;
  for (const name of names.slice(0, -1)) {
    const step = stepTo(scope.records, schema, name, path.at);
    steps.push(step);
    schema = step.target.schema;
  }
  if (steps.length > LEVELS_LIMIT) {
    throw new SoqlError('INVALID_FIELD', path.at, `a field path cannot have more than ${LEVELS_LIMIT} relationships`);
  }
  const fieldName = names.at(-1) ?? '';
  const field = schema.field(fieldName);
  if (field === undefined) throw new SoqlError('INVALID_FIELD', path.at, noSuchColumn(fieldName, schema));
  return { steps, field, read: reader(steps, field.name) };
}

export function parentOf(record: OrgRecord, { reference, target }: Step): OrgRecord | undefined {
  const id = record.get(reference.name);
  return typeof id === 'string' ? target.find(id) : undefined;
}

function reader(steps: readonly Step[], fieldName: string): (record: OrgRecord) => FieldValue {
  if (steps.length === 0) return (record) => record.get(fieldName);
  return (record) => {
    let found: OrgRecord | undefined = record;
    for (const step of steps) found = found === undefined ? undefined : parentOf(found, step);
    return found?.get(fieldName) ?? null;
  };
}

function withoutAlias({ from, source }: QueryScope, names: readonly string[]): readonly string[] {
  const first = names[0]?.toLowerCase();
  const isAlias = names.length > 1 && (first === from.alias?.toLowerCase() || first === source.schema.name.toLowerCase());
  return isAlias ? names.slice(1) : names;
}

function stepTo(records: Records, schema: SObject, name: string, at: number): Step {
  const reference = schema.relationship(name);
  const target = records.object(reference?.reference?.to ?? '');
  if (reference === undefined || target === undefined) {
    throw new SoqlError(
      'INVALID_FIELD',
      at,
      `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  }
  return { reference, target };
}

function noSuchColumn(name: string, schema: SObject): string {
  return `No such column '${name}' on entity '${schema.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`;
}
