import { BoundedMap } from '../../org/bounded-map.ts';
import { canonicalId, emulatorId } from '../../org/ids.ts';
import type { FieldValue } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';
import type { ObjectRecords, OrgRecord } from './org-record.ts';
import { ReferenceIndex } from './reference-index.ts';

/** What a saved record holds; what is left out is null, or false for a checkbox. */
export type StoredFields = Readonly<Record<string, FieldValue>>;

/** More deleted records than this push the oldest out of the recycle bin. */
const RECYCLE_BIN_LIMIT = 10_000;

class StoredRecord implements OrgRecord {
  readonly id: string;
  readonly fields: StoredFields;
  readonly #schema: SObject;

  constructor(schema: SObject, id: string, fields: StoredFields) {
    this.#schema = schema;
    this.id = id;
    this.fields = fields;
  }

  get(fieldName: string): FieldValue {
    if (fieldName === 'Id') return this.id;
    return this.fields[fieldName] ?? (this.#schema.field(fieldName)?.type === 'boolean' ? false : null);
  }
}

/** The records of an object that can be created, updated and deleted. */
export class RecordTable implements ObjectRecords {
  readonly schema: SObject;
  readonly #records = new Map<string, StoredRecord>();
  readonly #deleted = new BoundedMap<StoredRecord>(RECYCLE_BIN_LIMIT);
  readonly #indexes: readonly ReferenceIndex[];
  #serial = 0;

  constructor(schema: SObject) {
    this.schema = schema;
    this.#indexes = schema.fields
      .filter(({ reference }) => (reference?.childRelationshipName ?? null) !== null)
      .map(({ name }) => new ReferenceIndex(name));
  }

  find(id: string): OrgRecord | undefined {
    return this.#records.get(canonicalId(id) ?? '');
  }

  findDeleted(id: string): OrgRecord | undefined {
    return this.#deleted.get(canonicalId(id) ?? '');
  }

  all(): Iterable<OrgRecord> {
    return this.#records.values();
  }

  deleted(): Iterable<OrgRecord> {
    return this.#deleted.keys().flatMap((id) => this.#deleted.get(id) ?? []);
  }

  lookup(fieldName: string, values: readonly FieldValue[]): readonly OrgRecord[] | undefined {
    const index = this.#indexes.find((one) => one.fieldName === fieldName);
    if (index === undefined || values.includes(null)) return undefined;
    const ids = new Set(values.flatMap((value) => index.ids(String(value))));
    return [...ids].flatMap((id) => this.#records.get(id) ?? []);
  }

  /** Returns the id of the new record. */
  insert(fields: StoredFields): string {
    const id = emulatorId(this.schema.keyPrefix, ++this.#serial);
    this.#put(new StoredRecord(this.schema, id, fields));
    return id;
  }

  /** Changes fields of the record; nothing happens when it is gone. */
  update(id: string, changes: StoredFields): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    for (const index of this.#indexes) index.remove(record);
    this.#put(new StoredRecord(this.schema, id, { ...record.fields, ...changes }));
  }

  /** Moves the record to the recycle bin; nothing happens when it is gone. */
  delete(id: string, changes: StoredFields): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    for (const index of this.#indexes) index.remove(record);
    this.#records.delete(id);
    this.#deleted.set(id, new StoredRecord(this.schema, id, { ...record.fields, ...changes, IsDeleted: true }));
  }

  #put(record: StoredRecord): void {
    this.#records.set(record.id, record);
    for (const index of this.#indexes) index.add(record);
  }
}
