import { canonicalId } from '../org/ids.ts';
import { objectOf } from './describe.ts';
import { RestError, saveError } from './errors.ts';
import { isJsonObject, type JsonObject, jsonBody, parserError } from './json-body.ts';
import type { ObjectRecords } from './records/org-record.ts';
import type { RestCall } from './rest-call.ts';
import { type PreparedSave, prepareCreate, prepareDelete, prepareUpdate } from './save.ts';
import { chosenFields } from './sobject-records.ts';
import { attributesOf } from './soql/projection.ts';

const SAVE_LIMIT = 200;
const RETRIEVE_LIMIT = 2_000;

type SaveResult =
  | { readonly id: string; readonly success: true; readonly errors: readonly [] }
  | { readonly id?: string; readonly success: false; readonly errors: readonly CollectionError[] };

interface CollectionError {
  readonly statusCode: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** One record of a collection: its id when it has one, and how it is checked. */
interface Attempt {
  readonly id: string | undefined;
  readonly prepare: () => PreparedSave;
}

/** `POST …/composite/sobjects`: creates up to 200 records. */
export function createCollection(call: RestCall): readonly SaveResult[] {
  const { records, isAllOrNone } = recordsOf(call);
  const attempts = records.map((record) => ({
    id: undefined,
    prepare: () => {
      const { id, Id, ...fields } = record;
      if ((id ?? Id) !== undefined) throw saveError('INVALID_FIELD', 'cannot specify Id in an insert call', ['Id']);
      return prepareCreate(call, typeOf(call, record), fields);
    },
  }));
  return save(attempts, isAllOrNone);
}

/** `PATCH …/composite/sobjects`: updates up to 200 records, each with its `id`. */
export function updateCollection(call: RestCall): readonly SaveResult[] {
  const { records, isAllOrNone } = recordsOf(call);
  const attempts = records.map((record) => {
    const { id, Id, ...fields } = record;
    const given = String(id ?? Id ?? '');
    return {
      id: canonicalId(given),
      prepare: () => {
        if (given === '') throw saveError('MISSING_ARGUMENT', 'Id not specified in an update call');
        return prepareUpdate(call, withPrefix(call, given, typeOf(call, record)), given, fields);
      },
    };
  });
  return save(attempts, isAllOrNone);
}

/** `DELETE …/composite/sobjects?ids=`: deletes up to 200 records. */
export function deleteCollection(call: RestCall): readonly SaveResult[] {
  const { query } = call.request;
  const ids = splitList(query.get('ids'));
  if (ids.length === 0) throw new RestError(400, 'MISSING_ARGUMENT', 'The required parameter, ids, is missing');
  requireAtMost(SAVE_LIMIT, ids.length);
  const attempts = ids.map((id) => ({
    id: canonicalId(id),
    prepare: () => prepareDelete(call, withPrefix(call, id), id),
  }));
  return save(attempts, query.get('allOrNone') === 'true');
}

/** `GET …/composite/sobjects/<object>?ids=&fields=` or `POST` with both: records, null for what is not there. */
export function retrieveCollection(call: RestCall): readonly unknown[] {
  const object = objectOf(call);
  const { ids, fields: names } = call.request.method === 'POST' ? listsOf(jsonBody(call.request)) : listsOfQuery(call);
  requireAtMost(RETRIEVE_LIMIT, ids.length);
  if (names.length === 0) throw new RestError(400, 'MISSING_ARGUMENT', 'The required parameter, fields, is missing');
  const fields = chosenFields(object, names);
  return ids.map((id) => {
    const record = object.find(id);
    if (record === undefined) return null;
    const attributes = attributesOf(object.schema, record.id, call.base);
    return { attributes, ...Object.fromEntries(fields.map(({ name }) => [name, record.get(name)])), Id: record.id };
  });
}

/** All or none: everything is checked before anything is done. */
function save(attempts: readonly Attempt[], isAllOrNone: boolean): readonly SaveResult[] {
  const seen = new Set<string>();
  const checked: (CollectionError | PreparedSave)[] = [];
  const results: SaveResult[] = [];
  for (const { id, prepare } of attempts) {
    const outcome = isRepeated(seen, id) ? DUPLICATE : check(prepare);
    checked.push(outcome);
    if (!isAllOrNone) results.push(toResult(outcome, id));
  }
  if (!isAllOrNone) return results;
  const isWhole = checked.every((outcome) => typeof outcome === 'function');
  return checked.map((outcome, index) =>
    toResult(isWhole || typeof outcome !== 'function' ? outcome : ROLLED_BACK, attempts[index]?.id),
  );
}

const DUPLICATE: CollectionError = { statusCode: 'DUPLICATE_VALUE', message: 'duplicate id in the list', fields: ['Id'] };

const ROLLED_BACK: CollectionError = {
  statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  message: 'Record rolled back because not all records were valid and the request was using AllOrNone header',
  fields: [],
};

function isRepeated(seen: Set<string>, id: string | undefined): boolean {
  if (id === undefined) return false;
  const isThere = seen.has(id);
  seen.add(id);
  return isThere;
}

function check(prepare: () => PreparedSave): CollectionError | PreparedSave {
  try {
    return prepare();
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    const { errorCode, message, fields = [] } = error;
    // What has an address of its own is not found; what is only named by its id is a wrong reference.
    if (errorCode === 'NOT_FOUND')
      return { statusCode: 'INVALID_CROSS_REFERENCE_KEY', message: 'invalid cross reference id', fields };
    return { statusCode: errorCode, message, fields };
  }
}

function toResult(outcome: CollectionError | PreparedSave, id: string | undefined): SaveResult {
  if (typeof outcome === 'function') return { id: outcome(), success: true, errors: [] };
  return { ...(id === undefined ? {} : { id }), success: false, errors: [outcome] };
}

function recordsOf({ request }: RestCall): { readonly records: readonly JsonObject[]; readonly isAllOrNone: boolean } {
  const { records, allOrNone = false } = jsonBody(request);
  if (!Array.isArray(records) || !records.every(isJsonObject)) {
    throw parserError('records: a list of records is required, each an object with attributes and fields');
  }
  requireAtMost(SAVE_LIMIT, records.length);
  return { records, isAllOrNone: allOrNone === true };
}

function requireAtMost(limit: number, count: number): void {
  if (count <= limit) return;
  const message = `record limit reached. cannot submit more than ${limit} records into this call`;
  throw new RestError(400, 'EXCEEDED_ID_LIMIT', message);
}

function typeOf({ org }: RestCall, record: JsonObject): ObjectRecords {
  const { attributes } = record;
  const type = isJsonObject(attributes) ? attributes['type'] : undefined;
  const object = typeof type === 'string' ? org.records.object(type) : undefined;
  if (object !== undefined) return object;
  throw saveError('INVALID_TYPE', `sObject type '${typeof type === 'string' ? type : ''}' is not supported.`);
}

/** The object that the id belongs to, which has to be the one that was named. */
function withPrefix({ org }: RestCall, id: string, named?: ObjectRecords): ObjectRecords {
  if (canonicalId(id) === undefined) throw saveError('MALFORMED_ID', `malformed id ${id}`, ['Id']);
  const object = org.records.objectOfId(id);
  if (object === undefined || (named !== undefined && named !== object)) {
    throw saveError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  }
  return object;
}

function listsOf(body: JsonObject): { readonly ids: readonly string[]; readonly fields: readonly string[] } {
  return { ids: textList(body, 'ids'), fields: textList(body, 'fields') };
}

function textList(body: JsonObject, name: string): readonly string[] {
  const value = body[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw parserError(`${name}: a list of texts is required`);
  }
  return value;
}

function listsOfQuery({ request }: RestCall): { readonly ids: readonly string[]; readonly fields: readonly string[] } {
  return { ids: splitList(request.query.get('ids')), fields: splitList(request.query.get('fields')) };
}

function splitList(text: string | null): readonly string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}
