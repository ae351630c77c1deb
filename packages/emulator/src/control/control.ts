import { asObject, isText } from '../config/validation.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer } from '../server/http-message.ts';
import { isLoopbackHost } from '../server/loopback-host.ts';
import { validateFault } from './fault-validation.ts';
import type { Operations } from './operations.ts';
import type { ReadyLine } from './ready-line.ts';
import { validateClockSpec, validateGrantSpec } from './spec-validation.ts';

export const CONTROL_PREFIX = '/_emulator/';

const DEEPEST_BODY = 100;

type Action = (operations: Operations, request: EmulatorRequest, ready: ReadyLine) => unknown;

const ACTIONS: Readonly<Record<string, Action>> = {
  'GET ready': (_operations, _request, ready) => ready,
  'GET ledger': (operations, { query }) => operations.ledger(Number(query.get('after') ?? 0) || 0),
  'GET requests': (operations, { query }) => operations.requests(Number(query.get('after') ?? 0) || 0),
  'GET faults': (operations) => operations.faults(),
  'POST faults': (operations, request) => {
    const spec = readBody(request);
    validateFault(spec);
    operations.fault(spec);
    return operations.faults();
  },
  'DELETE faults': (operations) => {
    operations.clearFaults();
    return operations.faults();
  },
  'GET rows': (operations) => operations.rows(),
  'POST reset': (operations) => {
    operations.reset();
    return { reset: true };
  },
  'POST clock': (operations, request) => {
    const body = readBody(request);
    validateClockSpec(body);
    operations.advanceClock(body.advanceSeconds);
    return { advancedSeconds: body.advanceSeconds };
  },
  'POST grants': (operations, request) => {
    const spec = readBody(request);
    validateGrantSpec(spec);
    return operations.grant(spec);
  },
  'POST revoke': (operations, request) => ({ revoked: operations.revoke(readBody(request)) }),
  'GET switches': (operations) => operations.switches(),
  'POST switches': (operations, request) => {
    operations.setSwitches(readBody(request));
    return operations.switches();
  },
  'POST apps': (operations, request) => {
    const { app, ...settings } = readBody(request);
    isText(app, 'app');
    operations.configureApp(String(app), settings);
    return { app };
  },
  'POST keys': (operations) => {
    operations.rotateSigningKeys();
    return { rotated: true };
  },
  'POST users': (operations, request) => {
    const { username, ...settings } = readBody(request);
    isText(username, 'username');
    operations.configureUser(String(username), settings);
    return { username, ...settings };
  },
};

const CALLS: readonly string[] = Object.keys(ACTIONS).map((name) => name.replace(' ', ` ${CONTROL_PREFIX}`));

/** HEAD goes wherever GET does: tools that wait for a server ask with it. */
function isReading({ method }: EmulatorRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The control interface: JSON in and out, 400 with `{error}` for what it can't take. */
export function control(operations: Operations, ready: ReadyLine, request: EmulatorRequest): EmulatorAnswer {
  const refused = refuseForeign(request);
  if (refused !== undefined) return jsonAnswer(403, { error: refused });
  const name = request.path.slice(CONTROL_PREFIX.length);
  if (name === '' && isReading(request)) return jsonAnswer(200, { calls: CALLS });
  const action = ACTIONS[`${isReading(request) ? 'GET' : request.method} ${name}`];
  if (action === undefined) return jsonAnswer(404, { error: `there is no ${request.method} ${request.path}`, calls: CALLS });
  try {
    return jsonAnswer(200, action(operations, request, ready));
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return jsonAnswer(400, { error: error.message });
    throw error;
  }
}

/** Web pages must not get at the control interface, neither by a name that points to loopback nor across origins. */
function refuseForeign({ headers }: EmulatorRequest): string | undefined {
  if (!isLoopbackHost(headers.host)) return 'the control interface answers on loopback names only';
  if (headers.origin !== undefined || !['none', 'same-origin', undefined].includes(headers['sec-fetch-site']?.toString())) {
    return 'the control interface does not answer web pages';
  }
  return undefined;
}

function readBody(request: EmulatorRequest): Readonly<Record<string, unknown>> {
  const body: unknown = JSON.parse(request.body === '' ? '{}' : request.body);
  if (isDeeperThan(DEEPEST_BODY, body)) throw new TypeError(`body: nested more than ${DEEPEST_BODY} deep`);
  return asObject(body, 'body');
}

/** What JSON.parse reads can be too deep for JSON.stringify, which would fail when somebody asks for it later. */
function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((one) => isDeeperThan(depth - 1, one));
}
