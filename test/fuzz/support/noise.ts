import fc from 'fast-check';
import { bytes, headerValue, METHODS, text, wirePath } from './arbitraries.ts';
import type { HeaderList, WireRequest } from './wire.ts';
import { CALLBACK, USERS, type World } from './world.ts';

const DATA = '/services/data/v66.0';

/** `{org}`, `{user}`, `{account}` stand for ids that there are. */
const PATHS: readonly string[] = [
  '/services/oauth2/token',
  '/services/oauth2/authorize',
  '/services/oauth2/introspect',
  '/services/oauth2/revoke',
  '/services/oauth2/userinfo',
  '/services/oauth2/singleaccess',
  '/services/oauth2/register',
  '/secur/frontdoor.jsp',
  '/login',
  '/setup/secur/RemoteAccessAuthorizationPage.apexp',
  '/.well-known/openid-configuration',
  '/id/keys',
  '/id/{org}/{user}',
  '/services/data',
  DATA,
  `${DATA}/query`,
  `${DATA}/query/{account}-2000`,
  `${DATA}/queryAll`,
  `${DATA}/tooling/query`,
  `${DATA}/limits`,
  `${DATA}/sobjects`,
  `${DATA}/sobjects/Account`,
  `${DATA}/sobjects/Account/describe`,
  `${DATA}/sobjects/Account/{account}`,
  `${DATA}/sobjects/User/{user}`,
  `${DATA}/sobjects/Organization/{org}`,
  `${DATA}/composite`,
  '/',
  '*',
];

const NAMES: readonly string[] = [
  'grant_type',
  'client_id',
  'client_secret',
  'code',
  'redirect_uri',
  'code_verifier',
  'refresh_token',
  'assertion',
  'client_assertion',
  'client_assertion_type',
  'token',
  'token_type_hint',
  'access_token',
  'oauth_token',
  'format',
  'callback',
  'response_type',
  'scope',
  'state',
  'nonce',
  'prompt',
  'display',
  'login_hint',
  'immediate',
  'code_challenge',
  'code_challenge_method',
  'transaction',
  'username',
  'password',
  'decision',
  'version',
  'otp',
  'sid',
  'retURL',
  'startURL',
  'q',
  'columns',
  'fields',
];

/** `{web}` and `{rotating}` stand for consumer keys: public knowledge, with which alone nobody gets a token. */
const VALUES: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'password',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  '{web}',
  '{rotating}',
  CALLBACK,
  'https://evil.example/',
  'code',
  'token',
  'hybrid_token',
  'openid api',
  'json',
  'xml',
  'urlencoded',
  'login consent',
  'true',
  'S256',
  'plain',
  'allow',
  'deny',
  USERS.admin.username,
  'SELECT Id, Name FROM Account WHERE Name != null ORDER BY Name DESC LIMIT 2',
  'SELECT COUNT() FROM User',
  "SELECT Id FROM Contact WHERE Id = '003000000EMU001'",
  'latest',
  '58.0',
  'eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.AA',
  'e30.e30.e30',
  '{}',
  '[]',
];

const value = fc.oneof(fc.constantFrom(...VALUES), text);
const pair = fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: text }), value);
const pairs = fc.array(pair, { maxLength: 7 });

function encodePair([name, content]: readonly [string, string]): string {
  return `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(content.toWellFormed())}`;
}

/** Well encoded, or with something put into it or cut off it that nobody encodes. */
const urlencoded = fc.oneof(
  { weight: 4, arbitrary: pairs.map((list) => list.map(encodePair).join('&')) },
  { weight: 1, arbitrary: fc.tuple(pairs, text).map(([list, junk]) => `${list.map(encodePair).join('&')}&${junk}`) },
  { weight: 1, arbitrary: pairs.map((list) => list.map(([name, content]) => `${name}=${content}`).join(';&')) },
  { weight: 1, arbitrary: text },
);

const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...PATHS) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...PATHS), text, fc.nat()).map(([known, junk, at]) => {
      const cut = at % (known.length + 1);
      return known.slice(0, cut) + junk + known.slice(cut);
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(...PATHS).map((known) => known.replaceAll('/', '//')) },
  { weight: 2, arbitrary: fc.constantFrom(...PATHS).map((known) => known.replaceAll('o', '%6f')) },
  { weight: 1, arbitrary: fc.constantFrom(...PATHS).map((known) => `${known}/./../${known.split('/').at(-1)}`) },
  { weight: 1, arbitrary: fc.constantFrom(...PATHS).map((known) => `${known}${'/a'.repeat(1_500)}`) },
  { weight: 1, arbitrary: text.map((junk) => `/${junk}`) },
);

const TYPES: readonly string[] = [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-16',
  'Application/X-WWW-Form-Urlencoded',
  'application/json',
  'application/xml',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  '',
];

const json = fc.oneof(
  fc.jsonValue().map((content) => JSON.stringify(content)),
  fc
    .dictionary(fc.constantFrom(...NAMES, 'Name', 'Id', 'attributes', '__proto__'), fc.jsonValue())
    .map((one) => JSON.stringify(one)),
  fc.constantFrom(
    '{',
    '{"a":',
    '"\\ud800"',
    '{"Name":"\\ud800"}',
    `${'['.repeat(20_000)}`,
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  ),
);

const body = fc.oneof(
  { weight: 6, arbitrary: urlencoded },
  { weight: 3, arbitrary: json },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: pairs.map((list) => `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "x">]><x>${list.join('&e;')}</x>`) },
  {
    weight: 1,
    arbitrary: pairs.map((list) =>
      list.map(([name, content]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`).join(''),
    ),
  },
);

/** `{token}` stands for a good access token. */
const AUTHORIZATIONS: readonly string[] = [
  'Bearer {token}',
  'bearer {token}',
  'OAuth {token}',
  'Bearer  {token}',
  'Bearer {token} x',
  'Bearer',
  'Bearer ',
  '{token}',
  'Basic',
  'Basic ====',
  'Basic !!!!',
  `Basic ${Buffer.from(':').toString('base64')}`,
  `Basic ${Buffer.from('user:pass:word').toString('base64')}`,
  `Basic ${Buffer.from('\0\xff:%zz').toString('base64')}`,
  `Basic ${'A'.repeat(8_000)}`,
  'Digest username="x", nonce="',
  'Negotiate YII=',
  `Bearer ${'x'.repeat(8_000)}`,
];

const headers: fc.Arbitrary<HeaderList> = fc
  .record(
    {
      authorization: fc.oneof(fc.constantFrom(...AUTHORIZATIONS), text),
      accept: fc.oneof(
        fc.constantFrom('application/json', 'application/xml', 'text/html', 'application/x-www-form-urlencoded'),
        text,
      ),
      cookie: fc.oneof(fc.constantFrom('emulator_sid=', 'emulator_sid=x; emulator_sid=y', ';;;=;'), text),
      origin: fc.constantFrom('null', 'https://evil.example'),
      host: fc.oneof(fc.constantFrom('evil.example', '127.0.0.1', '[::1]:1'), text),
      'content-type': fc.oneof(fc.constantFrom(...TYPES), text),
      'x-http-method-override': fc.constantFrom('DELETE', 'GET'),
      'x-forwarded-host': fc.constant('evil.example'),
      'sforce-query-options': fc.oneof(fc.constantFrom('batchSize=200', 'batchSize=-1', 'batchSize=1e9'), text),
      'accept-encoding': fc.constantFrom('gzip', 'identity;q=0'),
      range: fc.constantFrom('bytes=0-0', 'bytes=-1'),
      'if-none-match': fc.constantFrom('*', '"x"'),
    },
    { requiredKeys: [] },
  )
  .map((named) => Object.entries(named).map(([name, content]) => [name, headerValue(content ?? '')] as const));

/** A request made of anything at all; nothing in it is a secret but for the token in `Authorization`. */
export const noise: fc.Arbitrary<WireRequest> = fc
  .record({
    host: fc.constantFrom('login', 'mydomain'),
    method: fc.oneof(fc.constantFrom('GET', 'POST'), fc.constantFrom(...METHODS)),
    path,
    query: fc.option(urlencoded),
    headers,
    body: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 3, arbitrary: body }),
  })
  .map(({ path: chosen, query, ...rest }) => ({ ...rest, target: chosen + (query === null ? '' : `?${query}`) }));

/** Puts what there is in this world where the placeholders are. */
export function settle(world: World, token: string, request: WireRequest): WireRequest {
  const { org, users } = world.emulator.ready;
  const values: Readonly<Record<string, string>> = {
    org: org.id,
    user: users[0]?.id ?? '',
    account: '001000000EMU001',
    web: world.app('web').clientId,
    rotating: world.app('rotating').clientId,
    token,
  };
  const fill = (content: string): string => content.replaceAll(/(?:\{|%7B)(\w+)(?:\}|%7D)/g, (all, name) => values[name] ?? all);
  return {
    ...request,
    target: wirePath(fill(request.target)),
    headers: request.headers.map(([name, content]) => [name, fill(content)] as const),
    body: typeof request.body === 'string' ? fill(request.body) : request.body,
  };
}
