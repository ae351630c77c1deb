import type { EndpointName } from '../endpoints.ts';
import { ROWS } from '../rows/catalogue.ts';
import type { HostName } from '../server/http-message.ts';

/** Which requests a fault is for; what is left out matches all. */
export interface FaultMatch {
  readonly host?: HostName;
  /**
   * The whole path without its query; each `*` stands for any text. Left out, a fault with a `row` is for the endpoints
   * where Salesforce gives that answer.
   */
  readonly path?: string;
  readonly grantType?: string;
  /** Consumer key: as the request claims it, or that of the access token it brings. */
  readonly clientId?: string;
  /** The user whom the request is about: owner of its token or code, subject of its assertion, run-as user of its app. */
  readonly username?: string;
}

/**
 * What happens to the request; parts can be combined where that has a meaning. Without `row`, `status`, `dropBefore` or
 * `hang` it is processed as ever, so that a rotated refresh token is used up.
 */
export interface FaultAction {
  /** Wait before the request is processed. Milliseconds, up to an hour. */
  readonly delayBeforeMs?: number;
  /** Wait between processing and answering, the refresh token still held. Milliseconds, up to an hour. */
  readonly delayMs?: number;
  /** Answer as that row of the error catalogue, `J1` to `H14`; nothing is processed. */
  readonly row?: string;
  /** With `row`: which of its answers; default the first. */
  readonly variant?: string;
  /** With `row`: another error code. */
  readonly error?: string;
  /** With `row`: another description; null leaves `error_description` out. */
  readonly description?: string | null;
  /** Answer with this status, body and headers; nothing is processed unless `processed` is set. */
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With `status`: process the request first, then answer something else. */
  readonly processed?: boolean;
  /** Destroy the connection; nothing is processed. */
  readonly dropBefore?: boolean;
  /** Process, then destroy the connection before the first byte of the answer. */
  readonly dropAfter?: boolean;
  /** Announce the whole answer, send so many bytes of its body, and destroy the connection. */
  readonly truncateAtByte?: number;
  /** Never answer; nothing is processed. */
  readonly hang?: boolean;
  /** Change fields of a successful token answer; null takes a field out. */
  readonly tamper?: { readonly jsonPatch: Readonly<Record<string, unknown>> };
}

export interface FaultSpec {
  readonly match?: FaultMatch;
  readonly action: FaultAction;
  /** How often; default 1. */
  readonly times?: number | 'always';
  /** So many matching requests go by first, whatever becomes of them; default 0. */
  readonly after?: number;
}

/** A fault that waits for its requests. */
export interface WaitingFault extends FaultSpec {
  /** How often it will still be used. */
  readonly left: number | 'always';
  /** How often it was used. */
  readonly used: number;
  /** How many matching requests will still go by before. */
  readonly leftBefore: number;
}

/** What is known of a request when faults are looked up. */
export interface FaultSubject {
  readonly host: HostName;
  readonly path: string;
  readonly endpoint: EndpointName;
  readonly grantType: string | null;
  readonly clientId: string | null;
  readonly username: string | null;
}

interface Waiting {
  readonly spec: FaultSpec;
  used: number;
  leftBefore: number;
}

/** Faults that wait for their requests; of several that match, the oldest goes first. */
export class Faults {
  #waiting: readonly Waiting[] = [];

  add(spec: FaultSpec): void {
    this.#waiting = [...this.#waiting, { spec: copyOf(spec), used: 0, leftBefore: spec.after ?? 0 }];
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The action for this request; counts as one use. */
  take(subject: FaultSubject): FaultAction | undefined {
    if (this.#waiting.length === 0) return undefined;
    let taken: Waiting | undefined;
    for (const fault of this.#waiting) {
      if (!isFor(fault.spec, subject)) continue;
      if (fault.leftBefore > 0) fault.leftBefore--;
      else taken ??= fault;
    }
    if (taken === undefined) return undefined;
    taken.used++;
    if (leftOf(taken) === 0) this.#waiting = this.#waiting.filter((one) => one !== taken);
    return taken.spec.action;
  }

  list(): readonly WaitingFault[] {
    return this.#waiting.map((fault) => ({
      ...fault.spec,
      left: leftOf(fault),
      used: fault.used,
      leftBefore: fault.leftBefore,
    }));
  }
}

/** The caller's object may change afterwards. */
function copyOf(spec: FaultSpec): FaultSpec {
  return JSON.parse(JSON.stringify(spec));
}

function leftOf({ spec, used }: Waiting): number | 'always' {
  return spec.times === 'always' ? 'always' : (spec.times ?? 1) - used;
}

function isFor({ match = {}, action }: FaultSpec, subject: FaultSubject): boolean {
  return (
    (match.host === undefined || match.host === subject.host) &&
    (match.path === undefined ? isAtHome(action.row, subject.endpoint) : isPathMatch(match.path, subject.path)) &&
    (match.grantType === undefined || match.grantType === subject.grantType) &&
    (match.clientId === undefined || match.clientId === subject.clientId) &&
    (match.username === undefined || match.username.toLowerCase() === subject.username?.toLowerCase())
  );
}

function isAtHome(row: string | undefined, endpoint: EndpointName): boolean {
  return row === undefined || (ROWS.get(row)?.endpoints.includes(endpoint) ?? false);
}

/** Piece by piece, the leftmost place of each: no backtracking, however many `*` there are. */
function isPathMatch(pattern: string, path: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === path;
  if (!path.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = path.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return path.length - last.length >= from && path.endsWith(last);
}
