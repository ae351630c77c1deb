import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { connectorFor } from './connector.ts';
import { proxyFor } from './proxy.ts';
import { transportError } from './transport-failure.ts';

/** What a host name leads to. */
export interface ResolvedName {
  /** Empty: it could not be resolved. */
  readonly addresses: readonly string[];
  /** Code of the resolver, such as `ENOTFOUND`. */
  readonly error?: string;
}

/** Asks as connections do: the hosts file counts. */
export async function resolveName(host: string): Promise<ResolvedName> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: [...new Set(found.map(({ address }) => address))] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { addresses: [], error: code };
  }
}

/** Whether a host is given by its address, so that there is no name to resolve. */
export function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0;
}

/** The way to a host: `undefined` = directly, else the host and port of the proxy. @throws ConfigurationError for a proxy that cannot be used */
export function wayTo(url: URL, env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  return proxyFor(url, env)?.host;
}

/** A TLS connection, as both sides agreed on it. */
export interface TlsConnection {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** Organization or name of who signed the server’s certificate. */
  readonly issuer: string;
  /** End of the server’s certificate, in epoch milliseconds. */
  readonly endsMs: number;
}

/**
 * Opens a TLS connection, through the proxy that `env` names, and closes it again; nothing is sent over it.
 * @throws TransportError when none comes about, or the server’s certificate is not trusted
 */
export async function inspectTls(
  url: URL,
  { env, deadlineMs }: { readonly env: Readonly<NodeJS.ProcessEnv>; readonly deadlineMs: number },
): Promise<TlsConnection> {
  const undici = await import('undici');
  const connect = connectorFor(undici, { env, connectTimeoutMs: deadlineMs });
  const { protocol, port, host } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  try {
    const socket = await new Promise<Socket>((resolve, reject) => {
      connect({ protocol, hostname, port, host, servername: isAddress(hostname) ? '' : hostname }, (error, connected) => {
        if (error === null) resolve(connected);
        else reject(error);
      });
    });
    try {
      return describe(socket);
    } finally {
      socket.on('error', () => {}).destroy();
    }
  } catch (error) {
    throw transportError(error, { url, deadlineMs, sent: 'no' });
  }
}

function describe(socket: Socket): TlsConnection {
  if (!(socket instanceof TLSSocket)) throw new TypeError('inspectTls is for https');
  const { issuer, valid_to: endsAt } = socket.getPeerCertificate();
  const { O: organization, CN: name } = issuer;
  const signer = [organization, name].flat().find((text) => text !== undefined && text !== '');
  return { protocol: socket.getProtocol() ?? 'TLS', issuer: signer ?? 'an unnamed authority', endsMs: Date.parse(endsAt) };
}
