import { createServer } from 'node:net';
import type { CallbackFacts } from '@forcemint/diagnose';

/** Whether a login could listen at each of these URLs now. Nothing that connects meanwhile is answered. */
export async function callbackFacts(urls: readonly string[]): Promise<readonly CallbackFacts[]> {
  return Promise.all(urls.map(async (url) => ({ url, port: await portOf(new URL(url)) })));
}

async function portOf({ protocol, hostname, port }: URL): Promise<CallbackFacts['port']> {
  const isHere = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (!isHere) return 'remote';
  const isFree = await canListen(Number(port || 80), hostname === '[::1]' ? '::1' : '127.0.0.1');
  return isFree ? 'free' : 'busy';
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
