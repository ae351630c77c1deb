import type { ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';

/** Resets the connection (TCP RST) before any byte of an answer; over TLS, where Node can't, it is cut off. */
export function resetConnection(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null || socket instanceof TLSSocket) response.destroy();
  else socket.resetAndDestroy();
}
