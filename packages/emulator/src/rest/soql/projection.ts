import type { ObjectRecords, OrgRecord } from '../records/org-record.ts';
import type { Field } from '../schema/field.ts';
import type { SObject } from '../schema/sobject.ts';
import { type BoundField, bindField, parentOf, type QueryScope, type Step } from './bound-field.ts';
import { SoqlError } from './soql-error.ts';
import type { SelectItem, SoqlQuery } from './tree.ts';

/** The fields that a record shows, and its parents', in the order of the query. */
export interface Projection {
  readonly schema: SObject;
  readonly columns: ReadonlyMap<string, Column>;
}

export type Column =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'parent'; readonly step: Step; readonly projection: Projection }
  | Children;

/** The children of a record, by a relationship such as `Contacts`. */
export interface Children {
  readonly kind: 'children';
  readonly relationshipName: string;
  readonly projection: Projection;
  of(parent: OrgRecord): readonly OrgRecord[];
}

interface Draft extends Projection {
  readonly columns: Map<string, DraftColumn>;
}

type DraftColumn =
  | Extract<Column, { kind: 'field' | 'children' }>
  | { readonly kind: 'parent'; readonly step: Step; readonly projection: Draft };

type ListedItem = Exclude<SelectItem, { kind: 'count' }>;

/** @throws {SoqlError} when a field is not there, or twice */
export function projectionOf(
  scope: QueryScope,
  items: readonly ListedItem[],
  bindChildren: (query: SoqlQuery) => Children,
): Projection {
  const root: Draft = { schema: scope.source.schema, columns: new Map() };
  for (const item of items) {
    if (item.kind === 'field') addField(root, bindField(scope, item.path));
    else if (item.kind === 'children') addChildren(root, bindChildren(item.query));
    else for (const field of fieldsOf(scope.source, item.group)) addField(root, { steps: [], field });
  }
  return root;
}

/** The emulator's objects have no custom fields. */
function fieldsOf({ schema }: ObjectRecords, group: 'ALL' | 'STANDARD' | 'CUSTOM'): readonly Field[] {
  return group === 'CUSTOM' ? [] : schema.fields;
}

function addField(root: Draft, { steps, field }: Pick<BoundField, 'steps' | 'field'>): void {
  let draft = root;
  for (const step of steps) {
    const name = step.reference.reference?.relationshipName ?? '';
    const known = draft.columns.get(name);
    const projection = known?.kind === 'parent' ? known.projection : { schema: step.target.schema, columns: new Map() };
    draft.columns.set(name, { kind: 'parent', step, projection });
    draft = projection;
  }
  if (draft.columns.has(field.name)) throw new SoqlError('INVALID_FIELD', undefined, `duplicate field selected: ${field.name}`);
  draft.columns.set(field.name, { kind: 'field', field });
}

function addChildren(root: Draft, children: Children): void {
  const { relationshipName } = children;
  if (root.columns.has(relationshipName)) {
    throw new SoqlError('INVALID_FIELD', undefined, `duplicate field selected: ${relationshipName}`);
  }
  root.columns.set(relationshipName, children);
}

/** The record as an answer shows it; a parent that there is not is null, and so are children. */
export function project({ schema, columns }: Projection, record: OrgRecord, base: string): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { attributes: attributesOf(schema, record.id, base) };
  for (const [name, column] of columns) {
    if (column.kind === 'field') {
      shown[name] = record.get(name);
    } else if (column.kind === 'children') {
      const records = column.of(record).map((child) => project(column.projection, child, base));
      shown[name] = records.length === 0 ? null : { totalSize: records.length, done: true, records };
    } else {
      const parent = parentOf(record, column.step);
      shown[name] = parent === undefined ? null : project(column.projection, parent, base);
    }
  }
  return shown;
}

/** What every record of the REST API begins with. */
export function attributesOf(schema: SObject, id: string, base: string): { readonly type: string; readonly url: string } {
  return { type: schema.name, url: `${base}/sobjects/${schema.name}/${id}` };
}
