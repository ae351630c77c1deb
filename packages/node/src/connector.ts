import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { proxyFor } from './proxy.ts';

/** A proxy may take this long to open a tunnel. */
const TUNNEL_TIMEOUT_MS = 20_000;

type Connector = buildConnector.connector;
type Undici = Pick<typeof import('undici'), 'buildConnector' | 'Client'>;

/** The proxy did not open a tunnel; nothing was sent through it. */
export class ProxyRefusal extends Error {
  readonly proxyHost: string;
  /** HTTP status of its answer to CONNECT. */
  readonly status: number;

  constructor(proxyHost: string, status: number) {
    super(`the proxy ${proxyHost} answered ${status} to CONNECT`);
    this.name = 'ProxyRefusal';
    this.proxyHost = proxyHost;
    this.status = status;
  }
}

/** The proxy itself could not be reached. */
export class ProxyUnreachable extends Error {
  readonly proxyHost: string;

  constructor(proxyHost: string, cause: unknown) {
    super(`the proxy ${proxyHost} could not be reached`, { cause });
    this.name = 'ProxyUnreachable';
    this.proxyHost = proxyHost;
  }
}

/** Opens connections, directly or through a tunnel of the proxy that `env` names for the target (RFC 9110 §9.3.6). */
export function connectorFor(
  undici: Undici,
  { env, connectTimeoutMs }: { readonly env: Readonly<NodeJS.ProcessEnv>; readonly connectTimeoutMs: number },
): Connector {
  const connect = undici.buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  return (options, callback) => {
    const host = options.hostname.includes(':') ? `[${options.hostname}]` : options.hostname;
    const target = new URL(`${options.protocol}//${host}${options.port ? `:${options.port}` : ''}`);
    let proxy: URL | undefined;
    try {
      proxy = proxyFor(target, env);
    } catch (error) {
      callback(asError(error), null);
      return;
    }
    if (proxy === undefined) {
      connect(options, callback);
      return;
    }
    openTunnel(undici, connect, proxy, target).then(
      (socket) => {
        if (options.protocol === 'https:') connect({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: unknown) => callback(asError(error), null),
    );
  };
}

async function openTunnel(undici: Undici, connect: Connector, proxy: URL, target: URL): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`;
  const client = new undici.Client(proxy.origin, { allowH2: false, headersTimeout: TUNNEL_TIMEOUT_MS, connect });
  try {
    const { socket, statusCode } = await client.connect({ path: authority, headers: { host: authority, ...credentials(proxy) } });
    if (statusCode === 200) return socket as Socket;
    socket.on('error', () => {}).destroy();
    throw new ProxyRefusal(proxy.host, statusCode);
  } catch (error) {
    throw error instanceof ProxyRefusal ? error : new ProxyUnreachable(proxy.host, error);
  } finally {
    await client.destroy();
  }
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/**
 * A connector that knows whether anything was written to the connection after it had come about.
 * @param mayLeave asked when it has; what it throws ends the connection unused
 */
export function watched(
  connector: Connector,
  mayLeave?: () => void,
): { readonly connect: Connector; readonly bytesLeft: () => boolean } {
  let socket: Socket | undefined;
  let before = 0;
  return {
    connect: (options, callback) =>
      connector(options, (...[error, connected]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        try {
          mayLeave?.();
        } catch (refusal) {
          connected.destroy();
          callback(asError(refusal), null);
          return;
        }
        socket = connected;
        before = connected.bytesWritten;
        callback(null, connected);
      }),
    bytesLeft: () => socket !== undefined && socket.bytesWritten > before,
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
