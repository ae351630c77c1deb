import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Page, renderPage, STYLE_SOURCE } from './login-pages.ts';

export interface CallbackHandler {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Resolves with the parameters of the first valid callback. */
  readonly callback: Promise<URLSearchParams>;
  /** Sets the one `Host` that is answered; until then none is. */
  answerOnlyTo(host: string): void;
  /** Resolves when the browser has the page that it was sent to, after `lingerMs` at the latest; at once if there was no callback. */
  lastPageServed(lingerMs: number): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly page: Page;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers requests to the callback's listener; keeps the first valid callback and refuses everything else. */
export function createCallbackHandler(callbackPath: string, expectedState: string): CallbackHandler {
  const { promise: callback, resolve: accept } = Promise.withResolvers<URLSearchParams>();
  const { promise: served, resolve: lastPageIsOut } = Promise.withResolvers<void>();
  const donePath = callbackPath === '/done' ? '/finished' : '/done';
  let host: string | undefined;
  let outcome: Page | undefined;

  function refusal(request: IncomingMessage, url: URL | null): Answer | undefined {
    if (host === undefined || request.headers.host?.toLowerCase() !== host) return { status: 421, page: 'wrong-host' };
    if (url?.pathname !== callbackPath) return { status: 404, page: 'not-found' };
    if (request.method !== 'GET') return { status: 405, page: 'wrong-method', headers: { allow: 'GET, OPTIONS' } };
    if (outcome !== undefined) return { status: 410, page: 'already-done' };
    return isCallback(url.searchParams, expectedState) ? undefined : { status: 400, page: 'not-this-login' };
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '', 'http://loopback');
    const refused = refusal(request, url);
    if (refused?.status === 404 && url?.pathname === donePath && request.method === 'GET' && outcome !== undefined) {
      response.once('finish', lastPageIsOut);
      answer(request, response, { status: 200, page: outcome });
    } else if (refused?.status === 405 && request.method === 'OPTIONS') {
      answerPreflight(request, response);
    } else if (refused !== undefined || url === null) {
      answer(request, response, refused ?? { status: 404, page: 'not-found' });
    } else {
      outcome = outcomeOf(url.searchParams);
      response.writeHead(303, { ...SAFE_HEADERS, location: donePath, 'content-length': 0 }).end();
      accept(url.searchParams);
    }
  }

  return {
    handle,
    callback,
    answerOnlyTo(only) {
      host = only;
    },
    async lastPageServed(lingerMs) {
      if (outcome === undefined) return;
      const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
      const timer = setTimeout(giveUp, lingerMs);
      await Promise.race([served, late]);
      clearTimeout(timer);
    },
  };
}

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

function answer(request: IncomingMessage, response: ServerResponse, { status, page, headers }: Answer): void {
  const html = renderPage(page);
  response.writeHead(status, {
    ...SAFE_HEADERS,
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  });
  response.end(request.method === 'HEAD' ? undefined : html);
}

/** Browsers may ask first whether a public page may send them to this machine; the answer gives no page the right to read anything. */
function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asksForPrivateNetwork = request.headers['access-control-request-private-network'] === 'true';
  const { origin } = request.headers;
  response.writeHead(204, {
    ...SAFE_HEADERS,
    allow: 'GET, OPTIONS',
    ...(asksForPrivateNetwork && { 'access-control-allow-private-network': 'true' }),
    ...(asksForPrivateNetwork && origin !== undefined && { 'access-control-allow-origin': origin, vary: 'origin' }),
  });
  response.end();
}

function outcomeOf(parameters: URLSearchParams): Page {
  if (parameters.has('code')) return 'done';
  return parameters.get('error') === 'access_denied' ? 'denied' : 'refused';
}

/** RFC 6749 §4.1.2: `state` as it was sent, and `code` or `error`; no parameter more than once (§3.1). */
function isCallback(parameters: URLSearchParams, expectedState: string): boolean {
  const [state, ...moreStates] = parameters.getAll('state');
  const results = [...parameters.getAll('code'), ...parameters.getAll('error')];
  return (
    state !== undefined && moreStates.length === 0 && isEqual(state, expectedState) && results.length === 1 && results[0] !== ''
  );
}

function isEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
