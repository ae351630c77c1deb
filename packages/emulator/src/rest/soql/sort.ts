import type { OrgRecord } from '../records/org-record.ts';
import type { FieldValue } from '../schema/field.ts';
import { bindField, type QueryScope } from './bound-field.ts';
import { comparable } from './comparison.ts';
import { requireUsable } from './filter.ts';
import type { OrderBy } from './tree.ts';

export type Sorter = (records: readonly OrgRecord[]) => readonly OrgRecord[];

/** Sorts as ORDER BY says; what is equal stays in its order. @throws {SoqlError} when a field is not there or never sorted by */
export function compileOrder(scope: QueryScope, orderBy: readonly OrderBy[]): Sorter {
  if (orderBy.length === 0) return (records) => records;
  const keys = orderBy.map(({ path, isDescending, isNullsLast }) => {
    const { field, read } = bindField(scope, path);
    requireUsable(field, 'sorted', path.at);
    const key = (record: OrgRecord): FieldValue => comparable(field.type, read(record));
    return { key, isDescending, isNullsLast };
  });
  const compare = (left: readonly FieldValue[], right: readonly FieldValue[]): number => {
    for (const [index, { isDescending, isNullsLast }] of keys.entries()) {
      const order = compareKeys(left[index] ?? null, right[index] ?? null, isDescending, isNullsLast);
      if (order !== 0) return order;
    }
    return 0;
  };
  return (records) =>
    records
      .map((record) => ({ record, values: keys.map(({ key }) => key(record)) }))
      .sort((left, right) => compare(left.values, right.values))
      .map(({ record }) => record);
}

/** Nulls come first or last whichever the direction is. */
function compareKeys(left: FieldValue, right: FieldValue, isDescending: boolean, isNullsLast: boolean): number {
  if (left === right) return 0;
  if (left === null || right === null) return (left === null) === isNullsLast ? 1 : -1;
  return left < right === isDescending ? 1 : -1;
}
