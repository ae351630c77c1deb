/** What a client of oidc-provider needs in every test: where its endpoints are, and a person who logs in and decides. */

export type DiscoveredEndpoint = 'issuer' | 'authorization' | 'token' | 'revocation' | 'introspection' | 'userinfo' | 'jwks';

/** Endpoints by OpenID Connect discovery; what isn't there is an empty text. */
export async function discover(issuer: string): Promise<Readonly<Record<DiscoveredEndpoint, string>>> {
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

/** Which way back to wait for, and what the person decides; default `allow`. */
export interface Visit {
  /** What the URL of the client begins with. */
  readonly callback: string;
  readonly decision?: 'allow' | 'deny';
}

/**
 * Plays the person at the pages for login and consent; "deny" is the way back that the consent page offers. Returns where the
 * browser is sent to, or undefined when an error page ends it.
 */
export async function visitOidcProvider(authorizeUrl: string, { callback, decision = 'allow' }: Visit): Promise<URL | undefined> {
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
    if (location?.startsWith(callback)) return new URL(location);
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
