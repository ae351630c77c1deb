import { isRegisteredCallback } from './callbacks.ts';
import { ASSERTION_TYPE, type Draft, JWT_BEARER, toWire } from './token-draft.ts';
import { type AppName, type AssertionFacts, CALLBACK, CODE_LIFETIME_MS, s256, type UserName, type World } from './world.ts';
/**
 * What a token request deserves: the user whom its token is for, or nothing. `isCertain` is false where neither Salesforce
 * nor a standard says whether such a request is answered; a token is for that user then, or there is none.
 */
export interface Deserved {
  readonly user: UserName | undefined;
  readonly isCertain: boolean;
  /** What the answer changes, given its fields. */
  readonly onIssued: (answer: Readonly<Record<string, unknown>>) => void;
  /** What the request changes although it is refused. */
  readonly onRefused: () => void;
}

const nothing = (): void => undefined;
const BAD: Deserved = { user: undefined, isCertain: true, onIssued: nothing, onRefused: nothing };

export function judgeDraft(world: World, draft: Draft): Deserved {
  const { method, body, target } = toWire(draft);
  if (draft.path.replaceAll(/\/+/g, '/') !== '/services/oauth2/token') return BAD;
  if (method !== 'POST' && method !== 'GET') return BAD;
  const mediaType = draft.contentType?.split(';')[0]?.trim().toLowerCase();
  const isForm = mediaType === undefined || mediaType === 'application/x-www-form-urlencoded';
  if (method === 'POST' && !isForm) return BAD;
  const text = method === 'POST' ? String(body) : target.slice(target.indexOf('?') + 1);
  const sent = new URLSearchParams(method === 'GET' && draft.place === 'body' ? '' : text);
  // What has no value counts as omitted: RFC 6749 section 3.2.
  const form = new URLSearchParams([...sent].filter(([, value]) => value !== ''));
  const deserved = judgeForm(world, draft, form);
  const isRepeated = [...form.keys()].some((name) => form.getAll(name).length > 1);
  const isCertain = deserved.isCertain && !isRepeated && !(method === 'POST' && mediaType === undefined);
  return deserved.user === undefined ? deserved : { ...deserved, isCertain };
}

function judgeForm(world: World, draft: Draft, form: URLSearchParams): Deserved {
  if (form.has('scope')) return BAD;
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return judgeCode(world, draft, form);
    case 'refresh_token':
      return judgeRefreshToken(world, draft, form);
    case 'client_credentials':
      return judgeClientCredentials(world, draft, form);
    case JWT_BEARER:
      return judgeAssertion(world, form);
    default:
      return BAD;
  }
}

function judgeCode(world: World, draft: Draft, form: URLSearchParams): Deserved {
  const app = provenApp(world, draft, form, ['rotating', 'secretOptional']);
  const code = world.codes.get(form.get('code') ?? '');
  if (app === undefined || code?.app !== app || code.isSpent) return BAD;
  if (world.nowMs - code.issuedAtMs > CODE_LIFETIME_MS) return BAD;
  if (form.get('redirect_uri') !== code.redirectUri) return BAD;
  const verifier = form.get('code_verifier');
  if (code.challenge !== undefined) {
    if (verifier === null || !/^[\w.~-]{43,}$/.test(verifier) || s256(verifier) !== code.challenge) return BAD;
  }
  const onIssued = (): void => {
    code.isSpent = true;
  };
  // Nothing says what becomes of a verifier for which there was no challenge, or of one that is longer than jsforce's.
  const isCertain = verifier === null || (code.challenge !== undefined && verifier.length <= 171);
  return { user: code.user, isCertain, onIssued, onRefused: nothing };
}

function judgeRefreshToken(world: World, draft: Draft, form: URLSearchParams): Deserved {
  const app = provenApp(world, draft, form, ['rotating', 'secretOptional']);
  const token = form.get('refresh_token') ?? '';
  const family = world.families.get(token);
  if (app === undefined || family?.app !== app) return BAD;
  const kill = (): void => {
    family.isAlive = false;
  };
  if (!family.isAlive || family.user === 'gone') return BAD;
  if (family.current !== token) return { ...BAD, onRefused: kill };
  const onIssued: Deserved['onIssued'] = ({ refresh_token: next }) => {
    if (typeof next === 'string') world.addToFamily(family, next);
  };
  return { user: family.user, isCertain: true, onIssued, onRefused: nothing };
}

function judgeClientCredentials(world: World, draft: Draft, form: URLSearchParams): Deserved {
  const app = provenApp(world, draft, form, []);
  const redirectUri = form.get('redirect_uri');
  if (app !== 'machine' || draft.host === 'login') return BAD;
  if (redirectUri !== null && redirectUri !== CALLBACK) return BAD;
  return { user: 'person', isCertain: true, onIssued: nothing, onRefused: nothing };
}

function judgeAssertion(world: World, form: URLSearchParams): Deserved {
  const facts = factsOf(world, form.get('assertion'));
  const redirectUri = form.get('redirect_uri');
  if (facts?.bearer === undefined) return BAD;
  const { jwtId, isPreauthorized } = facts;
  // The preauthorized app has no callback at all.
  if (redirectUri !== null && (isPreauthorized || !isRegisteredCallback(redirectUri))) return BAD;
  if (jwtId !== undefined && world.seenJwtIds.has(jwtId)) return BAD;
  const onIssued = (): void => {
    if (jwtId !== undefined) world.seenJwtIds.add(jwtId);
  };
  return { user: facts.bearer, isCertain: isPreauthorized, onIssued, onRefused: nothing };
}

/** An assertion that was tampered with is as good as before only where its signature still reads as the same bytes. */
function factsOf(world: World, assertion: string | null): AssertionFacts | undefined {
  if (assertion === null) return undefined;
  const known = world.assertions.get(assertion);
  if (known !== undefined) return known;
  const parts = assertion.split('.');
  const signature = parts[2] ?? '';
  if (parts.length !== 3 || !/^[\w-]+$/.test(signature)) return undefined;
  const signed = `${parts[0]}.${parts[1]}.`;
  for (const [original, facts] of world.assertions) {
    if (!original.startsWith(signed)) continue;
    const bytes = Buffer.from(original.slice(signed.length), 'base64url');
    if (bytes.equals(Buffer.from(signature, 'base64url'))) return facts;
  }
  return undefined;
}

/** The app that the request proves to come from; those named need no proof, but one that is given must be right. */
function provenApp(world: World, draft: Draft, form: URLSearchParams, public_: readonly AppName[]): AppName | undefined {
  const { basic } = draft;
  if (basic !== undefined && basic.credentials === undefined) return undefined;
  const assertion = form.get('client_assertion');
  const secret = form.get('client_secret');
  const proven = assertion === null ? undefined : factsOf(world, assertion)?.client;
  const named = form.get('client_id') ?? basic?.credentials?.clientId;
  const app = named === undefined ? proven : world.appOf(named);
  if (app === undefined) return undefined;
  const right = world.app(app).clientSecret;
  if (basic?.credentials !== undefined) {
    const { clientId, secret: shown } = basic.credentials;
    if (clientId !== world.app(app).clientId || (shown !== '' && shown !== right)) return undefined;
  }
  if (secret !== null && secret !== right) return undefined;
  if (assertion !== null && (proven !== app || form.get('client_assertion_type') !== ASSERTION_TYPE)) return undefined;
  const isProven = (basic?.credentials?.secret ?? '') !== '' || secret !== null || assertion !== null;
  return isProven || public_.includes(app) ? app : undefined;
}
