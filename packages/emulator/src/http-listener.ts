import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { EmulatorAnswer, EmulatorRequest, HostName } from './http-message.ts';
import { wallTimeMs } from './ledger.ts';

const BODY_LIMIT_BYTES = 256 * 1024;
const LOOPBACK = '127.0.0.1';

/** A port can't be listened on. */
export class EmulatorListenError extends Error {
  readonly code = 'ERR_EMULATOR_LISTEN';
  readonly retryable = false;

  constructor(port: number, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    super(`The emulator can't listen on ${LOOPBACK}:${port} (${reason}). Choose another port, or 0 for any free one.`, {
      cause,
    });
    this.name = 'EmulatorListenError';
  }
}

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
  onArrival: (arrival: Arrival) => void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; port 0 takes a free one. @throws {EmulatorListenError} */
export async function listen(host: HostName, port: number): Promise<HttpListener> {
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new EmulatorListenError(port, error)));
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  const listener: HttpListener = {
    origin: `http://${LOOPBACK}:${actualPort}`,
    port: actualPort,
    onArrival: () => undefined,
    close: () => closeServer(server),
  };
  server.on('request', (message, response) => receive(host, message, response, listener));
  return listener;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function receive(host: HostName, message: IncomingMessage, response: ServerResponse, listener: HttpListener): void {
  const startedAtMs = wallTimeMs();
  const chunks: Buffer[] = [];
  let size = 0;
  message.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  });
  message.on('end', () => {
    if (size > BODY_LIMIT_BYTES) {
      send(response, { status: 413, headers: { 'content-type': 'text/plain' }, body: 'request too large' });
      return;
    }
    const request = toRequest(host, message, Buffer.concat(chunks).toString('utf8'));
    listener.onArrival({ request, response, startedAtMs });
  });
}

function toRequest(host: HostName, message: IncomingMessage, body: string): EmulatorRequest {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
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
  const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, headers).end(answer.body);
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
