import { validateHeaderName, validateHeaderValue } from 'node:http';
import { asObject, type Check, hasShape, isBoolean, isInteger, isOneOf, isRecordOf, isText } from '../config/validation.ts';
import type { FaultAction, FaultMatch, FaultSpec } from '../faults/faults.ts';
import { findAnswer, ROWS, similarRows } from '../rows/catalogue.ts';

const isDelayMs = isInteger(0, 3_600_000);

const anyText: Check = (value, place) => {
  if (typeof value !== 'string')
    throw new TypeError(`${place}: expected a text, found ${value === null ? 'null' : typeof value}`);
};

const isJson: Check = (value, place) => {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new TypeError(`${place}: expected a value that JSON has, found ${typeof value}`);
};

const isPathPattern: Check = (value, place) => {
  isText(value, place);
  if (!/^(?!.*\/\/)[/*][^?#\s]*$/.test(String(value))) {
    throw new TypeError(
      `${place}: expected a path such as /services/data*, without query and doubled slashes, found ${JSON.stringify(value)}`,
    );
  }
};

const isRow: Check = (value, place) => {
  isText(value, place);
  const id = String(value);
  if (!ROWS.has(id)) throw new TypeError(`${place}: there is no row ${id} in the error catalogue; there is ${similarRows(id)}`);
};

const isDescription: Check = (value, place) => {
  if (value !== null) isText(value, place);
};

/** Set by the emulator itself, from the body that it sends. */
const OWN_HEADERS = ['content-length', 'transfer-encoding', 'trailer'];

const areHeaders: Check = (value, place) => {
  isRecordOf(anyText)(value, place);
  for (const [name, text] of Object.entries(asObject(value, place))) {
    if (OWN_HEADERS.includes(name.toLowerCase())) {
      throw new TypeError(`${place}.${name}: the emulator sets it itself; truncateAtByte sends less than announced`);
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, String(text));
    } catch (error) {
      throw new TypeError(`${place}.${name}: no header of HTTP: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
};

const MATCH_SHAPE: Readonly<Record<keyof FaultMatch, Check>> = {
  host: isOneOf(['login', 'mydomain']),
  path: isPathPattern,
  grantType: isText,
  clientId: isText,
  username: isText,
};

const ACTION_SHAPE: Readonly<Record<keyof FaultAction, Check>> = {
  delayBeforeMs: isDelayMs,
  delayMs: isDelayMs,
  row: isRow,
  variant: isText,
  error: isText,
  description: isDescription,
  status: isInteger(200, 599),
  body: anyText,
  headers: areHeaders,
  processed: isBoolean,
  dropBefore: isBoolean,
  dropAfter: isBoolean,
  truncateAtByte: isInteger(0),
  hang: isBoolean,
  tamper: hasShape({ jsonPatch: isRecordOf(isJson) }, ['jsonPatch']),
};

const checkTimes: Check = (value, place) => {
  if (value !== 'always') isInteger(1)(value, place);
};

const isFaultSpec = hasShape(
  { match: hasShape(MATCH_SHAPE), action: hasShape(ACTION_SHAPE), times: checkTimes, after: isInteger(0) },
  ['action'],
);

type Part = keyof FaultAction;

/** What a part can only be there with. */
const NEEDS: readonly (readonly [part: Part, needed: Part])[] = [
  ['variant', 'row'],
  ['error', 'row'],
  ['description', 'row'],
  ['body', 'status'],
  ['headers', 'status'],
  ['processed', 'status'],
];

/** Parts of which one makes the other meaningless. */
const EXCLUDES: readonly (readonly [part: Part, excluded: readonly Part[]])[] = [
  ['hang', ['dropBefore', 'dropAfter', 'row', 'status', 'truncateAtByte', 'tamper', 'delayMs']],
  ['dropBefore', ['dropAfter', 'row', 'status', 'truncateAtByte', 'tamper', 'delayMs']],
  ['dropAfter', ['row', 'status', 'truncateAtByte', 'tamper']],
  ['row', ['status', 'tamper']],
  ['status', ['tamper']],
];

/** Throws a `TypeError` that names the first wrong place. */
export function validateFault(spec: unknown): asserts spec is FaultSpec {
  isFaultSpec(spec, 'fault');
  const action: FaultAction = asObject(asObject(spec, 'fault').action, 'fault.action');
  const has = (part: Part): boolean => action[part] !== undefined && action[part] !== false;
  if (!Object.keys(ACTION_SHAPE).some((part) => isPart(part) && has(part))) {
    throw new TypeError('fault.action: expected at least one action');
  }
  for (const [part, needed] of NEEDS) {
    if (has(part) && !has(needed)) throw new TypeError(`fault.action.${needed}: missing; ${part} needs it`);
  }
  for (const [part, excluded] of EXCLUDES) {
    const other = has(part) ? excluded.find(has) : undefined;
    if (other !== undefined) throw new TypeError(`fault.action.${other}: has no effect together with ${part}; leave one out`);
  }
  if (action.row !== undefined) validateRow(action.row, action);
}

function isPart(name: string): name is Part {
  return Object.hasOwn(ACTION_SHAPE, name);
}

/** The variant must be one of the row's, and what is reworded must be in its answer. */
function validateRow(id: string, { variant, error, description, truncateAtByte, delayMs }: FaultAction): void {
  const row = ROWS.get(id);
  if (row === undefined) return;
  const answer = findAnswer(row, variant);
  if (answer === undefined) {
    const names = row.answers.flatMap((one) => one.variant ?? []);
    const known = names.length === 0 ? 'it has one answer only' : `it has ${names.join(', ')}`;
    throw new TypeError(`fault.action.variant: ${id} has no variant ${variant}; ${known}`);
  }
  const form = answer.form ?? row.form;
  if (error !== undefined && answer.error === undefined) throw new TypeError(`fault.action.error: ${id} has no error code`);
  if (description !== undefined && answer.description === undefined) {
    throw new TypeError(`fault.action.description: ${id} has no description`);
  }
  if (description === null && form !== 'oauth' && form !== 'page') {
    throw new TypeError(`fault.action.description: expected a text, the answer of ${id} always has one`);
  }
  if (form === 'reset' && (truncateAtByte !== undefined || delayMs !== undefined)) {
    const part = truncateAtByte === undefined ? 'delayMs' : 'truncateAtByte';
    throw new TypeError(`fault.action.${part}: has no effect together with ${id}, which is no answer; leave one out`);
  }
}
