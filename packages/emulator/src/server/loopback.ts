import type { Server } from 'node:net';
import type { HostName } from './http-message.ts';
import { systemErrorCode } from './system-error.ts';
import type { DroppableServer } from './tls-or-plain.ts';

/** How often a free port of 127.0.0.1 may turn out to be taken on ::1. */
const ATTEMPTS = 10;

/** What the emulator may call itself, and the addresses on which clients look for that name: `localhost` may mean either. */
const ADDRESSES = {
  '127.0.0.1': ['127.0.0.1'],
  localhost: ['127.0.0.1', '::1'],
} as const;

/** The host in the emulator's origins. */
export type LoopbackName = keyof typeof ADDRESSES;

export const LOOPBACK_NAMES: readonly LoopbackName[] = ['127.0.0.1', 'localhost'];

const HOST_TITLES: Readonly<Record<HostName, string>> = { login: 'login host', mydomain: 'My Domain' };
const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
};

/** A port can't be listened on. */
export class EmulatorListenError extends Error {
  readonly code = 'ERR_EMULATOR_LISTEN';
  readonly retryable = false;
  /** Which of the two hosts should have listened. */
  readonly host: HostName;
  readonly port: number;

  constructor(host: HostName, address: string, port: number, cause: unknown) {
    const code = systemErrorCode(cause) ?? String(cause);
    const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    const reason = LISTEN_REASONS[code] ?? 'the system refuses';
    super(
      `The emulator's ${HOST_TITLES[host]} can't listen on ${place} (${code}): ${reason}. Choose another port, or 0 for any free one.`,
      { cause },
    );
    this.name = 'EmulatorListenError';
    this.host = host;
    this.port = port;
  }
}

/** What listens, on all addresses of the name. */
export interface Bound {
  readonly servers: readonly DroppableServer[];
  readonly port: number;
}

/**
 * Listens on the loopback addresses of the name, on all of them that this machine has, on one port.
 *
 * @param port 0 takes a free one
 * @throws {EmulatorListenError}
 */
export async function bindLoopback(
  host: HostName,
  hostname: LoopbackName,
  port: number,
  createServer: () => DroppableServer,
): Promise<Bound> {
  const [first, ...others] = ADDRESSES[hostname];
  for (let attempt = 1; ; attempt += 1) {
    const main = createServer();
    const servers = [main];
    const taken = await attemptToListen(main.server, port, first);
    if (taken !== undefined) throw new EmulatorListenError(host, first, port, taken);
    const actualPort = portOf(main.server) ?? port;
    let failure: EmulatorListenError | undefined;
    for (const address of others) {
      const other = createServer();
      const error = await attemptToListen(other.server, actualPort, address);
      if (error === undefined) servers.push(other);
      else if (!isAddressMissing(error)) failure = new EmulatorListenError(host, address, actualPort, error);
    }
    if (failure === undefined) return { servers, port: actualPort };
    await closeServers(servers);
    if (port !== 0 || attempt === ATTEMPTS) throw failure;
  }
}

/** The error, when it can't. */
function attemptToListen(server: Server, port: number, address: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(port, address, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
}

/** A machine without IPv6 has no ::1. */
function isAddressMissing(error: Error): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(systemErrorCode(error) ?? '');
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}

export async function closeServers(servers: readonly DroppableServer[]): Promise<void> {
  await Promise.all(servers.map(closeServer));
}

function closeServer({ server, closeConnections }: DroppableServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    closeConnections();
  });
}
