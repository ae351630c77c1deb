import fc from 'fast-check';
import { wirePath } from './arbitraries.ts';
import { type AssertionPlan, assertionPlan, clientAssertionPlan, makeAssertion } from './assertions.ts';
import type { Host, WireRequest } from './wire.ts';
import { type AppName, CALLBACK, s256, VERIFIER, type World } from './world.ts';

export const TOKEN_PATH = '/services/oauth2/token';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Where the `Authorization` header of a request comes from, and whether what it says can be read. */
export interface BasicProof {
  readonly header: string;
  /** undefined when the header is broken. */
  readonly credentials: { readonly clientId: string; readonly secret: string } | undefined;
}

/** A token request in the making. */
export interface Draft {
  host: Host;
  method: string;
  path: string;
  contentType: string | undefined;
  /** Where the parameters go. */
  place: 'body' | 'query';
  parameters: [name: string, value: string][];
  basic: BasicProof | undefined;
  /** What is done to the encoded parameters; undefined leaves them. */
  garble: ((text: string) => string) | undefined;
}

const CODE_APPS = ['web', 'other', 'rotating', 'secretOptional'] as const;

/** A good request of each grant, before anything is changed. */
export type Plan =
  | {
      readonly grant: 'code';
      readonly app: (typeof CODE_APPS)[number];
      readonly proof: Proof;
      readonly verifier: string | undefined;
    }
  | { readonly grant: 'refresh'; readonly app: (typeof CODE_APPS)[number]; readonly proof: Proof }
  | { readonly grant: 'jwt'; readonly assertion: AssertionPlan }
  | { readonly grant: 'machine'; readonly app: 'machine' | 'machineOff'; readonly proof: 'post' | 'basic' };
type Proof = 'none' | 'post' | 'basic' | 'basic, form-encoded' | AssertionPlan;

const proof: fc.Arbitrary<Proof> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('post', 'basic', 'basic, form-encoded', 'none') },
  { weight: 2, arbitrary: clientAssertionPlan },
);

/** The shortest and the longest that RFC 7636 allows, jsforce's, one in which every character occurs, and none. */
const verifier = fc.constantFrom('s'.repeat(43), 'l'.repeat(128), 'j'.repeat(171), VERIFIER, undefined);

export const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({ grant: fc.constant('code'), app: fc.constantFrom(...CODE_APPS), proof, verifier }),
  fc.record({ grant: fc.constant('refresh'), app: fc.constantFrom(...CODE_APPS), proof }),
  fc.record({ grant: fc.constant('jwt'), assertion: assertionPlan }),
  fc.record({
    grant: fc.constant('machine'),
    app: fc.constantFrom('machine', 'machineOff'),
    proof: fc.constantFrom('post', 'basic'),
  }),
);

/** Makes the request of a plan, with credentials that are new. */
export async function makeDraft(world: World, chosen: Plan, serial: number): Promise<Draft> {
  const draft: Draft = {
    host: 'mydomain',
    method: 'POST',
    path: TOKEN_PATH,
    contentType: 'application/x-www-form-urlencoded',
    place: 'body',
    parameters: [],
    basic: undefined,
    garble: undefined,
  };
  switch (chosen.grant) {
    case 'code': {
      const codeVerifier = chosen.verifier ?? (chosen.app === 'rotating' ? VERIFIER : undefined);
      const code = await world.newCode(chosen.app, 'admin', codeVerifier === undefined ? undefined : s256(codeVerifier));
      draft.parameters.push(['grant_type', 'authorization_code'], ['code', code], ['redirect_uri', CALLBACK]);
      if (codeVerifier !== undefined) draft.parameters.push(['code_verifier', codeVerifier]);
      addProof(world, draft, chosen.app, chosen.proof, serial);
      break;
    }
    case 'refresh': {
      const token = world.newRefreshToken(chosen.app, 'admin');
      draft.parameters.push(['grant_type', 'refresh_token'], ['refresh_token', token]);
      addProof(world, draft, chosen.app, chosen.proof, serial);
      break;
    }
    case 'jwt':
      draft.parameters.push(['grant_type', JWT_BEARER], ['assertion', makeAssertion(world, chosen.assertion, serial)]);
      break;
    case 'machine':
      draft.parameters.push(['grant_type', 'client_credentials']);
      addProof(world, draft, chosen.app, chosen.proof, serial);
  }
  return draft;
}

function addProof(world: World, draft: Draft, app: AppName, how: Proof, serial: number): void {
  const { clientId, clientSecret } = world.app(app);
  if (clientSecret === undefined || how === 'none') draft.parameters.push(['client_id', clientId]);
  else if (how === 'post') draft.parameters.push(['client_id', clientId], ['client_secret', clientSecret]);
  else if (how === 'basic') draft.basic = basicProof(clientId, clientSecret);
  else if (how === 'basic, form-encoded') draft.basic = basicProof(clientId, clientSecret, percentEncodeAll);
  else {
    const assertion = makeAssertion(world, how, serial);
    draft.parameters.push(['client_assertion_type', ASSERTION_TYPE], ['client_assertion', assertion]);
    if (how.extra['iat'] === undefined) draft.parameters.push(['client_id', clientId]);
  }
}

export function basicProof(clientId: string, secret: string, encode = (text: string): string => text): BasicProof {
  const pair = Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64');
  return { header: `Basic ${pair}`, credentials: { clientId, secret } };
}

function percentEncodeAll(text: string): string {
  return text.replaceAll(/./gs, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The draft as it goes over the wire. */
export function toWire(draft: Draft): WireRequest {
  const encoded = new URLSearchParams(draft.parameters).toString();
  const text = draft.garble === undefined ? encoded : draft.garble(encoded);
  return {
    host: draft.host,
    method: draft.method,
    target: wirePath(draft.place === 'query' ? `${draft.path}?${text}` : draft.path),
    headers: [
      ...(draft.contentType === undefined ? [] : [['content-type', draft.contentType] as const]),
      ...(draft.basic === undefined ? [] : [['authorization', draft.basic.header] as const]),
    ],
    body: draft.place === 'body' ? text : '',
  };
}
