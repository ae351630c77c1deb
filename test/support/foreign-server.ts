import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { Endpoints } from '@forcemint/core/oauth/authorization-server';
import type { ClientAuth } from '@forcemint/core/oauth/client-authentication';
import { none, privateKeyJwt } from '@forcemint/core/oauth/client-authentication';
import { systemClock } from '@forcemint/node/clock';
import { nodeKeys } from '@forcemint/node/keys';
import { systemRandom } from '@forcemint/node/random';
import { Provider } from 'oidc-provider';
import type { Ending } from './temporary-home.ts';

export const CALLBACK = 'http://127.0.0.1/callback';
export const CLIENT_SECRET = 'synthetic secret: with /+&=%~';

/** oidc-provider, a certified OpenID provider that knows nothing of Salesforce, on loopback. */
export interface ForeignServer {
  readonly endpoints: Endpoints;
  /** Proves the client `key`. */
  readonly keyProof: ClientAuth;
  /** Proves the client `person`, which is public. */
  readonly noProof: ClientAuth;
}

export async function foreignServer(t: Ending): Promise<ForeignServer> {
  const signing = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const client = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const machine = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] };
  const provider = new Provider(issuer, {
    clients: [
      { ...machine, client_id: 'post', client_secret: CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_post' },
      { ...machine, client_id: 'basic', client_secret: CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_basic' },
      {
        ...machine,
        client_id: 'key',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...client.publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
      },
      {
        client_id: 'person',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [CALLBACK],
      },
    ],
    jwks: { keys: [{ ...signing.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'synthetic' }] },
    cookies: { keys: ['synthetic cookie key'] },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: true },
    },
  });
  server.on('request', provider.callback());
  const keyPem = client.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    endpoints: await discover(issuer),
    keyProof: privateKeyJwt(nodeKeys.signingKey(keyPem), systemClock, systemRandom),
    noProof: none(),
  };
}

async function discover(issuer: string): Promise<Endpoints> {
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, string>;
  const endpoint = (name: string) => metadata[name] ?? '';
  return {
    issuer,
    authorization: endpoint('authorization_endpoint'),
    token: endpoint('token_endpoint'),
    revocation: endpoint('revocation_endpoint'),
    introspection: endpoint('introspection_endpoint'),
    jwks: endpoint('jwks_uri'),
  };
}

/** Plays the person at the browser: the pages for login and consent, up to the redirect back. */
export async function visit(authorizeUrl: string): Promise<URL> {
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
    if (location?.startsWith(CALLBACK)) return new URL(location);
    if (location !== null) {
      [url, init] = [new URL(location, url).href, {}];
      continue;
    }
    const page = await response.text();
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`no form in the page of ${url}: ${page.slice(0, 500)}`);
    const form = new URLSearchParams({ prompt, login: 'person@example.com', password: 'synthetic' });
    [url, init] = [new URL(action, url).href, { method: 'POST', body: form }];
  }
  throw new Error('the pages did not come to an end');
}
