import {
  type AccessToken,
  AuthError,
  type ConnectionStatus,
  type CredentialFacts,
  DEFAULT_REDIRECT_URI,
  type Http,
  jwtAudience,
  trustedHost,
} from '@forcemint/core';
import type { CertificateFacts, CheckName, ExchangeFacts, Finding, Remedy } from '@forcemint/diagnose';
import * as judge from '@forcemint/diagnose';
import type { Forcemint } from '@forcemint/node';
import { hostPolicy } from '@forcemint/node/open-ports';
import type { Context } from '../context.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { renewPatiently } from '../patience.ts';
import { withProgress } from '../terminal/progress.ts';
import { callbackFacts } from './callback-facts.ts';
import { type NetworkFacts, networkFacts } from './network-facts.ts';
import { orgFacts } from './org-facts.ts';

/** How many events are read to count the token requests of the last hour. */
const MOST_EVENTS = 1000;
const HOUR_MS = 3_600_000;
/** What counts as a token request in the history. */
const REQUEST_EVENTS = ['renewed', 'renewal-failed', 'login', 'outcome-unknown'];

/** What a checkup is done with. */
export interface CheckupPorts {
  readonly context: Context;
  readonly forcemint: Forcemint;
  readonly http: Http;
  /** Get a token, whatever there is. Else what is stored is looked at. */
  readonly exchange: boolean;
}

/** Everything that is looked at of one connection, in order, as it is found. */
export async function* checkup(name: string, ports: CheckupPorts): AsyncGenerator<Finding> {
  for await (const finding of findings(name, ports)) {
    yield { ...finding, fix: finding.fix.map((text) => text.replaceAll(/\bNAME\b/g, name)) };
  }
}

async function* findings(name: string, ports: CheckupPorts): AsyncGenerator<Finding> {
  const { context, forcemint, http } = ports;
  const { output, env, now } = context;
  const before = await forcemint.status(name);
  const { settings } = before.connection;
  const network = await withProgress(output, `looking at ${new URL(settings.loginUrl).host}`, () =>
    networkFacts(settings.loginUrl, { http, env, now }),
  );
  yield* ofNetwork(network, settings.loginUrl, settings.grant === 'jwt-bearer', now());
  const policy = hostPolicy(env);
  const trust = trustedHost(new URL(settings.loginUrl), policy);
  yield judge.judgeLoginHost(settings, trust, before.token?.instanceUrl);
  const implied = jwtAudience(settings.loginUrl, policy);
  yield judge.judgeAudience(settings, settings.audience ?? implied, implied, trust);
  yield* ofCredentials(before, await credentials(forcemint, name), await certificateOf(before), now());
  const isLogin = settings.grant === 'authorization-code';
  yield judge.judgeCallback(isLogin ? await callbackFacts(settings.redirectUris ?? [DEFAULT_REDIRECT_URI]) : undefined);

  const isReachable = network.discovery !== undefined && !(network.discovery instanceof AuthError);
  const exchange = await exchanged(name, before, isReachable, ports);
  const { facts } = exchange;
  // A token that was stored may be for a host that this process does not trust any more.
  const isTrusted = exchange.token !== undefined && trustedHost(new URL(exchange.token.instanceUrl), policy) !== undefined;
  const token = isTrusted ? exchange.token : undefined;
  const after = await forcemint.status(name);
  yield judge.judgeScopes(settings, after.token?.scope);
  yield judge.judgeExchange(facts);
  yield judge.judgeAnswerHost(token?.instanceUrl, settings.loginUrl);
  const org =
    token === undefined
      ? undefined
      : await withProgress(output, `asking ${new URL(token.instanceUrl).host}`, () => orgFacts(token, settings.apiVersion, http));
  yield judge.judgeOrg(token === undefined ? undefined : after.token?.organizationId, org?.userinfo);
  yield judge.judgeUserinfo(org?.userinfo, settings.username);
  yield judge.judgeApi(org?.api, settings.apiVersion);
  yield judge.judgeExpiry(after);
  yield judge.judgeRefreshToken(after, now());
  yield await loginBudget(forcemint, name, now());

  const { discovery } = network;
  const methods = discovery !== undefined && 'is' in discovery && discovery.is === 'document' ? discovery.pkceMethods : undefined;
  yield judge.judgePkce(after, methods);
  yield judge.judgeRotation(after);
  yield judge.judgeAppKind(settings.appKind, settings.clientId, org?.appKind);
  yield judge.judgeLegacyHosts(
    after,
    org?.logins?.map(({ loginUrl }) => loginUrl.replace(/^https?:\/\//, '')),
  );
  yield org === undefined ? judge.skipped('old-logins', 'there is no token') : judge.judgeOldLogins(org.logins);
}

/** What was found between here and the login host. */
export function* ofNetwork(facts: NetworkFacts, loginUrl: string, isSigned: boolean, nowMs: number): Generator<Finding> {
  const { proxy, name, tls, discovery, clockAheadMs } = facts;
  yield judge.judgeProxy(proxy);
  yield judge.judgeName(name);
  if (tls instanceof AuthError) yield failed('tls', tls);
  else if (tls === undefined && (discovery === undefined || loginUrl.startsWith('https:'))) yield unreached('tls');
  else yield judge.judgeTls(tls, nowMs);
  if (discovery === undefined || (discovery instanceof AuthError && tls instanceof AuthError)) yield unreached('discovery');
  else if (discovery instanceof AuthError) yield failed('discovery', discovery);
  else yield judge.judgeDiscovery(loginUrl, discovery);
  if (discovery === undefined || discovery instanceof AuthError) yield unreached('clock');
  else yield judge.judgeClock(clockAheadMs, isSigned);
}

function unreached(check: CheckName): Finding {
  return judge.skipped(check, 'not looked at: the host cannot be reached');
}

function failed(check: CheckName, error: AuthError): Finding {
  const { diagnosis, message } = error;
  return judge.bad(check, message.replace(/\.$/, ''), remedyOf(exitCodeOf(error)), {
    why: diagnosis?.cause,
    fix: diagnosis?.fix ?? [],
    id: diagnosis?.id,
  });
}

function* ofCredentials(
  { connection }: ConnectionStatus,
  facts: CredentialFacts | AuthError,
  certificate: CertificateFacts | Error | undefined,
  nowMs: number,
): Generator<Finding> {
  const { settings } = connection;
  if (facts instanceof AuthError) {
    const signs = settings.grant === 'jwt-bearer' || settings.clientAuth === 'private-key-jwt';
    const place = signs ? 'private-key' : 'client-secret';
    for (const check of ['private-key', 'certificate', 'client-secret'] as const) {
      yield check === place ? failed(check, facts) : judge.skipped(check, 'not to be told: the secrets cannot be read');
    }
    return;
  }
  const { current, next } = facts;
  yield judge.judgePrivateKey(current.privateKey, next.privateKey, nowMs);
  yield judge.judgeCertificate(certificate, current.privateKey, nowMs);
  yield judge.judgeClientSecret(settings, facts, nowMs);
}

async function credentials(forcemint: Forcemint, name: string): Promise<CredentialFacts | AuthError> {
  try {
    return await forcemint.credentials(name);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
}

/** What the stored certificate says; an `Error` where it cannot be read. */
export async function certificateOf({ connection }: ConnectionStatus): Promise<CertificateFacts | Error | undefined> {
  const { certificate } = connection.settings;
  if (certificate === undefined) return undefined;
  const { readCertificate } = await import('@forcemint/setup');
  try {
    return { ...readCertificate(certificate), bytes: Buffer.byteLength(certificate) };
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

/** A real exchange, unless none may or need be done; and the token to ask the org with. */
async function exchanged(
  name: string,
  before: ConnectionStatus,
  isReachable: boolean,
  { context, forcemint, exchange }: CheckupPorts,
): Promise<{ readonly token: AccessToken | undefined; readonly facts: ExchangeFacts }> {
  const hasToken = before.expiresInSeconds > 0;
  const living = async (why: string, fix: readonly string[], remedy: Remedy) => ({
    token: hasToken && isReachable ? await forcemint.getToken(name, { minTtlSeconds: 0 }) : undefined,
    facts: { is: 'not-begun', why, livingToken: hasToken && isReachable, fix, remedy } as const,
  });
  if (before.state === 'handed-over')
    return { token: undefined, facts: { is: 'skipped', why: 'none: another product owns the grant' } };
  if (!isReachable) return living('not tried: the login host does not answer', [], 'time');
  if (before.connection.settings.grant === 'authorization-code' && !before.hasRefreshToken && before.state === 'new') {
    return living('nobody has logged in yet', [`forcemint login ${name}`], 'login');
  }
  if (!exchange)
    return living(
      hasToken ? 'not asked for; the stored token is looked at' : 'not asked for, and there is no living token',
      ['Without --no-exchange a token is got'],
      'time',
    );
  const startedMs = performance.now();
  try {
    const token = await renewPatiently(context, forcemint, name);
    return { token, facts: { is: 'token', tookMs: Math.round(performance.now() - startedMs) } };
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    if (error.code === 'budget_exhausted' && hasToken)
      return living('just done, and not again so soon; the stored token works', [], 'time');
    const { message, diagnosis } = error;
    return { token: undefined, facts: { is: 'refused', message, diagnosis, remedy: remedyOf(exitCodeOf(error)) } };
  }
}

async function loginBudget(forcemint: Forcemint, name: string, nowMs: number): Promise<Finding> {
  const events = await forcemint.events(name, MOST_EVENTS);
  const recent = events.filter(({ atMs, type }) => atMs > nowMs - HOUR_MS && REQUEST_EVENTS.includes(type));
  const isCut = events.length === MOST_EVENTS && (events.at(-1)?.atMs ?? 0) > nowMs - HOUR_MS;
  return judge.judgeLoginBudget(recent.length, isCut);
}

/** What has to happen after an error that has this exit code. */
export function remedyOf(code: number): Remedy {
  if (code === EXIT.reauthorize) return 'login';
  if (code === EXIT.passing) return 'time';
  return code === EXIT.refused ? 'salesforce' : 'setting';
}
