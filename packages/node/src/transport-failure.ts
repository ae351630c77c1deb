import { AuthError, type Diagnosis, TransportError, type TransportErrorCode } from '@forcemint/core/errors';
import { ProxyRefusal, ProxyUnreachable } from './connector.ts';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
const TIMEOUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** Certificate checks of OpenSSL and Node; they end the handshake, before any request. */
const CERTIFICATE = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_CA$|^INVALID_PURPOSE$|^PATH_LENGTH_EXCEEDED$/;
const TLS = /^ERR_SSL_|^ERR_TLS_|^EPROTO$/;

export interface FailedRequest {
  readonly url: URL;
  readonly deadlineMs: number;
  /** `undefined`: not observed; then the kind of failure must tell. */
  readonly sent: 'no' | 'maybe' | undefined;
}

interface Verdict {
  readonly code: TransportErrorCode;
  readonly what: string;
  readonly diagnosis: Diagnosis;
  /** Fails before anything of the request can leave. */
  readonly beforeRequest: boolean;
}

/**
 * What a failed request means to the caller. Errors that are already ours come back as they are. The cause is kept only where it is known to hold no
 * bytes of an answer: parser errors quote them.
 */
export function transportError(error: unknown, request: FailedRequest): AuthError {
  if (error instanceof AuthError) return error;
  const verdict = judge(error, request);
  const sent = request.sent ?? (verdict.beforeRequest ? 'no' : 'maybe');
  const cause = error instanceof Error && 'syscall' in error ? error : undefined;
  return new TransportError(verdict.code, sent, verdict.what, { cause, diagnosis: verdict.diagnosis });
}

function judge(error: unknown, { url, deadlineMs }: FailedRequest): Verdict {
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  if (error instanceof ProxyRefusal) return proxyRefused(error, target);
  if (error instanceof ProxyUnreachable) return proxyUnreachable(error, target);
  const code = errorCode(error);
  if (UNREACHABLE.has(code)) return unreachable(code, target);
  if (CERTIFICATE.test(code) || TLS.test(code)) return tls(code, target);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return timeout(`${target} did not accept a connection in time.`, true);
  const timedOut = TIMEOUT.has(code) || (error instanceof Error && error.name === 'TimeoutError');
  if (timedOut) return timeout(`${target} did not answer within ${deadlineMs / 1_000} s.`, false);
  return {
    code: 'connection_lost',
    what: `The connection to ${target} broke before a whole answer had come (${code || 'closed'}).`,
    diagnosis: passing('The server, or something between, closed the connection or answered something that is not HTTP.', [
      'Try again; if it happens often, look at proxies and firewalls on the way.',
    ]),
    beforeRequest: false,
  };
}

function unreachable(code: string, target: string): Verdict {
  const dns = code === 'ENOTFOUND' || code.startsWith('EAI_');
  return {
    code: 'unreachable',
    what: dns ? `The name of ${target} could not be resolved (${code}).` : `${target} could not be reached (${code}).`,
    diagnosis: passing(
      dns ? 'The host name is wrong, or DNS does not work here.' : 'Nothing listens there, or a firewall is in between.',
      [
        dns
          ? 'Check the login URL for a typing error.'
          : 'Check that the host and port are right and that this machine may reach them.',
        'If this machine reaches the internet only through a proxy, set HTTPS_PROXY.',
      ],
    ),
    beforeRequest: true,
  };
}

function tls(code: string, target: string): Verdict {
  return {
    code: 'tls',
    what: `No trusted TLS connection to ${target} came about (${code}).`,
    diagnosis: {
      cause: 'The certificate that was shown is not one that this machine trusts, or the other side does not speak TLS there.',
      fix: [
        'If a company proxy opens TLS connections, point NODE_EXTRA_CA_CERTS to its CA certificate (a PEM file).',
        'Check the host name, the port and the clock of this machine.',
      ],
      who: 'operator',
      retry: 'fix-first',
    },
    beforeRequest: CERTIFICATE.test(code),
  };
}

function timeout(what: string, beforeRequest: boolean): Verdict {
  return {
    code: 'timeout',
    what,
    diagnosis: passing('The server or the network is slow, or a firewall drops the packets.', [
      'Try again later; see status.salesforce.com.',
    ]),
    beforeRequest,
  };
}

function proxyRefused({ proxyHost, status }: ProxyRefusal, target: string): Verdict {
  const fix =
    status === 407
      ? 'Put user name and password into the proxy URL: HTTPS_PROXY=http://user:password@host:port.'
      : `Let the proxy connect to ${target}, or list the host in NO_PROXY.`;
  return {
    code: 'unreachable',
    what: `The proxy ${proxyHost} did not connect to ${target}: it answered ${status}.`,
    diagnosis: {
      cause: 'HTTPS_PROXY or HTTP_PROXY is set, and the proxy refused.',
      fix: [fix],
      who: 'operator',
      retry: 'fix-first',
    },
    beforeRequest: true,
  };
}

function proxyUnreachable({ proxyHost, cause }: ProxyUnreachable, target: string): Verdict {
  return {
    code: 'unreachable',
    what: `The proxy ${proxyHost}, through which ${target} is reached, could not be used (${errorCode(cause) || 'closed'}).`,
    diagnosis: passing('HTTPS_PROXY or HTTP_PROXY is set, and the proxy does not answer.', [
      'Correct HTTPS_PROXY, unset it, or list the host in NO_PROXY.',
    ]),
    beforeRequest: true,
  };
}

function passing(cause: string, fix: readonly string[]): Diagnosis {
  return { cause, fix, who: 'operator', retry: 'wait' };
}

/** Of an AggregateError (all addresses of a name failed) the first one's. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : '';
}
