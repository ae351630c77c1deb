import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Ending } from './temporary-home.ts';

/** A port in front of a server that can be closed and opened again, so that the server "is not listening" while it keeps its state. */
export interface TcpRelay {
  readonly origin: string;
  /** Everything that went through, both ways. */
  traffic(): string;
  close(): Promise<void>;
  open(): Promise<void>;
}

export async function tcpRelay(t: Ending, target: string): Promise<TcpRelay> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const recordings: Buffer[][] = [];
  const open = async () => {
    const listening = createServer((socket) => {
      const [up, down]: [Buffer[], Buffer[]] = [[], []];
      recordings.push(up, down);
      socket.on('data', (chunk: Buffer) => up.push(chunk));
      const upstream = dial(Number(targetPort), hostname);
      upstream.on('data', (chunk: Buffer) => down.push(chunk));
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end.once('close', () => sockets.delete(end));
        end.on('error', () => [socket, upstream].forEach((one) => void one.destroy()));
      }
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(port, '127.0.0.1', resolve);
    });
    const address = listening.address();
    if (typeof address === 'object' && address !== null) port = address.port;
    server = listening;
  };
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    server = undefined;
  };
  await open();
  t.after(close);
  return {
    origin: `http://127.0.0.1:${port}`,
    traffic: () => recordings.map((chunks) => Buffer.concat(chunks).toString('utf8')).join('\n'),
    close,
    open,
  };
}
