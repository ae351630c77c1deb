import type { EmulatorRequest } from '../server/http-message.ts';
import { RestError } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a request carries as JSON. @throws {RestError} JSON_PARSER_ERROR, UNSUPPORTED_MEDIA_TYPE */
export function jsonBody(request: EmulatorRequest): JsonObject {
  const type = request.headers['content-type'];
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new RestError(415, 'UNSUPPORTED_MEDIA_TYPE', `Content-Type header specified in HTTP request is not supported: ${type}`);
  }
  if (request.body.trim() === '') {
    throw parserError('The HTTP entity body is required, but this request has no entity body.');
  }
  const value = parse(request.body);
  if (!isJsonObject(value)) throw parserError(`${cannotDeserialize('SObject', value)} at [line:1, column:1]`);
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parserError(message: string): RestError {
  return new RestError(400, 'JSON_PARSER_ERROR', message);
}

/** What Salesforce says of a JSON value of the wrong type. */
export function cannotDeserialize(wanted: string, value: unknown): string {
  return `Cannot deserialize instance of ${wanted} from ${describe(value)} or request may be missing a required field`;
}

function describe(value: unknown): string {
  if (value === null) return 'VALUE_NULL value null';
  if (Array.isArray(value)) return 'START_ARRAY value [';
  if (typeof value === 'string') return `VALUE_STRING value ${value.slice(0, 200)}`;
  if (typeof value === 'number') return `${Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT'} value ${value}`;
  return typeof value === 'boolean' ? `VALUE_${value ? 'TRUE' : 'FALSE'} value ${value}` : 'START_OBJECT value {';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw parserError('Unexpected character or end of input: the body of the request is not JSON');
  }
}
