import type { User } from '../../org/users.ts';
import type { FieldValue } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';

/** A record as it is read. It never changes: who saves puts another in its place. */
export interface OrgRecord {
  /** 18 characters. */
  readonly id: string;
  /** The value of one of the object's fields, named as the schema does. */
  get(fieldName: string): FieldValue;
}

/** The records of one object. */
export interface ObjectRecords {
  readonly schema: SObject;
  /** By an id of either length. */
  find(id: string): OrgRecord | undefined;
  /** The record of that id when it has been deleted. */
  findDeleted(id: string): OrgRecord | undefined;
  /** In the order of their ids. */
  all(): Iterable<OrgRecord>;
  /** What the recycle bin holds. */
  deleted(): Iterable<OrgRecord>;
  /** The records with these values of a field that has an index; undefined when it has none. */
  lookup(fieldName: string, values: readonly FieldValue[]): readonly OrgRecord[] | undefined;
  /** The records that the user may see; where there is no such method, everybody sees them all. */
  visibleTo?(user: User): ObjectRecords;
}

/** A datetime as the REST API writes it. */
export function toDatetime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '+0000');
}
