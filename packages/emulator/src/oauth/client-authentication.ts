import type { App } from '../org/apps.ts';
import type { Org } from '../org/org.ts';
import { isAcceptedAudience, judgeExpiry } from './assertion.ts';
import { type ErrorRow, refusal } from './error-catalogue.ts';
import { isSignedBy, parseJwt } from './jwt.ts';

/** RFC 7523 section 2.2. */
const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The two places where a client shows who it is. */
export interface ClientCredentials {
  readonly parameters: URLSearchParams;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
}

/** How one grant or endpoint authenticates its clients. */
export interface ClientPolicy {
  readonly isSecretRequired: (app: App) => boolean;
  /** Row of the refusal for credentials that are wrong or missing. */
  readonly wrong: ErrorRow;
  /** Row of the refusal for a client that nobody knows. */
  readonly unknown: ErrorRow;
}

/**
 * The app that a request comes from: secret in the body or by Basic, private_key_jwt, or nothing at all where the app
 * needs no secret. A secret that is sent is checked even where it could have been left out.
 *
 * @throws {OAuthError} `invalid_client_id`, `invalid_client` or `invalid_basic_auth_header`
 */
export function authenticateClient(org: Org, credentials: ClientCredentials, policy: ClientPolicy): App {
  const basic = readBasic(credentials.authorization);
  const named = credentials.parameters.get('client_id');
  const assertion = credentials.parameters.get('client_assertion');
  const clientId = named ?? basic?.clientId ?? (assertion === null ? undefined : unverifiedIssuer(assertion));
  const app = findApp(org, clientId, basic);
  if (app === undefined) throw refusal(policy.unknown);
  if (basic !== undefined && !basic.isOf(app)) throw refusal(policy.wrong);
  const secret = credentials.parameters.get('client_secret');
  if (secret !== null && secret !== app.clientSecret) throw refusal(policy.wrong);
  if (assertion !== null) {
    const isOfType = credentials.parameters.get('client_assertion_type') === CLIENT_ASSERTION_TYPE;
    if (!isOfType || !isValidClientAssertion(org, app, assertion)) throw refusal(policy.wrong);
  }
  const isAnonymous = secret === null && basic?.hasSecret !== true && assertion === null;
  if (isAnonymous && policy.isSecretRequired(app)) throw refusal(policy.wrong);
  return app;
}

/** The client that a request says it is from, for the ledger and for faults: nothing is verified. */
export function claimedClientId({ parameters, authorization }: ClientCredentials): string | null {
  const named = parameters.get('client_id');
  if (named !== null) return named;
  const assertion = parameters.get('assertion') ?? parameters.get('client_assertion');
  if (assertion !== null) return unverifiedIssuer(assertion) ?? null;
  const match = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '');
  return match === null
    ? null
    : (Buffer.from(match[1] ?? '', 'base64')
        .toString('utf8')
        .split(':')[0] ?? null);
}

interface BasicCredentials {
  readonly clientId: string;
  readonly decodedClientId: string;
  /** False for `key:`, which shows no more than a `client_id` does. */
  readonly hasSecret: boolean;
  /** True when the key is that of the app, and the secret too where there is one. */
  readonly isOf: (app: App) => boolean;
}

/** Reads `Basic base64(key:secret)`; the two parts may be form-encoded (RFC 6749 section 2.3.1) or as they are. */
function readBasic(authorization: string | undefined): BasicCredentials | undefined {
  if (authorization === undefined || !/^basic\b/i.test(authorization)) return undefined;
  const match = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization);
  const text = match === null ? '' : Buffer.from(match[1] ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw refusal('A14');
  const clientId = text.slice(0, colon);
  const secret = text.slice(colon + 1);
  const decodedClientId = formDecode(clientId);
  return {
    clientId,
    decodedClientId,
    hasSecret: secret !== '',
    isOf: (app) =>
      [clientId, decodedClientId].includes(app.clientId) &&
      (secret === '' || [secret, formDecode(secret)].includes(app.clientSecret)),
  };
}

function formDecode(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? text;
}

function findApp(org: Org, clientId: string | undefined, basic: BasicCredentials | undefined): App | undefined {
  const nowMs = org.now();
  return (
    (clientId === undefined ? undefined : org.apps.find(clientId, nowMs)) ??
    (basic === undefined || clientId !== basic.clientId ? undefined : org.apps.find(basic.decodedClientId, nowMs))
  );
}

function unverifiedIssuer(assertion: string): string | undefined {
  const issuer = parseJwt(assertion)?.claims.iss;
  return typeof issuer === 'string' ? issuer : undefined;
}

function isValidClientAssertion(org: Org, app: App, assertion: string): boolean {
  const jwt = parseJwt(assertion);
  return (
    jwt !== undefined &&
    app.certificate !== undefined &&
    isSignedBy(jwt, app.certificate.publicKey) &&
    jwt.claims.iss === app.clientId &&
    jwt.claims.sub === app.clientId &&
    isClientAssertionAudience(org, jwt.claims.aud) &&
    judgeExpiry(jwt.claims, org.now(), 0) === 'ok'
  );
}

/** A login host as for grants, or the URL of a token or introspection endpoint; one of several will do (RFC 7523 section 3). */
function isClientAssertionAudience(org: Org, audience: unknown): boolean {
  if (Array.isArray(audience)) return audience.some((one: unknown) => isClientAssertionAudience(org, one));
  if (typeof audience !== 'string') return false;
  return isAcceptedAudience(org, audience.replace(/\/services\/oauth2\/(token|introspect)$/, ''));
}
