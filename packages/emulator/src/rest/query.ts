import type { Org } from '../org.ts';
import { RestError } from './errors.ts';
import { type DataObject, findObject, type RecordFields } from './records.ts';
import { type Condition, parseSoql, type SoqlQuery, SoqlSyntaxError } from './soql.ts';

/** `GET …/query?q=`; with `columns=true` the columns instead of the records. */
export function query(org: Org, base: string, parameters: URLSearchParams): unknown {
  const soql = parse(parameters.get('q') ?? '');
  const object = findObject(org, soql.object);
  if (object === undefined) throw new RestError(400, 'INVALID_TYPE', `sObject type '${soql.object}' is not supported.`);
  const selected = soql.fields.map((field) => fieldName(object, field));
  if (parameters.get('columns') === 'true') return columns(object, selected);
  const found = select(object, soql);
  if (soql.isCount) return { totalSize: found.length, done: true, records: [] };
  return {
    totalSize: found.length,
    done: true,
    records: found.map((record) => ({
      attributes: { type: object.name, url: `${base}/sobjects/${object.name}/${record.Id}` },
      ...Object.fromEntries(selected.map((field) => [field, record[field]])),
    })),
  };
}

function parse(text: string): SoqlQuery {
  try {
    return parseSoql(text);
  } catch (error) {
    if (error instanceof SoqlSyntaxError) throw new RestError(400, 'MALFORMED_QUERY', error.message);
    throw error;
  }
}

function fieldName(object: DataObject, field: string): string {
  const names = Object.keys(object.records[0] ?? { Id: null });
  const name = names.find((one) => one.toLowerCase() === field.toLowerCase());
  if (name === undefined) {
    throw new RestError(400, 'INVALID_FIELD', `No such column '${field}' on entity '${object.name}'.`);
  }
  return name;
}

function select(object: DataObject, soql: SoqlQuery): readonly RecordFields[] {
  const conditions = soql.conditions.map((condition) => ({ ...condition, field: fieldName(object, condition.field) }));
  const found = object.records.filter((record) => conditions.every((condition) => isMet(condition, record)));
  const { orderBy } = soql;
  if (orderBy !== undefined) {
    const field = fieldName(object, orderBy.field);
    const direction = orderBy.isDescending ? -1 : 1;
    found.sort((left, right) => direction * String(left[field]).localeCompare(String(right[field])));
  }
  return found.slice(0, soql.limit);
}

/** Text is compared without regard to case, as SOQL does; ids in either length. */
function isMet({ field, operator, value }: Condition, record: RecordFields): boolean {
  const actual = record[field] ?? null;
  let isEqual = actual === value;
  if (typeof actual === 'string' && typeof value === 'string') {
    isEqual = field.endsWith('Id')
      ? actual.slice(0, value.length === 15 ? 15 : 18) === value
      : actual.toLowerCase() === value.toLowerCase();
  }
  return operator === '=' ? isEqual : !isEqual;
}

function columns(object: DataObject, selected: readonly string[]): unknown {
  const sample = object.records[0];
  return {
    columnMetadata: selected.map((name) => {
      const isId = name.endsWith('Id');
      const type = typeof sample?.[name];
      return {
        aggregate: false,
        apexType: isId ? 'Id' : type === 'boolean' ? 'Boolean' : 'String',
        booleanType: type === 'boolean',
        columnName: name,
        custom: false,
        displayName: name,
        foreignKeyName: null,
        insertable: false,
        joinColumns: [],
        numberType: type === 'number',
        textType: type === 'string',
        updatable: false,
      };
    }),
    entityName: object.name,
    groupBy: false,
    idSelected: selected.includes('Id'),
    keyPrefix: object.keyPrefix,
  };
}
