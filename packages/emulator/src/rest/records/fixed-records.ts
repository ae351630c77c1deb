import { canonicalId } from '../../org/ids.ts';
import type { FieldValue } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';
import type { ObjectRecords, OrgRecord } from './org-record.ts';

/** Records that are there from the start and stay as they are. */
export class FixedRecords implements ObjectRecords {
  readonly schema: SObject;
  readonly #records: readonly OrgRecord[];

  /** Each with its `Id` and the fields that are not null. */
  constructor(schema: SObject, records: readonly Readonly<Record<string, FieldValue>>[]) {
    this.schema = schema;
    this.#records = records.map((record) => {
      const fields = new Map(Object.entries(record));
      return { id: String(fields.get('Id')), get: (fieldName) => fields.get(fieldName) ?? null };
    });
  }

  find(id: string): OrgRecord | undefined {
    const wanted = canonicalId(id);
    return this.#records.find((record) => record.id === wanted);
  }

  findDeleted(): undefined {
    return undefined;
  }

  all(): Iterable<OrgRecord> {
    return this.#records;
  }

  deleted(): Iterable<OrgRecord> {
    return [];
  }

  lookup(): undefined {
    return undefined;
  }
}
