import type { Field, FieldType } from './schema/field.ts';
import type { Column, Projection } from './soql/projection.ts';
import type { BoundQuery } from './soql/run-query.ts';

/** A column of `columns=true`, which `sf data query` needs. */
interface ColumnMetadata {
  readonly aggregate: boolean;
  readonly apexType: string | null;
  readonly booleanType: boolean;
  readonly columnName: string;
  readonly custom: false;
  readonly displayName: string;
  readonly foreignKeyName: string | null;
  readonly insertable: boolean;
  /** The columns of the parent or, with `aggregate`, of the children. */
  readonly joinColumns: readonly ColumnMetadata[];
  readonly numberType: boolean;
  readonly textType: boolean;
  readonly updatable: boolean;
}

const APEX_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'Id',
  reference: 'Id',
  boolean: 'Boolean',
  int: 'Integer',
  double: 'Double',
  currency: 'Double',
  date: 'Date',
  datetime: 'Datetime',
  string: 'String',
  email: 'String',
  phone: 'String',
  url: 'String',
  picklist: 'String',
  textarea: 'String',
};

const TEXTS = new Set(['Id', 'String']);
const NUMBERS = new Set(['Integer', 'Double']);

/** The answer to a query with `columns=true`. */
export function queryColumns({ output, scope }: BoundQuery): unknown {
  const { schema } = scope.source;
  return {
    columnMetadata: columnsOf(output),
    entityName: schema.name,
    groupBy: false,
    idSelected: output.kind === 'records' && output.projection.columns.has('Id'),
    keyPrefix: schema.keyPrefix,
  };
}

function columnsOf(output: BoundQuery['output']): readonly ColumnMetadata[] {
  switch (output.kind) {
    case 'records':
      return projected(output.projection);
    case 'aggregate':
      return output.counts.map(({ name, field }) => ({
        ...BLANK,
        aggregate: true,
        apexType: 'Integer',
        columnName: name,
        displayName: `count(${field.field.name})`,
        numberType: true,
      }));
    default:
      return [];
  }
}

function projected({ columns }: Projection): readonly ColumnMetadata[] {
  return [...columns].map(([name, column]) => metadataOf(name, column));
}

function metadataOf(name: string, column: Column): ColumnMetadata {
  if (column.kind === 'field') return fieldColumn(column.field);
  if (column.kind === 'children') {
    return { ...BLANK, aggregate: true, columnName: name, displayName: name, joinColumns: projected(column.projection) };
  }
  return {
    ...BLANK,
    columnName: name,
    displayName: name,
    foreignKeyName: column.step.reference.name,
    joinColumns: projected(column.projection),
  };
}

function fieldColumn({ name, type, isCreateable, isUpdateable }: Field): ColumnMetadata {
  const apexType = APEX_TYPES[type];
  return {
    ...BLANK,
    apexType,
    booleanType: apexType === 'Boolean',
    columnName: name,
    displayName: name,
    insertable: isCreateable,
    numberType: NUMBERS.has(apexType),
    textType: TEXTS.has(apexType),
    updatable: isUpdateable,
  };
}

const BLANK: Omit<ColumnMetadata, 'columnName' | 'displayName'> = {
  aggregate: false,
  apexType: null,
  booleanType: false,
  custom: false,
  foreignKeyName: null,
  insertable: false,
  joinColumns: [],
  numberType: false,
  textType: false,
  updatable: false,
};
