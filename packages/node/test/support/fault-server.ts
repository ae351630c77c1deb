import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Ending } from './machine.ts';

/** What the server does with a request, once it has it whole. */
export type Behaviour = (socket: Socket, request: string, seq: number) => void;

export interface FaultServer {
  readonly port: number;
  readonly url: string;
  /** Every whole request that reached it, headers and body, in order. */
  readonly requests: readonly string[];
  /** Connections that were made. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
}

export interface FaultServerOptions {
  /** Done to each connection at once; `false`: no request is read from it. */
  readonly onConnection?: (socket: Socket) => boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A server that speaks HTTP by hand, so that it can misbehave at any byte, and counts what reaches it. */
export async function faultServer(t: Ending, behave: Behaviour, options: FaultServerOptions = {}): Promise<FaultServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    if (options.onConnection?.(socket) === false) return;
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      for (let whole = wholeRequest(received); whole !== undefined; whole = wholeRequest(received)) {
        received = received.slice(whole.length);
        requests.push(whole);
        behave(socket, whole, requests.length);
      }
    });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${options.tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}/services/oauth2/token`,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
  };
}

function wholeRequest(received: string): string | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = Number(/^content-length: (\d+)$/im.exec(received.slice(0, end))?.[1] ?? 0);
  const whole = received.slice(0, end + 4 + length);
  return whole.length === end + 4 + length ? whole : undefined;
}

/** A well-formed answer. */
export function answer(body: string, { status = '200 OK', headers = '' } = {}): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
