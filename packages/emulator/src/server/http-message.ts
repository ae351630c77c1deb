import type { IncomingHttpHeaders } from 'node:http';

/** `login` is the login host, `mydomain` the org's My Domain. */
export type HostName = 'login' | 'mydomain';

/** A request as the handlers see it: read whole, its path without a doubled slash. */
export interface EmulatorRequest {
  readonly host: HostName;
  readonly method: string;
  readonly path: string;
  /** The path as it was sent. */
  readonly sentPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The other end of the socket. */
  readonly remoteAddress: string;
}

/** An answer, whole. */
export interface EmulatorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The form of a POST, the query of any other method; a JSON body is no form and yields nothing. Parameters without a value
 * count as omitted (RFC 6749 sections 3.1 and 3.2), but for `state`, which goes back as it came.
 */
export function parametersOf(request: EmulatorRequest): URLSearchParams {
  const sent = sentParameters(request);
  const entries = [...sent];
  const kept = entries.filter(([name, value]) => value !== '' || name === 'state');
  return kept.length === entries.length ? sent : new URLSearchParams(kept);
}

/** A parameter of the form or, where it has none of that name, of the query; null where neither has. */
export function parameterOf(request: EmulatorRequest, name: string): string | null {
  return parametersOf(request).get(name) ?? (request.query.get(name) || null);
}

function sentParameters(request: EmulatorRequest): URLSearchParams {
  if (request.method !== 'POST') return request.query;
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== undefined && mediaType !== 'application/x-www-form-urlencoded') return new URLSearchParams();
  return new URLSearchParams(request.body);
}

/** The token of `Authorization: Bearer …` (or Salesforce's older `OAuth …`). */
export function bearerToken(request: EmulatorRequest): string | undefined {
  return /^(?:bearer|oauth) +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

const NO_STORE = 'no-cache, no-store';

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): EmulatorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', 'cache-control': NO_STORE, ...headers },
    body: JSON.stringify(value),
  };
}

export function textAnswer(status: number, body: string, contentType = 'text/plain;charset=UTF-8'): EmulatorAnswer {
  return { status, headers: { 'content-type': contentType, 'cache-control': NO_STORE }, body };
}

export function htmlAnswer(status: number, body: string): EmulatorAnswer {
  return {
    status,
    headers: {
      'content-type': 'text/html;charset=UTF-8',
      'cache-control': NO_STORE,
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}

export function redirectAnswer(location: string, headers: Readonly<Record<string, string>> = {}): EmulatorAnswer {
  return { status: 302, headers: { location, 'cache-control': NO_STORE, ...headers }, body: '' };
}
