import fc from 'fast-check';
import { text } from './arbitraries.ts';
import { basicProof, type Draft, JWT_BEARER, TOKEN_PATH } from './token-draft.ts';
import { APP_NAMES, type AppName, CALLBACK, CODE_LIFETIME_MS, s256, USERS, VERIFIER, type World } from './world.ts';

/** What is done to a request that was good. What remains of it is for the model to judge, not for the change to know. */
export type Change = (world: World, draft: Draft, app: AppName) => void | Promise<void>;

const PLAIN_CHALLENGE = 'a-challenge-of-43-characters-that-is-a-verif';
const OTHER_VERIFIER = 'another-code-verifier.0123456789~abcdefghijklm';

/** Credentials that are real, and mostly not those of this request. */
const POOL = {
  ownClientId: (world, app) => world.app(app).clientId,
  otherClientId: (world, app) => world.app(app === 'web' ? 'other' : 'web').clientId,
  publicClientId: (world) => world.app('rotating').clientId,
  ownSecret: (world, app) => world.app(app).clientSecret ?? 'none',
  otherSecret: (world, app) => world.app(app === 'web' ? 'other' : 'web').clientSecret ?? 'none',
  password: () => USERS.admin.password,
  freshCode: (world, app) => world.newCode(codeApp(app), 'admin', s256(VERIFIER)),
  personsCode: (world, app) => world.newCode(codeApp(app), 'person', s256(VERIFIER)),
  otherAppsCode: (world, app) => world.newCode(app === 'web' ? 'other' : 'web', 'admin', s256(VERIFIER)),
  expiredCode: (world, app) => issuedAgo(world, codeApp(app), CODE_LIFETIME_MS + 1),
  lastMinuteCode: (world, app) => issuedAgo(world, codeApp(app), CODE_LIFETIME_MS),
  plainChallengeCode: (world, app) => world.newCode(codeApp(app), 'admin', PLAIN_CHALLENGE.slice(0, 43)),
  spentCode: (world) => [...world.codes].findLast(([, { isSpent }]) => isSpent)?.[0] ?? 'none',
  freshRefreshToken: (world, app) => world.newRefreshToken(codeApp(app), 'person'),
  otherAppsRefreshToken: (world, app) => world.newRefreshToken(app === 'web' ? 'other' : 'web', 'admin'),
  goneUsersRefreshToken: (world, app) => world.newRefreshToken(codeApp(app), 'gone'),
  rotatedRefreshToken: (world) => [...world.families].findLast(([token, { current }]) => token !== current)?.[0] ?? 'none',
  currentRefreshToken: (world) => [...world.families].findLast(([token, { current }]) => token === current)?.[0] ?? 'none',
  accessToken: (world) => world.newAccessToken(),
  assertion: (world) => [...world.assertions].at(-1)?.[0] ?? 'none',
  otherVerifier: () => OTHER_VERIFIER,
  plainVerifier: () => PLAIN_CHALLENGE.slice(0, 43),
  challengeAsVerifier: () => s256(VERIFIER),
  verifier: () => VERIFIER,
  callback: () => CALLBACK,
  otherCallback: () => 'http://localhost:23457/callback',
  evilCallback: () => 'https://evil.example/callback',
} as const satisfies Record<string, (world: World, app: AppName) => string | Promise<string>>;

function codeApp(app: AppName): AppName {
  return ['web', 'other', 'rotating', 'secretOptional'].includes(app) ? app : 'web';
}

function issuedAgo(world: World, app: AppName, agoMs: number): Promise<string> {
  return world.at(world.nowMs - agoMs, () => world.newCode(app, 'admin', s256(VERIFIER)));
}

const NAMES = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'assertion',
  'scope',
  'format',
  'state',
  'Client_Id',
  'CODE',
  'token',
] as const;

const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  JWT_BEARER,
  JWT_BEARER.toUpperCase(),
  `${JWT_BEARER} `,
  'password',
  'implicit',
  'hybrid_refresh',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  '',
] as const;

const pooled = fc.constantFrom(...(Object.keys(POOL) as (keyof typeof POOL)[]));
const position = fc.nat({ max: 1_000 });

/** Applies `edit` to the parameter at `index`, counted round. */
function onParameter(index: number, edit: (value: string) => string): Change {
  return (_world, { parameters }) => {
    const parameter = parameters[index % parameters.length];
    if (parameter !== undefined) parameter[1] = edit(parameter[1]);
  };
}

const onValues: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(position, position, fc.constantFrom('A', 'z', '0', '.', '_', '-', ' ', '\0', '\xe9', '=', '+', '%'))
    .map(([index, at, put]) =>
      onParameter(index, (value) => value.slice(0, at % (value.length + 1)) + put + value.slice((at % (value.length + 1)) + 1)),
    ),
  fc.tuple(position, position).map(([index, at]) => onParameter(index, (value) => value.slice(0, at % (value.length + 1)))),
  fc
    .tuple(position, fc.constantFrom(' ', '\0', '=', '==', '\n', '\r\n', '.', '/', '%00', '\ufeff'))
    .map(([index, suffix]) => onParameter(index, (value) => value + suffix)),
  fc
    .tuple(position, fc.constantFrom(' ', '\0', '\ufeff'))
    .map(([index, prefix]) => onParameter(index, (value) => prefix + value)),
  position.map((index) => onParameter(index, (value) => value.toUpperCase())),
  position.map((index) => onParameter(index, (value) => value.toLowerCase())),
  position.map((index) => onParameter(index, () => '')),
  position.map((index) => onParameter(index, encodeURIComponent)),
  position.map((index) => onParameter(index, (value) => value.replace('+', ' ').replace('.', '+'))),
  fc.tuple(position, text).map(([index, junk]) => onParameter(index, () => junk.toWellFormed())),
  fc.constantFrom(...GRANT_TYPES).map((grantType) => onNamed('grant_type', () => grantType)),
);

function onNamed(name: string, edit: (value: string) => string): Change {
  return (_world, { parameters }) => {
    for (const parameter of parameters) if (parameter[0] === name) parameter[1] = edit(parameter[1]);
  };
}

function add(name: string, value: string): Change {
  return (_world, { parameters }) => {
    parameters.push([name, value]);
  };
}

const onParameters: fc.Arbitrary<Change> = fc.oneof(
  position.map(
    (index): Change =>
      (_world, { parameters }) => {
        parameters.splice(index % parameters.length, 1);
      },
  ),
  fc.tuple(position, fc.boolean()).map(
    ([index, isFirst]): Change =>
      (_world, { parameters }) => {
        const [name, value] = parameters[index % parameters.length] ?? ['', ''];
        parameters.splice(isFirst ? 0 : parameters.length, 0, [name, value]);
      },
  ),
  fc.tuple(position, fc.boolean(), pooled).map(
    ([index, isFirst, name]): Change =>
      async (world, { parameters }, app) => {
        const [parameter] = parameters[index % parameters.length] ?? [''];
        parameters.splice(isFirst ? 0 : parameters.length, 0, [parameter, await POOL[name](world, app)]);
      },
  ),
  fc.tuple(position, position).map(
    ([one, two]): Change =>
      (_world, { parameters }) => {
        const [left, right] = [parameters[one % parameters.length], parameters[two % parameters.length]];
        if (left !== undefined && right !== undefined) [left[1], right[1]] = [right[1], left[1]];
      },
  ),
  fc.tuple(position, fc.constantFrom(...NAMES)).map(
    ([index, name]): Change =>
      (_world, { parameters }) => {
        const parameter = parameters[index % parameters.length];
        if (parameter !== undefined) parameter[0] = name;
      },
  ),
  fc.tuple(fc.constantFrom(...NAMES), text).map(([name, junk]) => add(name, junk.toWellFormed())),
  fc.tuple(fc.constantFrom(...NAMES), pooled).map(
    ([name, from]): Change =>
      async (world, { parameters }, app) => {
        parameters.push([name, await POOL[from](world, app)]);
      },
  ),
);

/** The kind of value that belongs there, of somebody else, used up, or too old. */
const LIKE: readonly (readonly [name: string, from: keyof typeof POOL])[] = [
  ['client_id', 'otherClientId'],
  ['client_id', 'publicClientId'],
  ['client_secret', 'otherSecret'],
  ['client_secret', 'password'],
  ['code', 'freshCode'],
  ['code', 'personsCode'],
  ['code', 'otherAppsCode'],
  ['code', 'expiredCode'],
  ['code', 'lastMinuteCode'],
  ['code', 'plainChallengeCode'],
  ['code', 'spentCode'],
  ['code', 'currentRefreshToken'],
  ['code_verifier', 'otherVerifier'],
  ['code_verifier', 'verifier'],
  ['code_verifier', 'plainVerifier'],
  ['code_verifier', 'challengeAsVerifier'],
  ['redirect_uri', 'otherCallback'],
  ['redirect_uri', 'evilCallback'],
  ['refresh_token', 'freshRefreshToken'],
  ['refresh_token', 'otherAppsRefreshToken'],
  ['refresh_token', 'goneUsersRefreshToken'],
  ['refresh_token', 'rotatedRefreshToken'],
  ['refresh_token', 'accessToken'],
  ['refresh_token', 'freshCode'],
  ['assertion', 'assertion'],
];

const onCredentials: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...LIKE).map(
    ([name, from]): Change =>
      async (world, draft, app) => {
        const value = await POOL[from](world, app);
        await onNamed(name, () => value)(world, draft, app);
      },
  ),
  fc.constant<Change>(async (world, draft, app) => {
    const code = await POOL.plainChallengeCode(world, app);
    await onNamed('code', () => code)(world, draft, app);
    await onNamed('code_verifier', POOL.plainVerifier)(world, draft, app);
  }),
  fc.constantFrom(...APP_NAMES).map(
    (name): Change =>
      (world, draft) => {
        const { clientId, clientSecret = 'none' } = world.app(name);
        draft.basic = basicProof(clientId, clientSecret);
      },
  ),
);

const BROKEN_BASICS = [
  'Basic',
  'Basic ',
  'Basic =',
  'Basic %%%',
  'Basic YQ==',
  'Basic Og==',
  'basic YTo6',
  'Basic  ',
  'BASIC {}',
];

function set(parts: Partial<Draft>): Change {
  return (_world, draft) => {
    Object.assign(draft, parts);
  };
}

/** What is put in at a place of the encoded parameters, or where they end. */
function garbled(at: number, junk: string, isCut: boolean): Change {
  const garble = (encoded: string): string => {
    const place = at % (encoded.length + 1);
    return encoded.slice(0, place) + junk + (isCut ? '' : encoded.slice(place));
  };
  return set({ garble });
}

const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];
const PATHS = [
  `/${TOKEN_PATH}`,
  TOKEN_PATH.replaceAll('/', '///'),
  `${TOKEN_PATH}/`,
  TOKEN_PATH.replace('token', 'Token'),
  `${TOKEN_PATH};x`,
];
const TYPES = [
  undefined,
  'application/json',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/x-www-form-urlencoded;charset=UTF-8',
  'APPLICATION/X-WWW-FORM-URLENCODED',
  'application/x-www-form-urlencoded2',
];

const onTransport: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom('login', 'mydomain').map((host) => set({ host })),
  fc.constantFrom(...METHODS).map((method) => set({ method })),
  fc.constantFrom(set({ method: 'GET', place: 'query' }), set({ place: 'query' })),
  fc.constantFrom(...PATHS).map((path) => set({ path })),
  fc.constantFrom(...TYPES).map((contentType) => set({ contentType })),
  fc.constantFrom(...BROKEN_BASICS).map((header) => set({ basic: { header, credentials: undefined } })),
  fc.constantFrom('json', 'xml', 'urlencoded', 'yaml', '').map((format) => add('format', format)),
  fc
    .tuple(position, fc.constantFrom('%', '%z', '&', '=', '&&', '\0', '%00', '+', ';', '#', ''), fc.boolean())
    .map(([at, junk, isCut]) => garbled(at, junk, isCut)),
  fc.constant<Change>((world, draft, app) =>
    set({ garble: () => JSON.stringify(Object.fromEntries(draft.parameters)), contentType: 'application/json' })(
      world,
      draft,
      app,
    ),
  ),
);

export const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: onValues },
    { weight: 3, arbitrary: onParameters },
    { weight: 4, arbitrary: onCredentials },
    { weight: 2, arbitrary: onTransport },
  ),
  { maxLength: 3 },
);
