import { canonicalId } from '../org/ids.ts';
import { type EmulatorAnswer, jsonAnswer } from '../server/http-message.ts';
import { objectOf } from './describe.ts';
import { notFound, RestError } from './errors.ts';
import { jsonBody } from './json-body.ts';
import type { ObjectRecords } from './records/org-record.ts';
import { NO_CONTENT, type RestCall } from './rest-call.ts';
import { prepareCreate, prepareDelete, prepareUpdate, requireRecord } from './save.ts';
import type { Field } from './schema/field.ts';
import { attributesOf } from './soql/projection.ts';

/** `POST …/sobjects/<object>`: creates a record. */
export function createRecord(call: RestCall): EmulatorAnswer {
  const object = objectOf(call);
  const id = prepareCreate(call, object, jsonBody(call.request))();
  const location = attributesOf(object.schema, id, call.base).url;
  return jsonAnswer(201, { id, success: true, errors: [] }, { location });
}

/** `GET …/sobjects/<object>/<id>`, the id in either length; `fields` chooses. */
export function retrieveRecord(call: RestCall): unknown {
  const object = objectOf(call);
  const record = requireRecord(object, idOf(call));
  const chosen = call.request.query.get('fields');
  const fields = chosen === null ? object.schema.fields : chosenFields(object, chosen.split(','));
  const attributes = attributesOf(object.schema, record.id, call.base);
  return { attributes, ...Object.fromEntries(fields.map(({ name }) => [name, record.get(name)])), Id: record.id };
}

/** `PATCH …/sobjects/<object>/<id>`. */
export function updateRecord(call: RestCall): EmulatorAnswer {
  prepareUpdate(call, objectOf(call), idOf(call), jsonBody(call.request))();
  return NO_CONTENT;
}

/** `DELETE …/sobjects/<object>/<id>`. */
export function deleteRecord(call: RestCall): EmulatorAnswer {
  prepareDelete(call, objectOf(call), idOf(call))();
  return NO_CONTENT;
}

/** `…/sobjects/<object>/<field>/<value>`: no object here has an external id, and no relationship has an address. */
export function refuseExternalId(call: RestCall): never {
  objectOf(call);
  idOf(call);
  throw notFound();
}

/** @throws {RestError} INVALID_FIELD */
export function chosenFields({ schema }: ObjectRecords, names: readonly string[]): readonly Field[] {
  return names
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const field = schema.field(name);
      if (field !== undefined) return field;
      throw new RestError(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${schema.name}`);
    });
}

/** What is no id is taken for the name of an external id field. @throws {RestError} NOT_FOUND */
function idOf({ parts }: RestCall): string {
  const id = parts[1] ?? '';
  if (canonicalId(id) !== undefined) return id;
  throw new RestError(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${id}`);
}
