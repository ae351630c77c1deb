import type { HostName } from './http-message.ts';

/** Which requests a fault is for; what is left out matches all. */
export interface FaultMatch {
  readonly host?: HostName;
  /** The whole path; a `*` at the end stands for any rest. */
  readonly path?: string;
  readonly grantType?: string;
  readonly clientId?: string;
}

/**
 * What happens to the request; parts can be combined. Without `row`, `status`, `dropBefore` or `hang` it is processed as
 * ever, so that a rotated refresh token is used up.
 */
export interface FaultAction {
  /** Wait before the request is processed. */
  readonly delayBeforeMs?: number;
  /** Wait between processing and answering, the refresh token still held. */
  readonly delayMs?: number;
  /** Answer as the row of the error catalogue, `J1` to `T9` (also `V…` and `H…`); nothing is processed. */
  readonly row?: string;
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
  /** Process, announce the whole answer, send so many bytes of its body, and destroy the connection. */
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
}

/** What is known of a request when faults are looked up. */
export interface FaultSubject {
  readonly host: HostName;
  readonly path: string;
  readonly grantType: string | null;
  readonly clientId: string | null;
}

/** Faults that wait for their requests; of several that match, the oldest goes first. */
export class Faults {
  #waiting: { readonly spec: FaultSpec; left: number }[] = [];

  add(spec: FaultSpec): void {
    this.#waiting.push({ spec, left: spec.times === 'always' ? Number.POSITIVE_INFINITY : (spec.times ?? 1) });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The action for this request; counts as one use. */
  take(subject: FaultSubject): FaultAction | undefined {
    const fault = this.#waiting.find(({ spec }) => isMatch(spec.match ?? {}, subject));
    if (fault === undefined) return undefined;
    fault.left--;
    if (fault.left <= 0) this.#waiting = this.#waiting.filter((one) => one !== fault);
    return fault.spec.action;
  }

  list(): readonly FaultSpec[] {
    return this.#waiting.map(({ spec, left }) => ({ ...spec, times: Number.isFinite(left) ? left : 'always' }));
  }
}

function isMatch(match: FaultMatch, subject: FaultSubject): boolean {
  return (
    (match.host === undefined || match.host === subject.host) &&
    (match.path === undefined || isPathMatch(match.path, subject.path)) &&
    (match.grantType === undefined || match.grantType === subject.grantType) &&
    (match.clientId === undefined || match.clientId === subject.clientId)
  );
}

function isPathMatch(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
