import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '@forcemint/core/errors';
import { createCallbackHandler } from './login-callback.ts';

/** How long closing waits for the browser to fetch the page that it was sent to. */
const LINGER_MS = 2_000;
/** Tries to find a port that is free on both loopback addresses. */
const PORT_TRIES = 20;
const LOOPBACK: ReadonlyMap<string, readonly string[]> = new Map([
  ['localhost', ['127.0.0.1', '::1']],
  ['127.0.0.1', ['127.0.0.1']],
  ['[::1]', ['::1']],
]);

export interface LoginListenerOptions {
  /** `http://localhost:PORT/path`, or the same with `127.0.0.1` or `[::1]`. Port 0: a free one. */
  readonly redirectUri: string;
  /** The `state` of the authorization request; a callback with another one is not for us (RFC 6749 §10.12). */
  readonly expectedState: string;
  /** Milliseconds that `close` waits for the browser to fetch its last page. Default 2,000. */
  readonly lingerMs?: number;
}

export interface LoginListener {
  /** With the port that is listened on. */
  readonly redirectUri: string;
  /**
   * The parameters of the first callback that is valid: the right `state`, and either `code` or `error`, none of them twice.
   * Rejects with the signal's reason when aborted. May be called again.
   */
  waitForCallback(signal?: AbortSignal): Promise<URLSearchParams>;
  /** Frees the port, after the browser has its last page. */
  close(): Promise<void>;
}

/**
 * Listens on the loopback addresses, and nowhere else, for the browser that comes back from Salesforce (RFC 8252 §7.3). Everything else that knocks is
 * refused politely, and the wait goes on.
 * @throws ConfigurationError `invalid_setting` when the redirect URI is no loopback URI or its port is taken
 */
export async function startLoginListener(options: LoginListenerOptions): Promise<LoginListener> {
  const wanted = loopbackUri(options.redirectUri);
  const addresses = LOOPBACK.get(wanted.hostname) ?? [];
  const handler = createCallbackHandler(wanted.pathname, options.expectedState);
  const listening = await listen(addresses, Number(wanted.port || 80), handler.handle, options.redirectUri);
  handler.answerOnlyTo(listening.port === 80 ? wanted.hostname : `${wanted.hostname}:${listening.port}`);
  const { lingerMs = LINGER_MS } = options;
  let closing: Promise<void> | undefined;

  return {
    redirectUri: withPort(options.redirectUri, wanted, listening.port),
    waitForCallback: (signal) => unlessAborted(handler.callback, signal),
    close() {
      closing ??= handler.lastPageServed(lingerMs).then(() => closeAll(listening.servers));
      return closing;
    },
  };
}

interface Listening {
  readonly servers: readonly Server[];
  readonly port: number;
}

async function listen(
  addresses: readonly string[],
  port: number,
  handle: Parameters<typeof createServer>[1],
  redirectUri: string,
): Promise<Listening> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    let boundPort = port;
    try {
      for (const address of addresses) {
        const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, handle);
        const bound = await listenOn(server, address, boundPort);
        if (bound === undefined) continue;
        servers.push(server);
        boundPort = bound;
      }
      if (servers.length > 0) return { servers, port: boundPort };
      throw portTaken(redirectUri, port, 'EADDRNOTAVAIL');
    } catch (error) {
      await closeAll(servers);
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'EADDRINUSE' && port === 0 && attempt < PORT_TRIES) continue;
      throw code === 'EADDRINUSE' || code === 'EACCES' ? portTaken(redirectUri, boundPort, code) : error;
    }
  }
}

/** The port, or `undefined` where this machine lacks that address (no IPv6). */
function listenOn(server: Server, address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(undefined);
      else reject(error);
    });
    server.listen({ host: address, port, exclusive: true, ipv6Only: address === '::1' }, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    ),
  );
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function loopbackUri(redirectUri: string): URL {
  const url = URL.parse(redirectUri);
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url !== null && url.protocol === 'http:' && LOOPBACK.has(url.hostname) && isPlain) return url;
  throw invalid(`${redirectUri} is not an address on which this machine can wait for the browser.`, [
    'Use a redirect URI such as http://localhost:1717/OauthRedirect that is registered in the app,',
    'or log in with --paste, which works with any redirect URI.',
  ]);
}

/** The registered URI, changed in nothing but its port: Salesforce compares it character by character. */
function withPort(redirectUri: string, wanted: URL, port: number): string {
  return wanted.port === '0' ? redirectUri.replace(/:0(?=\/|$)/, `:${port}`) : redirectUri;
}

function portTaken(redirectUri: string, port: number, code: string): ConfigurationError {
  const why =
    code === 'EACCES' ? 'may not be used by this user' : code === 'EADDRINUSE' ? 'is used by another program' : 'is not there';
  return invalid(`Cannot wait for the browser at ${redirectUri}: port ${port} on this machine ${why} (${code}).`, [
    `End the program that uses port ${port}: perhaps another login that still waits.`,
    'Or choose another redirect URI that is registered in the app: --redirect-uri.',
    'Or log in with --paste, which needs no port.',
  ]);
}

function invalid(message: string, fix: readonly string[]): ConfigurationError {
  return new ConfigurationError('invalid_setting', message, {
    diagnosis: { cause: message, fix, who: 'user', retry: 'fix-first' },
  });
}
