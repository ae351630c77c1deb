import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createEmulator, signIn } from '@forcemint/emulator';
import { Provider } from 'oidc-provider';
import { type DiscoveredEndpoint, discover, visitOidcProvider } from '../../support/oidc-provider-client.ts';
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
  readonly endpoints: Readonly<Record<DiscoveredEndpoint, string>>;
  /** Opens the URL in a new browser, logs in, decides; where the browser is sent back to, or undefined when it is not. */
  visit(url: string, decision: 'allow' | 'deny'): Promise<URL | undefined>;
}

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
  return {
    name: 'oidc-provider',
    endpoints: await discover(issuer),
    visit: (url, decision) => visitOidcProvider(url, { callback: 'https://client.example/', decision }),
  };
}
