import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { Endpoints } from '@forcemint/core/oauth/authorization-server';
import type { ClientAuth } from '@forcemint/core/oauth/client-authentication';
import { none, privateKeyJwt } from '@forcemint/core/oauth/client-authentication';
import { systemClock } from '@forcemint/node/clock';
import { nodeKeys } from '@forcemint/node/keys';
import { systemRandom } from '@forcemint/node/random';
import { Provider } from 'oidc-provider';
import { discover, visitOidcProvider } from './oidc-provider-client.ts';
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

/** Plays the person at the browser: the pages for login and consent, up to the redirect back. */
export async function visit(authorizeUrl: string): Promise<URL> {
  const back = await visitOidcProvider(authorizeUrl, { callback: CALLBACK });
  if (back === undefined) throw new Error(`an error page at ${authorizeUrl}`);
  return back;
}
