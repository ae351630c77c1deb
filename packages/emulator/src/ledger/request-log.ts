import type { IncomingHttpHeaders } from 'node:http';
import type { EmulatorRequest, HostName } from '../server/http-message.ts';
import { ownText } from './own-text.ts';

const LONGEST_TEXT = 2000;
const MOST_PARAMETERS = 50;
// Without digits, so that a token without an equals sign after it is no name.
const PARAMETER_NAME = /^[a-z][a-z_]{0,39}$/i;

/** One request to either host, the control interface aside, without anything that a token, code or secret could stand in. */
export interface RequestEntry {
  /** 1, 2, 3 … in the order in which the requests arrived. */
  readonly seq: number;
  readonly host: HostName;
  /** Wall time of the real clock, epoch milliseconds with fraction, when the request's head had arrived. */
  readonly startedAtMs: number;
  readonly method: string;
  /** As it was sent, a doubled slash included; without the query. */
  readonly path: string;
  /** Names of the parameters in the query and the form, in the order sent; `…` for what can't be a name. */
  readonly parameters: readonly string[];
  /** The `q` of a query. */
  readonly soql: string | null;
  /** The scheme alone, such as `Bearer`. */
  readonly authorization: string | null;
  readonly userAgent: string | null;
  /** HTTP status of the answer; null while it runs, and when there was none. */
  readonly status: number | null;
}

type Draft = { -readonly [Key in keyof RequestEntry]: RequestEntry[Key] };

/** What clients asked for, the oldest forgotten beyond `limit`; 0 keeps nothing. */
export class RequestLog {
  readonly #limit: number;
  #entries: Draft[] = [];
  #seq = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns how the log learns the status of the answer. */
  open(request: EmulatorRequest, startedAtMs: number): (status: number | null) => void {
    const draft: Draft = {
      seq: ++this.#seq,
      host: request.host,
      startedAtMs,
      method: request.method,
      path: ownText(request.sentPath.slice(0, LONGEST_TEXT)),
      parameters: parameterNames(request),
      soql: request.path.endsWith('/query') ? soqlOf(request) : null,
      authorization: scheme(request.headers),
      userAgent: request.headers['user-agent']?.slice(0, LONGEST_TEXT) ?? null,
      status: null,
    };
    this.#entries.push(draft);
    // Cut in one go at twice the limit: dropping one from the front for each request would copy the whole array.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#limit === 0 ? [] : this.#entries.slice(-this.#limit);
    return (status) => {
      draft.status = status;
    };
  }

  /** Copies, oldest first; those after `afterSeq` only. */
  entries(afterSeq = 0): RequestEntry[] {
    return this.#entries
      .slice(-this.#limit)
      .filter((entry) => entry.seq > afterSeq)
      .map((entry) => ({ ...entry }));
  }
}

/** Values are never decoded or kept: only what stands before each `=`. */
function parameterNames({ query, body, headers }: EmulatorRequest): string[] {
  const names = [...query.keys()];
  const isForm = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true;
  if (isForm && body !== '') {
    for (const pair of body.split('&', MOST_PARAMETERS)) names.push(pair.slice(0, Math.max(0, pair.indexOf('='))));
  }
  return names.slice(0, MOST_PARAMETERS).map((name) => (PARAMETER_NAME.test(name) ? ownText(name) : '…'));
}

function soqlOf({ query }: EmulatorRequest): string | null {
  const soql = query.get('q');
  return soql === null ? null : ownText(soql.slice(0, LONGEST_TEXT));
}

function scheme({ authorization }: IncomingHttpHeaders): string | null {
  if (authorization === undefined) return null;
  return /^([A-Za-z][\w-]{0,19}) /.exec(authorization)?.[1] ?? '…';
}
