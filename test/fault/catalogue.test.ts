import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, type Circumstances, type Endpoint, explain, type GrantName } from '@forcemint/diagnose';
import { createEmulator, type Emulator } from '@forcemint/emulator';

/** The grant that the rows of a family are about; the others are asked with a JWT. */
const GRANTS: Readonly<Record<string, GrantName>> = {
  J: 'jwt-bearer',
  A: 'authorization-code',
  R: 'refresh-token',
  K: 'client-credentials',
  X: 'token-exchange',
  P: 'password',
  D: 'device',
  S: 'saml2-bearer',
};

const GRANT_TYPES: Readonly<Record<GrantName, string>> = {
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'authorization-code': 'authorization_code',
  'refresh-token': 'refresh_token',
  'client-credentials': 'client_credentials',
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
  password: 'password',
  device: 'device',
  'saml2-bearer': 'urn:ietf:params:oauth:grant-type:saml2-bearer',
};

type Row = ReturnType<Emulator['rows']>[number];

/** What a client sees of a refusal, as text: the body, the address of a redirect, or the error of the connection. */
async function refusal(emulator: Emulator, endpoint: string, grant: GrantName): Promise<string> {
  const { loginUrl } = emulator;
  const form = (path: string, body: Record<string, string>) =>
    fetch(`${loginUrl}${path}`, { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' });
  const bearer = { headers: { authorization: 'Bearer synthetic' }, redirect: 'manual' } as const;
  const web = emulator.ready.apps['web'];
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: web?.clientId ?? '',
    redirect_uri: web?.redirectUris?.[0] ?? '',
    state: 's',
  });
  const requests: Readonly<Record<string, () => Promise<Response>>> = {
    token: () => form('/services/oauth2/token', { grant_type: GRANT_TYPES[grant], client_id: 'synthetic' }),
    revoke: () => form('/services/oauth2/revoke', { token: 'synthetic' }),
    introspect: () => form('/services/oauth2/introspect', { token: 'synthetic' }),
    userinfo: () => fetch(`${loginUrl}/services/oauth2/userinfo`, bearer),
    singleaccess: () => fetch(`${loginUrl}/services/oauth2/singleaccess`, bearer),
    rest: () => fetch(`${emulator.myDomainUrl}/services/data/v66.0/limits`, bearer),
    soap: () =>
      fetch(`${loginUrl}/services/Soap/u/60.0`, { method: 'POST', body: '<x/>', headers: { 'content-type': 'text/xml' } }),
    authorize: () => fetch(`${loginUrl}/services/oauth2/authorize?${query}`, { redirect: 'manual' }),
    login: () => form('/login', { username: 'synthetic', password: 'synthetic' }),
  };
  try {
    const response = (await requests[endpoint]?.()) ?? assert.fail(endpoint);
    const location = response.headers.get('location') ?? '';
    return location.includes('error=') ? location : await response.text();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { cause } = error;
    return `${error.message}: ${cause instanceof Error && 'code' in cause ? `${cause.code} ${cause.message}` : String(cause)}`;
  }
}

/** Where a client knows that it was, and the name that the emulator has for it. */
function asked({ id, endpoints }: Row): { readonly endpoint: string; readonly known: Circumstances } {
  const [first = 'token'] = endpoints;
  const grant = GRANTS[id.charAt(0)] ?? 'jwt-bearer';
  const endpoint = first === 'login' ? 'authorize' : first;
  const known: Circumstances = {
    endpoint: endpoint as Endpoint,
    ...(endpoint === 'token' && { grant }),
    ...(id === 'V4' && { tokenWorks: true }),
  };
  return { endpoint: first, known };
}

test('whatever the emulator refuses, the catalogue explains with that row first', async (t) => {
  await using emulator = await createEmulator();
  const rows = emulator.rows();
  assert.deepEqual(
    CATALOGUE.map(({ id }) => id),
    rows.map(({ id }) => id),
    'both have the same rows, in the same order',
  );
  for (const row of rows) {
    const { endpoint, known } = asked(row);
    for (const variant of [undefined, ...row.variants.map(({ variant: name }) => name)]) {
      await t.test([row.id, variant].filter(Boolean).join(' '), async () => {
        // The page of an authorization error is a row of its own only where it has a code that no other row has.
        const own = row.id === 'Z18' ? { error: 'OAUTH_SYNTHETIC', description: 'no row has these words' } : {};
        emulator.fault({ action: { row: row.id, ...(variant !== undefined && { variant }), ...own } });
        const text = await refusal(emulator, endpoint, known.grant ?? 'jwt-bearer');
        const { certainty, row: found, others } = explain(text, known);
        assert.deepEqual([found?.id, certainty], [row.id, 'known'], `${text}\nothers: ${others.map(({ id }) => id)}`);
      });
    }
  }
  emulator.fault({ action: { row: 'Z18' } });
  assert.equal(explain(await refusal(emulator, 'authorize', 'jwt-bearer'), { endpoint: 'authorize' }).row?.id, 'Z4');
});
