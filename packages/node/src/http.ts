import { MalformedResponseError } from '@forcemint/core/errors';
import type { Http, HttpRequest, HttpResponse } from '@forcemint/core/ports';
import type { Agent, Dispatcher } from 'undici';
import { connectorFor, watched } from './connector.ts';
import { patientDeadline } from './deadline.ts';
import { transportError } from './transport-failure.ts';

/** Connections that are kept alive for each origin, for requests that may share one. */
const CONNECTIONS_PER_ORIGIN = 32;
/** How long a connection, TLS handshake included, may take to come about. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The `Http` port over undici. Disposing it closes the connections that are kept alive. */
export interface NodeHttp extends Http, AsyncDisposable {}

/** Nobody sees it: one error for each connection that ends would cost more than ending it. */
const OVER = new Error('the request is over');

type Undici = typeof import('undici');

/**
 * HTTP/1.1 out, with nothing done behind the caller's back: no redirect is followed, no request sent twice. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
 * of `env` (default: the process's) are honoured. undici is loaded with the first request.
 */
export function createHttp({ env = process.env }: { readonly env?: Readonly<NodeJS.ProcessEnv> } = {}): NodeHttp {
  let loading: Promise<Undici> | undefined;
  let shared: Agent | undefined;

  function sharedAgent(undici: Undici): Agent {
    shared ??= new undici.Agent({
      connections: CONNECTIONS_PER_ORIGIN,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectorFor(undici, { env, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    });
    return shared;
  }

  /** A connection of its own, so that "did bytes leave?" has an exact answer and no pool can replay the request. */
  async function requestAlone(undici: Undici, request: HttpRequest, url: URL): Promise<HttpResponse> {
    const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, request.deadlineMs);
    const { connect, bytesLeft } = watched(connectorFor(undici, { env, connectTimeoutMs }), request.mayLeave);
    const client = new undici.Client(url.origin, { pipelining: 1, allowH2: false, headersTimeout: 0, bodyTimeout: 0, connect });
    try {
      return await send(client, request, url, true);
    } catch (error) {
      throw transportError(error, { url, deadlineMs: request.deadlineMs, sent: bytesLeft() ? 'maybe' : 'no' });
    } finally {
      await client.destroy(OVER);
    }
  }

  async function requestShared(undici: Undici, request: HttpRequest, url: URL): Promise<HttpResponse> {
    try {
      return await send(sharedAgent(undici), request, url, false);
    } catch (error) {
      throw transportError(error, { url, deadlineMs: request.deadlineMs, sent: undefined });
    }
  }

  function loaded(): Promise<Undici> {
    loading ??= import('undici');
    return loading;
  }

  return {
    async prepare() {
      await loaded();
    },

    async request(request) {
      const url = new URL(request.url);
      const undici = await loaded();
      return request.freshConnection ? requestAlone(undici, request, url) : requestShared(undici, request, url);
    },

    async [Symbol.asyncDispose]() {
      await shared?.close();
    },
  };
}

async function send(dispatcher: Dispatcher, request: HttpRequest, url: URL, reset: boolean): Promise<HttpResponse> {
  const deadline = patientDeadline(request.deadlineMs);
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method as Dispatcher.HttpMethod,
      headers: { ...request.headers },
      body: request.body ?? null,
      reset,
      signal: deadline.signal,
    });
    return {
      status: statusCode,
      headers: lastOfEach(headers),
      body: await read(body, request.maxResponseBytes, statusCode, url),
    };
  } finally {
    deadline.cancel();
  }
}

async function read(body: AsyncIterable<Uint8Array>, maxBytes: number, status: number, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes, status, url);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function lastOfEach(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return last === undefined ? [] : [[name.toLowerCase(), last]];
    }),
  );
}

function tooLarge(maxBytes: number, status: number, url: URL): MalformedResponseError {
  return new MalformedResponseError(
    'too_large',
    status,
    `The answer of ${url.host} is longer than ${maxBytes} bytes; it was not read.`,
    {
      diagnosis: {
        cause: 'Something other than the expected service answered, for example a proxy or a sign-in page.',
        fix: [`Check which machine ${url.hostname} leads to, and HTTPS_PROXY.`],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}
