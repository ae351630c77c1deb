import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createEmulator, signIn } from '@forcemint/emulator';
import { Provider } from 'oidc-provider';
import type { Ending } from '../../support/temporary-home.ts';

export const CALLBACK = 'https://client.example/callback';
export const OTHER_CALLBACK = 'https://client.example/other';

/** The same on both servers: the ids double as consumer keys. */
export const CLIENTS = {
  web: { id: 'synthetic.web', secret: 'synthetic-secret-of-web' },
  other: { id: 'synthetic.other', secret: 'synthetic-secret-of-other' },
  public: { id: 'synthetic.public', secret: undefined },
  machine: { id: 'synthetic.machine', secret: 'synthetic-secret-of-machine' },
  nobody: { id: 'synthetic.nobody', secret: 'synthetic-secret-of-nobody' },
} as const;
export type ClientName = keyof typeof CLIENTS;

/** An authorization server as a client sees it, and a person who can log in there. */
export interface DifferentialServer {
  readonly name: 'emulator' | 'oidc-provider';
  readonly endpoints: Readonly<Record<Endpoint, string>>;
  /** Opens the URL in a new browser, logs in, decides; where the browser is sent back to, or undefined when it is not. */
  visit(url: string, decision: 'allow' | 'deny'): Promise<URL | undefined>;
}
type Endpoint = 'issuer' | 'authorization' | 'token' | 'revocation' | 'introspection' | 'userinfo' | 'jwks';

const CALLBACKS = [CALLBACK, OTHER_CALLBACK];

export async function startServers(t: Ending): Promise<readonly [DifferentialServer, DifferentialServer]> {
  return Promise.all([startEmulator(t), startForeignServer(t)]);
}

async function startEmulator(t: Ending): Promise<DifferentialServer> {
  const person = { username: 'person@emulator.example', password: 'synthetic-password' };
  const app = (name: 'web' | 'other', scopes = ['openid', 'refresh_token', 'api', 'profile']) => ({
    clientId: CLIENTS[name].id,
    clientSecret: CLIENTS[name].secret,
    scopes,
    callbackUrls: CALLBACKS,
    isRefreshTokenRotationEnabled: true,
  });
  const emulator = await createEmulator({
    config: {
      users: [person],
      apps: {
        web: app('web'),
        other: app('other'),
        public: { ...app('web'), clientId: CLIENTS.public.id, clientSecret: 'nobody-knows', public: true, isPkceRequired: true },
        machine: {
          clientId: CLIENTS.machine.id,
          clientSecret: CLIENTS.machine.secret,
          scopes: ['api'],
          isClientCredentialEnabled: true,
          oauthClientCredentialUser: person.username,
        },
      },
    },
  });
  t.after(() => emulator.close());
  return {
    name: 'emulator',
    endpoints: await discover(emulator.myDomainUrl),
    async visit(url, decision) {
      const answer = await fetch(url, { redirect: 'manual' });
      if (answer.status >= 400) return undefined;
      const location = answer.headers.get('location');
      return new URL(location ?? (await signIn(url, { ...person, decision })));
    },
  };
}

async function startForeignServer(t: Ending): Promise<DifferentialServer> {
  const signing = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const person = (name: 'web' | 'other' | 'public') => ({
    client_id: CLIENTS[name].id,
    client_secret: CLIENTS[name].secret,
    token_endpoint_auth_method: CLIENTS[name].secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: CALLBACKS,
    scope: 'openid offline_access api profile',
  });
  const machine = {
    client_id: CLIENTS.machine.id,
    client_secret: CLIENTS.machine.secret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'api',
  };
  const provider = new Provider(issuer, {
    clients: [person('web'), person('other'), person('public'), machine],
    jwks: { keys: [{ ...signing, use: 'sig', alg: 'RS256', kid: 'synthetic' }] },
    cookies: { keys: ['synthetic cookie key'] },
    scopes: ['openid', 'offline_access', 'api'],
    claims: { openid: ['sub'], profile: ['name'] },
    rotateRefreshToken: true,
    pkce: { required: (_context: unknown, client: { clientId: string }) => client.clientId === CLIENTS.public.id },
    features: {
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        // Its own tokens only, as Salesforce has it.
        allowedPolicy: (_context: unknown, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      revocation: { enabled: true },
      devInteractions: { enabled: true },
    },
  });
  server.on('request', provider.callback());
  return { name: 'oidc-provider', endpoints: await discover(issuer), visit: visitForeignServer };
}

/** Plays the person at the pages for login and consent; "deny" is the way back that the consent page offers. */
async function visitForeignServer(authorizeUrl: string, decision: 'allow' | 'deny'): Promise<URL | undefined> {
  const cookies = new Map<string, string>();
  let [url, init]: [string, RequestInit] = [authorizeUrl, {}];
  for (let steps = 0; steps < 12; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', ...value] = (line.split(';')[0] ?? '').split('=');
      cookies.set(name, value.join('='));
    }
    const location = response.headers.get('location');
    if (location?.startsWith('https://client.example/')) return new URL(location);
    if (location !== null) {
      [url, init] = [new URL(location, url).href, {}];
      continue;
    }
    const page = await response.text();
    if (response.status >= 400) return undefined;
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    const abort = /href="([^"]+\/abort)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`no form in the page of ${url}: ${page.slice(0, 500)}`);
    if (prompt === 'consent' && decision === 'deny' && abort !== undefined) [url, init] = [new URL(abort, url).href, {}];
    else {
      const form = new URLSearchParams({ prompt, login: 'person', password: 'synthetic' });
      [url, init] = [new URL(action, url).href, { method: 'POST', body: form }];
    }
  }
  throw new Error('the pages did not come to an end');
}

async function discover(issuer: string): Promise<Readonly<Record<Endpoint, string>>> {
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, string>;
  const endpoint = (name: string) => metadata[name] ?? '';
  return {
    issuer: endpoint('issuer'),
    authorization: endpoint('authorization_endpoint'),
    token: endpoint('token_endpoint'),
    revocation: endpoint('revocation_endpoint'),
    introspection: endpoint('introspection_endpoint'),
    userinfo: endpoint('userinfo_endpoint'),
    jwks: endpoint('jwks_uri'),
  };
}
