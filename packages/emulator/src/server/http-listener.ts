import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { wallTimeMs } from '../ledger/ledger.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import { type EmulatorAnswer, type EmulatorRequest, type HostName, jsonAnswer } from './http-message.ts';
import { bindLoopback, closeServers, type LoopbackName } from './loopback.ts';
import type { TlsCertificates } from './tls-certificates.ts';
import { createTlsServer, type DroppableServer } from './tls-or-plain.ts';

const BODY_LIMIT_BYTES = 256 * 1024;
/** 200 records of a collection need more than any OAuth request. */
const REST_BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const SERVER_OPTIONS = { keepAliveTimeout: 60_000 } as const;

/** A request that has been read whole, and where its answer goes. */
export interface Arrival {
  readonly request: EmulatorRequest;
  readonly response: ServerResponse;
  readonly startedAtMs: number;
}

/** One of the emulator's two listeners. */
export interface HttpListener {
  readonly origin: string;
  readonly port: number;
  /** From now on requests go to `onArrival`; those that came before, first. */
  serve(onArrival: (arrival: Arrival) => void): void;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: HostName;
  /** 0 takes a free one. */
  readonly port: number;
  readonly hostname: LoopbackName;
  /** With certificates it speaks HTTPS, else HTTP. */
  readonly tls?: TlsCertificates | undefined;
}

/** Listens on the loopback addresses of the name, on all of them that this machine has. @throws {EmulatorListenError} */
export async function listen({ host, port, hostname, tls }: ListenOptions): Promise<HttpListener> {
  const early: Arrival[] = [];
  let take = (arrival: Arrival): unknown => early.push(arrival);
  const onRequest: RequestListener = (message, response) => receive(host, message, response, (arrival) => take(arrival));
  const createEndpoint = (): DroppableServer =>
    tls === undefined ? createPlainServer(onRequest) : createTlsServer(tls, SERVER_OPTIONS, onRequest, refusePlain);
  const bound = await bindLoopback(host, hostname, port, createEndpoint);
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://${hostname}:${bound.port}`,
    port: bound.port,
    serve(onArrival) {
      take = (arrival) => {
        try {
          onArrival(arrival);
        } catch (error) {
          sendDefect(arrival.response, error);
        }
      };
      for (const arrival of early.splice(0)) take(arrival);
    },
    close: () => closeServers(bound.servers),
  };
}

function createPlainServer(onRequest: RequestListener): DroppableServer {
  const server = createServer(SERVER_OPTIONS, onRequest);
  return { server, closeConnections: () => server.closeAllConnections() };
}

const refusePlain: RequestListener = (_message, response) => {
  const { error, description } = refusal('T6');
  send(response, jsonAnswer(400, { error, error_description: description }, { connection: 'close' }));
};

function receive(
  host: HostName,
  message: IncomingMessage,
  response: ServerResponse,
  onArrival: (arrival: Arrival) => void,
): void {
  const startedAtMs = wallTimeMs();
  const limitBytes = /^\/+services\/+data\//.test(targetOf(message)) ? REST_BODY_LIMIT_BYTES : BODY_LIMIT_BYTES;
  const chunks: Buffer[] = [];
  let size = 0;
  message.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
  });
  message.on('end', () => {
    if (size > limitBytes) {
      send(response, { status: 413, headers: { 'content-type': 'text/plain' }, body: 'request too large' });
      return;
    }
    const request = toRequest(host, message, Buffer.concat(chunks).toString('utf8'));
    onArrival({ request, response, startedAtMs });
  });
}

/** Path and query of the request target; clients of a proxy send the origin before them (RFC 9112 section 3.2.2). */
function targetOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?]*/i, '');
}

function toRequest(host: HostName, message: IncomingMessage, body: string): EmulatorRequest {
  const url = targetOf(message);
  const mark = url.indexOf('?');
  const path = (mark < 0 ? url : url.slice(0, mark)) || '/';
  return {
    host,
    method: message.method ?? 'GET',
    // Clients that keep the instance URL with a trailing slash ask for `//services/data`.
    path: path.replaceAll(/\/{2,}/g, '/'),
    sentPath: path,
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: message.headers,
    body,
    remoteAddress: message.socket.remoteAddress ?? '',
  };
}

export function send(response: ServerResponse, answer: EmulatorAnswer): void {
  // RFC 9110 section 8.6: not in a 204, which never has a body.
  const length = answer.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

/** A defect of the emulator itself: plain text and 500, which none of its Salesforce answers is. */
export function sendDefect(response: ServerResponse, error: unknown): void {
  const body = `Defect of the Forcemint emulator: ${error instanceof Error ? error.stack : String(error)}`;
  if (response.headersSent) response.destroy();
  else send(response, { status: 500, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body });
}

/** Announces the whole answer, sends the first bytes of its body, and destroys the connection. */
export function sendTruncated(response: ServerResponse, answer: EmulatorAnswer, bytes: number): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(body.length) });
  response.flushHeaders();
  if (bytes > 0) response.write(body.subarray(0, Math.min(bytes, body.length - 1)));
  response.socket?.destroySoon();
}
