import type { User } from '../../org/users.ts';
import type { OrgRecord } from '../records/org-record.ts';
import type { Records } from '../records/records.ts';
import { type BoundField, bindField, type QueryScope } from './bound-field.ts';
import { candidates, inOrder } from './candidates.ts';
import { childRelationship } from './child-relationship.ts';
import { compileCondition, type Predicate } from './filter.ts';
import { type Children, type Projection, projectionOf } from './projection.ts';
import { SoqlError } from './soql-error.ts';
import { compileOrder } from './sort.ts';
import type { SelectItem, SoqlQuery } from './tree.ts';

const OFFSET_LIMIT = 2_000;
const FIELDS_LIMIT = 200;

/** A query whose names have all been found; {@link BoundQuery.records} runs it. */
export interface BoundQuery {
  readonly scope: QueryScope;
  readonly output: Output;
  /** What the query finds, sorted and cut. */
  records(): readonly OrgRecord[];
}

/** What the answer shows: records, the one row of `COUNT(field)`, or only how many there are. */
export type Output =
  | { readonly kind: 'records'; readonly projection: Projection }
  | { readonly kind: 'aggregate'; readonly counts: readonly Count[] }
  | { readonly kind: 'size' };

/** `COUNT(field)`. */
export interface Count {
  /** The alias, or `expr0`, `expr1`, … */
  readonly name: string;
  readonly field: BoundField;
}

export interface QueryContext {
  readonly records: Records;
  /** Who asks. */
  readonly user: User;
  readonly nowMs: number;
  /** The Tooling API has fewer objects. */
  readonly isTooling: boolean;
  /** Deleted records as well. */
  readonly isQueryAll: boolean;
}

/** @throws {SoqlError} */
export function bindQuery(query: SoqlQuery, context: QueryContext): BoundQuery {
  const scope = scopeOf(query, context);
  const { output, select } = bindClauses(query, scope, context);
  return { scope, output, records: () => select(sources(query, scope, context)) };
}

/** A query's clauses, whatever the records are that they choose from. */
interface BoundClauses {
  readonly output: Output;
  select(from: Iterable<OrgRecord>): readonly OrgRecord[];
}

function bindClauses(query: SoqlQuery, scope: QueryScope, context: QueryContext): BoundClauses {
  const output = outputOf(query, scope, (subquery) => bindChildren(subquery, scope, context));
  const predicate = query.where === undefined ? undefined : compileCondition(scope, query.where, context.nowMs);
  const sort = compileOrder(scope, query.orderBy);
  const { limit = Number.POSITIVE_INFINITY, offset = 0, orderBy } = query;
  if (offset > OFFSET_LIMIT) {
    throw new SoqlError('NUMBER_OUTSIDE_VALID_RANGE', undefined, `Maximum SOQL offset allowed is ${OFFSET_LIMIT}`);
  }
  const most = orderBy.length === 0 ? limit + offset : Number.POSITIVE_INFINITY;
  return { output, select: (from) => sort(take(from, predicate, most)).slice(offset, offset + limit) };
}

function bindChildren(query: SoqlQuery, parent: QueryScope, context: QueryContext): Children {
  const { from } = query;
  const { source, fieldName, relationshipName } = childRelationship(parent, from);
  const { output, select } = bindClauses(query, { records: parent.records, source, from }, context);
  if (output.kind !== 'records') throw new SoqlError('MALFORMED_QUERY', from.at, 'a subquery has fields only');
  return {
    kind: 'children',
    relationshipName,
    projection: output.projection,
    of: ({ id }) => select(inOrder(source.lookup(fieldName, [id]) ?? [])),
  };
}

function scopeOf({ from }: SoqlQuery, { records, user, isTooling }: QueryContext): QueryScope {
  const source = records.object(from.name);
  if (source === undefined || (isTooling && !source.schema.isInTooling)) {
    throw new SoqlError(
      'INVALID_TYPE',
      from.at,
      `sObject type '${from.name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`,
    );
  }
  return { records, source: source.visibleTo?.(user) ?? source, from };
}

function outputOf({ select, limit }: SoqlQuery, scope: QueryScope, children: (query: SoqlQuery) => Children): Output {
  if (select.kind === 'countRows') return { kind: 'size' };
  const counts = select.items.filter((item) => item.kind === 'count');
  const listed = select.items.filter((item) => item.kind !== 'count');
  if (counts.length === 0) {
    for (const item of listed) requireLimit(item, limit);
    return { kind: 'records', projection: projectionOf(scope, listed, children) };
  }
  const [other] = listed;
  if (other !== undefined) {
    const name = other.kind === 'field' ? `: ${other.path.names.join('.')}` : '';
    throw new SoqlError('MALFORMED_QUERY', undefined, `Field must be grouped or aggregated${name}`);
  }
  let expressions = 0;
  const named = counts.map(({ alias, path }) => ({ name: alias ?? `expr${expressions++}`, field: bindField(scope, path) }));
  return { kind: 'aggregate', counts: named };
}

/** Only the standard fields are so few that Salesforce gives all of them for any number of records. */
function requireLimit(item: Exclude<SelectItem, { kind: 'count' }>, limit = Number.POSITIVE_INFINITY): void {
  if (item.kind === 'fields' && item.group !== 'STANDARD' && limit > FIELDS_LIMIT) {
    throw new SoqlError('MALFORMED_QUERY', undefined, `The SOQL FIELDS function must have a LIMIT of at most ${FIELDS_LIMIT}`);
  }
}

function* sources({ where }: SoqlQuery, scope: QueryScope, { isQueryAll }: QueryContext): Iterable<OrgRecord> {
  yield* candidates(scope, where);
  if (isQueryAll) yield* scope.source.deleted();
}

function take(records: Iterable<OrgRecord>, predicate: Predicate | undefined, most: number): readonly OrgRecord[] {
  const taken: OrgRecord[] = [];
  if (most === 0) return taken;
  for (const record of records) {
    if (predicate !== undefined && !predicate(record)) continue;
    taken.push(record);
    if (taken.length >= most) break;
  }
  return taken;
}
