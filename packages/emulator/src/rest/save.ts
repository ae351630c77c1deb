import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import { notFound, RestError, saveError } from './errors.ts';
import { toFieldValue } from './field-value.ts';
import type { JsonObject } from './json-body.ts';
import { type ObjectRecords, type OrgRecord, toDatetime } from './records/org-record.ts';
import type { RecordTable } from './records/record-table.ts';
import { fullName } from './records/records.ts';
import type { FieldValue } from './schema/field.ts';

/** A change that has been checked and not yet been made; making it returns the record's id. */
export type PreparedSave = () => string;

/** Who saves, and where. */
export interface SaveContext {
  readonly org: Org;
  readonly session: Session;
}

/** @throws {RestError} when no such record can be created */
export function prepareCreate({ org, session }: SaveContext, object: ObjectRecords, body: JsonObject): PreparedSave {
  const table = changeable(org, object, 'inserted');
  const fields = readFields(org, object, body, 'create');
  const missing = object.schema.fields.filter(({ name, isNillable, isCreateable, isDefaultedOnCreate }) => {
    return isCreateable && !isNillable && !isDefaultedOnCreate && (fields[name] ?? null) === null;
  });
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name);
    throw saveError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names);
  }
  return () => {
    const now = toDatetime(org.now());
    const userId = session.user.id;
    const audit = { CreatedDate: now, CreatedById: userId, ...lastChange(org, session) };
    const id = table.insert({ OwnerId: userId, ...withFullName(object, fields), ...audit });
    org.records.recent.note(userId, id);
    return id;
  };
}

/** @throws {RestError} when the record is not there or can't be changed so */
export function prepareUpdate({ org, session }: SaveContext, object: ObjectRecords, id: string, body: JsonObject): PreparedSave {
  const record = requireRecord(object, id);
  const table = changeable(org, object, 'updated');
  const fields = readFields(org, object, body, 'update');
  const cleared = object.schema.fields.find(({ name, isNillable }) => fields[name] === null && !isNillable);
  if (cleared !== undefined) {
    throw saveError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${cleared.name}]`, [cleared.name]);
  }
  return () => {
    table.update(record.id, { ...withFullName(object, fields, record), ...lastChange(org, session) });
    org.records.recent.note(session.user.id, record.id);
    return record.id;
  };
}

/** Deletes the record's children along with it. @throws {RestError} when the record is not there or can't be deleted */
export function prepareDelete({ org, session }: SaveContext, object: ObjectRecords, id: string): PreparedSave {
  const record = requireRecord(object, id);
  const table = changeable(org, object, 'deleted');
  return () => {
    const change = lastChange(org, session);
    for (const child of org.records.tables()) {
      for (const { name, reference } of child.schema.fields) {
        if (reference?.to !== object.schema.name || reference.childRelationshipName === null) continue;
        const children = child.lookup(name, [record.id]) ?? [];
        for (const one of children) {
          if (reference.isCascadeDelete) child.delete(one.id, change);
          else child.update(one.id, { [name]: null, ...change });
        }
      }
    }
    table.delete(record.id, change);
    return record.id;
  };
}

/** @throws {RestError} NOT_FOUND, or ENTITY_IS_DELETED while the recycle bin holds it */
export function requireRecord(object: ObjectRecords, id: string): OrgRecord {
  const record = object.find(id);
  if (record !== undefined) return record;
  if (object.findDeleted(id) !== undefined) throw saveError('ENTITY_IS_DELETED', 'entity is deleted', [], 404);
  throw notFound();
}

function changeable(org: Org, { schema }: ObjectRecords, verb: 'inserted' | 'updated' | 'deleted'): RecordTable {
  const table = org.records.table(schema.name);
  if (table !== undefined) return table;
  if (verb === 'inserted') {
    throw saveError('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type cannot be inserted: ${schema.label}`);
  }
  throw saveError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], 403);
}

function readFields(
  org: Org,
  { schema }: ObjectRecords,
  body: JsonObject,
  verb: 'create' | 'update',
): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === 'attributes') continue;
    const field = schema.field(name);
    if (field === undefined) {
      throw new RestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${schema.name}`);
    }
    if (field.type === 'id') {
      throw new RestError(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.');
    }
    if (verb === 'create' ? !field.isCreateable : !field.isUpdateable) {
      throw saveError(
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
        [field.name],
      );
    }
    fields[field.name] = toFieldValue(org.records, field, value);
  }
  return fields;
}

/** A person's compound name follows its parts. */
function withFullName(
  { schema }: ObjectRecords,
  fields: Record<string, FieldValue>,
  record?: OrgRecord,
): Record<string, FieldValue> {
  if (schema.nameField?.isCreateable !== false) return fields;
  const part = (name: string): FieldValue => (Object.hasOwn(fields, name) ? (fields[name] ?? null) : (record?.get(name) ?? null));
  return { ...fields, Name: fullName({ FirstName: part('FirstName'), LastName: part('LastName') }) };
}

function lastChange(org: Org, session: Session): Record<string, FieldValue> {
  const now = toDatetime(org.now());
  return { LastModifiedDate: now, LastModifiedById: session.user.id, SystemModstamp: now };
}
