import type { ObjectRecords } from '../records/org-record.ts';
import type { QueryScope } from './bound-field.ts';
import { SoqlError } from './soql-error.ts';
import type { SourceName } from './tree.ts';

/** The way from a parent to its children. */
export interface ChildRelationship {
  readonly source: ObjectRecords;
  readonly fieldName: string;
  readonly relationshipName: string;
}

/** The relationship that a subquery reads FROM. @throws {SoqlError} when the parent has no such children */
export function childRelationship({ records, source: { schema } }: QueryScope, { name, at }: SourceName): ChildRelationship {
  for (const source of records.objects()) {
    for (const { name: fieldName, reference } of source.schema.fields) {
      const relationshipName = reference?.to === schema.name ? (reference.childRelationshipName ?? '') : '';
      if (relationshipName.toLowerCase() === name.toLowerCase()) return { source, fieldName, relationshipName };
    }
  }
  throw new SoqlError(
    'INVALID_TYPE',
    at,
    `Didn't understand relationship '${name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`,
  );
}
