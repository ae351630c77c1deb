import { createHash } from 'node:crypto';
import { CALLBACK, CLIENTS, type ClientName, type DifferentialServer, OTHER_CALLBACK } from './differential-server.ts';

/** How a client shows who it is. */
export type Proof = 'post' | 'basic' | 'both' | 'wrong' | 'wrong basic' | 'none';

/** One request, said so that it can be made to either server. Numbers count the codes and tokens of the run, oldest 0. */
export type Action =
  | {
      readonly do: 'authorize';
      readonly client: ClientName;
      readonly challenge: 'S256' | 'no method' | 'plain' | 'none';
      readonly verifier?: Verifier;
      readonly redirectUri?: 'own' | 'foreign' | 'missing';
      readonly responseType?: string;
      readonly scope?: string;
      readonly prompt?: string;
      readonly state?: string;
      readonly decision: 'allow' | 'deny';
    }
  | {
      readonly do: 'exchange';
      readonly code: number;
      readonly client: ClientName;
      readonly proof: Proof;
      readonly redirectUri: 'own' | 'other' | 'missing';
      readonly verifier: 'right' | 'wrong' | 'missing';
    }
  | {
      readonly do: 'refresh';
      readonly token: number;
      readonly client: ClientName;
      readonly proof: Proof;
      readonly scope?: string;
    }
  | { readonly do: 'clientCredentials'; readonly client: ClientName; readonly proof: Proof }
  | { readonly do: 'token'; readonly form: Readonly<Record<string, string>>; readonly how?: 'POST' | 'GET' | 'JSON' | 'twice' }
  | {
      readonly do: 'revoke';
      readonly kind: TokenKind;
      readonly token: number;
      readonly client: ClientName;
      readonly proof: Proof;
    }
  | {
      readonly do: 'introspect';
      readonly kind: TokenKind;
      readonly token: number;
      readonly client: ClientName;
      readonly proof: Proof;
    }
  | { readonly do: 'userinfo'; readonly token: number };
export type TokenKind = 'access' | 'refresh';
export type Verifier = 'usual' | 'of 43' | 'of 128' | 'of 171';

export const VERIFIERS: Readonly<Record<Verifier, string>> = {
  usual: 'synthetic-code-verifier.0123456789~abcdefghij',
  'of 43': 'v'.repeat(43),
  'of 128': 'v'.repeat(128),
  'of 171': 'v'.repeat(171),
};
export const NONCE = 'synthetic-nonce';

interface HeldCode {
  readonly code: string;
  readonly client: ClientName;
  readonly verifier: Verifier;
  readonly hasChallenge: boolean;
  uses: number;
}

/** What one server has issued in this run. */
export interface Holdings {
  readonly codes: HeldCode[];
  readonly access: string[];
  readonly refresh: string[];
  /** Whole answers of the token endpoint. */
  readonly answers: Readonly<Record<string, unknown>>[];
}

export function noHoldings(): Holdings {
  return { codes: [], access: [], refresh: [], answers: [] };
}

type Form = Record<string, string>;

/**
 * Makes the request and says in a few words what came of it: `issued`, `code`, `active`, `claims` … or what was refused
 * how (`400 invalid_grant`, `redirect access_denied`, `page`).
 */
export async function act(server: DifferentialServer, holdings: Holdings, action: Action): Promise<string> {
  switch (action.do) {
    case 'authorize':
      return authorize(server, holdings, action);
    case 'exchange': {
      const held = holdings.codes[action.code];
      const { client, redirectUri } = action;
      const form: Form = { grant_type: 'authorization_code', code: held?.code ?? 'unknown' };
      if (redirectUri !== 'missing') form['redirect_uri'] = redirectUri === 'own' ? CALLBACK : OTHER_CALLBACK;
      if (action.verifier === 'right') form['code_verifier'] = VERIFIERS[held?.verifier ?? 'usual'];
      if (action.verifier === 'wrong') form['code_verifier'] = 'w'.repeat(50);
      const verdict = await requestToken(server, holdings, form, prove(client, action.proof));
      if (held !== undefined && verdict === 'issued') held.uses += 1;
      return verdict;
    }
    case 'refresh': {
      const form: Form = { grant_type: 'refresh_token', refresh_token: holdings.refresh[action.token] ?? 'unknown' };
      if (action.scope !== undefined) form['scope'] = action.scope;
      return requestToken(server, holdings, form, prove(action.client, action.proof));
    }
    case 'clientCredentials':
      return requestToken(server, holdings, { grant_type: 'client_credentials' }, prove(action.client, action.proof));
    case 'token':
      return requestToken(server, holdings, action.form, { form: {}, headers: {} }, action.how);
    case 'revoke': {
      const answer = await post(server.endpoints.revocation, { token: holdings[action.kind][action.token] ?? 'unknown' }, action);
      return answer.status === 200 ? 'revoked' : `${answer.status} ${answer.error}`;
    }
    case 'introspect': {
      const token = holdings[action.kind][action.token] ?? 'unknown';
      const { status, error, body } = await post(server.endpoints.introspection, { token }, action);
      return status === 200 ? (body['active'] === true ? 'active' : 'inactive') : `${status} ${error}`;
    }
    case 'userinfo': {
      const authorization = `Bearer ${holdings.access[action.token] ?? 'unknown'}`;
      const { status, error } = await read(await fetch(server.endpoints.userinfo, { headers: { authorization } }));
      return status === 200 ? 'claims' : `${status} ${error}`;
    }
  }
}

type Authorize = Extract<Action, { do: 'authorize' }>;

async function authorize(server: DifferentialServer, holdings: Holdings, action: Authorize): Promise<string> {
  const { client, challenge, verifier = 'usual', redirectUri = 'own', state = 'synthetic state &=+%', decision } = action;
  const parameters: Form = { client_id: CLIENTS[client].id, state, nonce: NONCE, prompt: action.prompt ?? 'consent' };
  if (action.responseType !== '') parameters['response_type'] = action.responseType ?? 'code';
  if (redirectUri !== 'missing') parameters['redirect_uri'] = redirectUri === 'own' ? CALLBACK : 'https://evil.example/callback';
  parameters['scope'] = action.scope ?? 'openid offline_access api';
  if (challenge !== 'none') {
    const text = VERIFIERS[verifier];
    parameters['code_challenge'] = challenge === 'plain' ? text : createHash('sha256').update(text).digest('base64url');
    if (challenge !== 'no method') parameters['code_challenge_method'] = challenge;
  }
  const back = await server.visit(`${server.endpoints.authorization}?${new URLSearchParams(parameters)}`, decision);
  if (back === undefined) return 'page';
  if (`${back.origin}${back.pathname}` !== CALLBACK) throw new Error(`sent to ${back}`);
  if (back.searchParams.get('state') !== state) return `another state: ${back.search}`;
  const code = back.searchParams.get('code');
  if (code === null) return `redirect ${back.searchParams.get('error')}`;
  holdings.codes.push({ code, client, verifier, hasChallenge: challenge !== 'none', uses: 0 });
  return 'code';
}

interface Proven {
  readonly form: Form;
  readonly headers: Record<string, string>;
}

function prove(client: ClientName, proof: Proof): Proven {
  const { id, secret = 'no-secret' } = CLIENTS[client];
  const basic = (password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
  switch (proof) {
    case 'post':
      return { form: { client_id: id, client_secret: secret }, headers: {} };
    case 'basic':
      return { form: {}, headers: { authorization: basic(secret) } };
    case 'both':
      return { form: { client_id: id, client_secret: secret }, headers: { authorization: basic(secret) } };
    case 'wrong':
      return { form: { client_id: id, client_secret: 'wrong' }, headers: {} };
    case 'wrong basic':
      return { form: {}, headers: { authorization: basic('wrong') } };
    case 'none':
      return { form: { client_id: id }, headers: {} };
  }
}

interface Answer {
  readonly status: number;
  /** The error code, or the text where that is all there is. */
  readonly error: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  const body: Record<string, unknown> = isJson ? JSON.parse(text) : {};
  return { status: response.status, error: String(body['error'] ?? text), body };
}

async function post(url: string, form: Form, { client, proof }: { client: ClientName; proof: Proof }): Promise<Answer> {
  const proven = prove(client, proof);
  const headers = { accept: 'application/json', ...proven.headers };
  return read(await fetch(url, { method: 'POST', headers, body: new URLSearchParams({ ...form, ...proven.form }) }));
}

async function requestToken(
  { endpoints }: DifferentialServer,
  holdings: Holdings,
  form: Readonly<Form>,
  { form: proof, headers }: Proven,
  how: 'POST' | 'GET' | 'JSON' | 'twice' = 'POST',
): Promise<string> {
  const fields = { ...form, ...proof };
  const encoded = new URLSearchParams(fields).toString();
  const body = { POST: encoded, GET: '', JSON: JSON.stringify(fields), twice: `${encoded}&${encoded}` }[how];
  const type = how === 'JSON' ? 'application/json' : 'application/x-www-form-urlencoded';
  const answer =
    how === 'GET'
      ? await fetch(`${endpoints.token}?${encoded}`, { headers })
      : await fetch(endpoints.token, { method: 'POST', headers: { ...headers, 'content-type': type }, body });
  const { status, error, body: fieldsBack } = await read(answer);
  if (status !== 200) return `${status} ${error}`;
  holdings.answers.push(fieldsBack);
  holdings.access.push(String(fieldsBack['access_token']));
  if (fieldsBack['refresh_token'] !== undefined) holdings.refresh.push(String(fieldsBack['refresh_token']));
  return 'issued';
}
