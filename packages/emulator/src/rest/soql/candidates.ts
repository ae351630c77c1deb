import type { ObjectRecords, OrgRecord } from '../records/org-record.ts';
import { bindField, type QueryScope } from './bound-field.ts';
import { criterionOf } from './comparison.ts';
import type { Condition, Literal } from './tree.ts';

/** The records that an index finds for the condition, all of which fit and perhaps others; else every record. */
export function candidates(scope: QueryScope, condition: Condition | undefined): Iterable<OrgRecord> {
  const { source } = scope;
  const operands = condition?.kind === 'and' ? condition.operands : condition === undefined ? [] : [condition];
  for (const operand of operands) {
    const found = indexed(scope, operand);
    if (found !== undefined) return inOrder(found);
  }
  return source.all();
}

/** In the order of their ids, in which records come unless the query has another. */
export function inOrder(records: readonly OrgRecord[]): readonly OrgRecord[] {
  return records.toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function indexed(scope: QueryScope, condition: Condition): readonly OrgRecord[] | undefined {
  if (condition.kind === 'compare' && condition.operator === '=') return withValues(scope, condition, [condition.value]);
  if (condition.kind === 'in' && !condition.isNegated) return withValues(scope, condition, condition.values);
  return undefined;
}

function withValues(
  scope: QueryScope,
  { path }: Extract<Condition, { path: unknown }>,
  literals: readonly Literal[],
): readonly OrgRecord[] | undefined {
  const { steps, field } = bindField(scope, path);
  if (steps.length > 0 || !literals.every(({ kind }) => kind === 'string')) return undefined;
  const values = literals.map((literal) => {
    const criterion = criterionOf(field, literal, path.at, 0);
    return criterion !== null && 'value' in criterion ? criterion.value : null;
  });
  if (field.name === 'Id') return withIds(scope.source, values.map(String));
  return scope.source.lookup(field.name, values);
}

function withIds(source: ObjectRecords, ids: readonly string[]): readonly OrgRecord[] {
  return [...new Set(ids)].flatMap((id) => source.find(id) ?? []);
}
