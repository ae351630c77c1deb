import { createServer as createHttpServer, type RequestListener, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { TlsCertificates } from './tls-certificates.ts';

/** Content type of a TLS record that opens a handshake (RFC 8446 section 5.1). No HTTP request begins with it. */
const HANDSHAKE = 0x16;
/** How long a connection may stay without its first byte. */
const SILENCE_MS = 60_000;

/** A server that can be told to drop what is connected to it. */
export interface DroppableServer {
  readonly server: Server;
  closeConnections(): void;
}

/**
 * HTTPS, from TLS 1.2 on. Whoever speaks HTTP without TLS to it is answered by `onPlainRequest`, and not left to guess why the connection closed.
 */
export function createTlsServer(
  { certificate, privateKey }: TlsCertificates,
  options: ServerOptions,
  onRequest: RequestListener,
  onPlainRequest: RequestListener,
): DroppableServer {
  const secure = createHttpsServer({ ...options, cert: certificate, key: privateKey, minVersion: 'TLSv1.2' }, onRequest);
  const plain = createHttpServer(options, onPlainRequest);
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    whenFirstByte(socket, (byte) => (byte === HANDSHAKE ? secure : plain).emit('connection', socket));
  });
  return {
    server,
    closeConnections() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Looks at the first byte and leaves it to be read; a connection that has none to offer is closed. */
function whenFirstByte(socket: Socket, then: (byte: number) => void): void {
  const drop = (): void => {
    socket.destroy();
  };
  const look = (): void => {
    const bytes: Buffer | null = socket.read(1);
    const [byte] = bytes ?? [];
    if (bytes === null || byte === undefined) return;
    socket.unshift(bytes);
    socket.off('readable', look).off('end', drop).off('error', drop).off('timeout', drop).setTimeout(0);
    then(byte);
  };
  socket.on('readable', look).on('end', drop).on('error', drop).on('timeout', drop).setTimeout(SILENCE_MS);
}
