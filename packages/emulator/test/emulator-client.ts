import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { createEmulator, type Emulator, type EmulatorOptions, type ReadyApp, signIn } from '../src/index.ts';

/** A client that speaks to the emulator over real HTTP and leaves every part of a request to the test. */

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const CALLBACK = 'http://localhost:23456/callback';
export const VERIFIER = 'synthetic-code-verifier.0123456789~abcdefghij';
export const CHALLENGE: string = createHash('sha256').update(VERIFIER).digest('base64url');

/** An emulator that closes with the test. */
export async function startEmulator(t: TestContext, options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await createEmulator(options);
  t.after(() => emulator.close());
  return emulator;
}

export function appOf(emulator: Emulator, name: string): ReadyApp {
  const app = emulator.ready.apps[name];
  if (app === undefined) throw new Error(`no app ${name}`);
  return app;
}

export type Person = Readonly<Record<'username' | 'password', string>>;

export const ADMIN = { username: 'admin@emulator.example', password: 'emulator-password-1' } as const;
export const INTEGRATION = { username: 'integration@emulator.example', password: 'emulator-password-2' } as const;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the body, an empty object when it is none. */
  readonly body: Record<string, string>;
}

export type Form = Readonly<Record<string, string | undefined>>;

function present(form: Form): Record<string, string> {
  return Object.fromEntries(Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

export async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  let body: Record<string, string> = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Not every answer is JSON; the test looks at the text then.
  }
  return { status: response.status, headers: response.headers, text, body };
}

export async function post(url: string, form: Form, headers: Record<string, string> = {}): Promise<Reply> {
  return reply(await fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(present(form)) }));
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Reply> {
  return reply(await fetch(url, { redirect: 'manual', headers }));
}

export interface TokenOptions {
  readonly host?: 'login' | 'mydomain';
  readonly headers?: Record<string, string>;
}

export function requestToken(emulator: Emulator, form: Form, options: TokenOptions = {}): Promise<Reply> {
  const origin = options.host === 'mydomain' ? emulator.myDomainUrl : emulator.loginUrl;
  return post(`${origin}/services/oauth2/token`, form, options.headers);
}

export function authorizeUrl(emulator: Emulator, app: string, changes: Form = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: appOf(emulator, app).clientId,
    redirect_uri: CALLBACK,
    state: 'state/+ with=signs&more',
    code_challenge: CHALLENGE,
    ...changes,
  };
  return `${emulator.loginUrl}/services/oauth2/authorize?${new URLSearchParams(present(parameters))}`;
}

/** Logs in, allows, and returns the code. */
export async function obtainCode(emulator: Emulator, app: string, changes?: Form, user: Person = ADMIN): Promise<string> {
  const location = new URL(await signIn(authorizeUrl(emulator, app, changes), user));
  const code = location.searchParams.get('code');
  if (code === null) throw new Error(`no code in ${location}`);
  return code;
}

/** The form that exchanges a code, secret included where the client knows it. */
export function codeForm(emulator: Emulator, app: string, code: string, changes: Form = {}): Form {
  const { clientId, clientSecret } = appOf(emulator, app);
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    client_id: clientId,
    client_secret: clientSecret,
    code_verifier: VERIFIER,
    ...changes,
  };
}

/** The answer to a whole web server flow. */
export async function obtainTokens(emulator: Emulator, app: string, changes?: Form): Promise<Record<string, string>> {
  const { status, body, text } = await requestToken(emulator, codeForm(emulator, app, await obtainCode(emulator, app, changes)));
  if (status !== 200) throw new Error(text);
  return body;
}

export function refreshForm(emulator: Emulator, app: string, refreshToken: string, changes: Form = {}): Form {
  const { clientId, clientSecret } = appOf(emulator, app);
  return {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: clientId,
    client_secret: clientSecret,
    ...changes,
  };
}

export function clientCredentialsForm(emulator: Emulator, app = 'clientCredentials', changes: Form = {}): Form {
  const { clientId, clientSecret } = appOf(emulator, app);
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...changes };
}

export function privateKeyOf(app: ReadyApp): KeyObject {
  return createPrivateKey(readFileSync(app.privateKeyFile ?? ''));
}

export function signAssertion(claims: object, key: KeyObject, header: object = { alg: 'RS256' }): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** Claims that the app `name` may sign; `changes` replaces some, undefined takes one out. */
export function assertionClaims(emulator: Emulator, name: string, changes: object = {}): object {
  const { clientId, username } = appOf(emulator, name);
  const exp = Math.floor(Date.now() / 1000) + 120;
  return { iss: clientId, sub: username, aud: emulator.loginUrl, exp, ...changes };
}

export function jwtForm(emulator: Emulator, name = 'jwt', changes: object = {}): Form {
  const key = privateKeyOf(appOf(emulator, name));
  return { grant_type: JWT_BEARER, assertion: signAssertion(assertionClaims(emulator, name, changes), key) };
}

/** Asks the REST API with a token, and says whether it took it. */
export async function isAccepted(emulator: Emulator, accessToken: string | undefined): Promise<boolean> {
  const { status } = await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, {
    authorization: `Bearer ${accessToken}`,
  });
  return status === 200;
}
