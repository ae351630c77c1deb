import { AuthError, ConfigurationError, type Http, type HttpResponse } from '@forcemint/core';
import type { DiscoveryFacts, NameFacts, ProxyFacts, TlsFacts } from '@forcemint/diagnose';
import type { ResolvedName } from '@forcemint/node/network-probe';
import type { Environment } from '../context.ts';

const DEADLINE_MS = 10_000;
const MOST_BYTES = 256 * 1024;
/** It is there as long as Salesforce is. */
const KNOWN_HOST = 'login.salesforce.com';

/** What is seen of the network on the way to a login host. */
export interface NetworkFacts {
  readonly proxy: ProxyFacts;
  /** `undefined`: there is no name to resolve here. */
  readonly name: NameFacts | undefined;
  /** `undefined`: plain http, or the host could not be reached at all. */
  readonly tls: TlsFacts | AuthError | undefined;
  /** `undefined`: nothing before it worked. */
  readonly discovery: DiscoveryFacts | AuthError | undefined;
  /** How far this machine’s clock is ahead of the server’s, in milliseconds. */
  readonly clockAheadMs: number | undefined;
}

/** What the facts are asked with. */
export interface NetworkPorts {
  readonly http: Http;
  readonly env: Environment;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Looks from the outside in, and stops where nothing further can work. */
export async function networkFacts(loginUrl: string, { http, env, now }: NetworkPorts): Promise<NetworkFacts> {
  const { inspectTls, isAddress, resolveName, wayTo } = await import('@forcemint/node/network-probe');
  const url = new URL(loginUrl);
  const nothing = { name: undefined, tls: undefined, discovery: undefined, clockAheadMs: undefined };
  let proxyHost: string | undefined;
  try {
    proxyHost = wayTo(url, env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { ...nothing, proxy: { way: 'invalid', why: error.message.replace(/\.$/, '') } };
  }
  const isThisMachine = /^(?:localhost|127\.|\[::1\])/.test(url.hostname);
  const proxy: ProxyFacts = proxyHost === undefined ? { way: 'direct', isThisMachine } : { way: 'proxy', host: proxyHost };
  const hasName = proxyHost === undefined && !isAddress(url.hostname);
  const name = hasName ? await nameFacts(url.hostname, resolveName) : undefined;
  if (name !== undefined && name.addresses.length === 0) return { ...nothing, proxy, name };
  const [tls, document] = await Promise.all([
    url.protocol === 'https:' ? orError(tlsFacts(url, env, inspectTls)) : undefined,
    orError(discover(loginUrl, http, now)),
  ]);
  if (document instanceof AuthError) return { ...nothing, proxy, name, tls, discovery: document };
  return { proxy, name, tls, ...document };
}

async function nameFacts(host: string, resolve: (host: string) => Promise<ResolvedName>): Promise<NameFacts> {
  const found = await resolve(host);
  if (found.addresses.length > 0 || host === KNOWN_HOST) return { host, ...found };
  const others = await resolve(KNOWN_HOST);
  return { host, ...found, othersResolve: others.addresses.length > 0 };
}

async function tlsFacts(
  url: URL,
  env: Environment,
  inspect: typeof import('@forcemint/node/network-probe')['inspectTls'],
): Promise<TlsFacts> {
  const connection = await inspect(url, { env, deadlineMs: DEADLINE_MS });
  return { ...connection, hasExtraAuthorities: (env.NODE_EXTRA_CA_CERTS ?? '') !== '' };
}

async function discover(
  loginUrl: string,
  http: Http,
  now: () => number,
): Promise<Pick<NetworkFacts, 'discovery' | 'clockAheadMs'>> {
  const askedMs = now();
  const response = await http.request({
    method: 'GET',
    url: `${loginUrl}/.well-known/openid-configuration`,
    headers: { accept: 'application/json' },
    freshConnection: false,
    deadlineMs: DEADLINE_MS,
    maxResponseBytes: MOST_BYTES,
  });
  return { discovery: discoveryFacts(response), clockAheadMs: clockAheadMs(response.headers['date'], askedMs, now()) };
}

function discoveryFacts({ status, headers, body }: HttpResponse): DiscoveryFacts {
  if (status >= 300 && status < 400) {
    const location = headers['location'];
    const toHost = location !== undefined && URL.canParse(location) ? new URL(location).host : undefined;
    return { is: 'redirect', status, toHost };
  }
  const text = Buffer.from(body).toString('utf8');
  const document = status === 200 ? parsed(text) : undefined;
  const { issuer, token_endpoint: tokenEndpoint, code_challenge_methods_supported: methods } = document ?? {};
  if (typeof issuer !== 'string' || typeof tokenEndpoint !== 'string') {
    return { is: 'something-else', status, isHtml: /^\s*</.test(text) || /html/i.test(headers['content-type'] ?? '') };
  }
  const pkceMethods = Array.isArray(methods) ? methods.filter((one): one is string => typeof one === 'string') : undefined;
  return { is: 'document', issuer, tokenEndpoint, ...(pkceMethods !== undefined && { pkceMethods }) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A date has whole seconds: the answer was made at some time in the second that it names. */
function clockAheadMs(date: string | undefined, askedMs: number, answeredMs: number): number | undefined {
  const atMs = Date.parse(date ?? '');
  if (Number.isNaN(atMs)) return undefined;
  if (answeredMs < atMs) return answeredMs - atMs;
  return askedMs > atMs + 1000 ? askedMs - atMs - 1000 : 0;
}

async function orError<T>(work: Promise<T>): Promise<T | AuthError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}
