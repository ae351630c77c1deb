import { once } from 'node:events';
import { connect } from 'node:net';

/** What came back on a connection, from its beginning to its end. */
export interface RawAnswer {
  readonly statuses: readonly number[];
  readonly text: string;
}

/** Writes the pieces one after the other, ends the connection, and reads until the server has ended it too. */
export async function exchange(port: number, pieces: readonly (string | Uint8Array)[], reset = false): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Uint8Array[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // The server may end it while there is still something to write, which is its right.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  for (const piece of pieces) {
    if (!socket.writable) break;
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    await new Promise(setImmediate);
  }
  if (reset) socket.resetAndDestroy();
  else socket.end();
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  return { statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status)), text };
}
