import { rowIds } from '../fault-rows.ts';
import type { FaultAction, FaultMatch, FaultSpec } from '../faults.ts';
import { asObject, type Check, hasShape, isBoolean, isInteger, isOneOf, isRecordOf, isText } from '../validation.ts';

const isDelayMs = isInteger(0, 3_600_000);
const anyText: Check = (value, place) => {
  if (typeof value !== 'string') throw new TypeError(`${place}: expected a text, found ${typeof value}`);
};
const anything: Check = () => undefined;

const MATCH_SHAPE: Readonly<Record<keyof FaultMatch, Check>> = {
  host: isOneOf(['login', 'mydomain']),
  path: isText,
  grantType: isText,
  clientId: isText,
};

const ACTION_SHAPE: Readonly<Record<keyof FaultAction, Check>> = {
  delayBeforeMs: isDelayMs,
  delayMs: isDelayMs,
  row: isOneOf(rowIds()),
  status: isInteger(200, 599),
  body: anyText,
  headers: isRecordOf(anyText),
  processed: isBoolean,
  dropBefore: isBoolean,
  dropAfter: isBoolean,
  truncateAtByte: isInteger(0),
  hang: isBoolean,
  tamper: hasShape({ jsonPatch: isRecordOf(anything) }, ['jsonPatch']),
};

/** Throws a `TypeError` that names the first wrong place. */
export function validateFault(spec: unknown): asserts spec is FaultSpec {
  const checkTimes: Check = (value, place) => {
    if (value !== 'always') isInteger(1)(value, place);
  };
  hasShape({ match: hasShape(MATCH_SHAPE), action: hasShape(ACTION_SHAPE), times: checkTimes }, ['action'])(spec, 'fault');
  const action = asObject(asObject(spec, 'fault').action, 'fault.action');
  if (Object.keys(action).length === 0) throw new TypeError('fault.action: expected at least one action');
  if (action.status === undefined && (action.body !== undefined || action.headers !== undefined)) {
    throw new TypeError('fault.action.status: missing; body and headers need it');
  }
}
