import { authorize, clientCredentials, exchange, introspect, refresh, revoke, token, userinfo } from './action-words.ts';
import type { Action, Holdings } from './differential-actions.ts';
import { CLIENTS } from './differential-server.ts';

/**
 * Where Salesforce, and with it the emulator, differs from a server that keeps to the standards.
 *
 * Facts and their marks are those of the notes on Salesforce's OAuth that the emulator is built after: D documented,
 * C read in a real client's source, V seen on the wire of a real client, R reported by several, I inferred: a choice of
 * the emulator's, until somebody sees the real answer.
 */
export interface KnownDifference {
  readonly what: string;
  readonly fact: string;
  readonly mark: string;
  /** Ends with the action at which the two differ. */
  readonly script: readonly Action[];
  readonly emulator: string;
  readonly foreign: string;
  /** When an action that isn't in the script may differ in the same way; `held` is from before the action. */
  readonly explains?: (action: Action, held: Holdings) => boolean;
  /** Actions after which the two servers hold different things although they said the same. */
  readonly parts?: (action: Action, held: Holdings) => boolean;
}

const WITH_SECRET = { client_id: CLIENTS.machine.id, client_secret: CLIENTS.machine.secret };
const MACHINE = { grant_type: 'client_credentials', ...WITH_SECRET };
const isRequestForTokens = ({ do: name }: Action): boolean => ['exchange', 'refresh', 'clientCredentials'].includes(name);

/** Everything about who the client is. */
const CLIENT_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: 'a wrong secret is 400, not 401',
    fact: 'C.0: 400 for practically everything, invalid_client included; U.3',
    mark: 'D/R',
    script: [authorize(), exchange({ proof: 'wrong' })],
    emulator: '400 invalid_client',
    foreign: '401 invalid_client',
    explains: (action) => isRequestForTokens(action) || action.do === 'introspect',
  },
  {
    what: 'an unknown client is invalid_client_id',
    fact: 'C.1 J9, C.2 A6, C.4 K6',
    mark: 'D/R',
    script: [clientCredentials({ client: 'nobody' })],
    emulator: '400 invalid_client_id',
    foreign: '401 invalid_client',
    explains: (action) => isRequestForTokens(action) || action.do === 'introspect',
  },
  {
    what: 'no client at all is invalid_client_id',
    fact: 'C.10 LOGIN_OAUTH_NO_CONSUMER, which belongs to J9',
    mark: 'D/I',
    script: [token({ grant_type: 'client_credentials' })],
    emulator: '400 invalid_client_id',
    foreign: '400 invalid_request',
  },
  {
    what: 'Basic and a secret in the body together are taken when both are right',
    fact: 'B.2 names the methods and forbids no two of them',
    mark: 'I',
    script: [authorize(), exchange({ proof: 'both' })],
    emulator: 'issued',
    foreign: '400 invalid_request',
    explains: (action) => isRequestForTokens(action) && 'proof' in action && action.proof === 'both',
  },
  {
    what: "another app's refresh token is a wrong client",
    fact: "C.3 R5: refresh sent with another app's id",
    mark: 'R',
    script: [authorize(), exchange(), refresh({ client: 'other' })],
    emulator: '400 invalid_client_id',
    foreign: '400 invalid_grant',
    explains: (action) => action.do === 'refresh',
  },
];

/** Authorization requests and codes. */
const CODE_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: 'a challenge without a method is S256',
    fact: 'B.3: jsforce and the CLI never send code_challenge_method',
    mark: 'C/V',
    script: [authorize({ challenge: 'no method' })],
    emulator: 'code',
    foreign: 'redirect invalid_request',
    explains: (action) => action.do === 'authorize' && action.challenge === 'no method',
  },
  {
    what: 'a verifier may have 171 characters',
    fact: "B.3: jsforce's has",
    mark: 'C/V',
    script: [authorize({ verifier: 'of 171' }), exchange()],
    emulator: 'issued',
    foreign: '400 invalid_request',
    explains: (action, held) => action.do === 'exchange' && held.codes[action.code]?.verifier === 'of 171',
  },
  {
    what: 'a verifier that does not fit is invalid_request',
    fact: 'C.2 A9',
    mark: 'D',
    script: [authorize(), exchange({ verifier: 'wrong' })],
    emulator: '400 invalid_request',
    foreign: '400 invalid_grant',
    explains: (action) => action.do === 'exchange' && action.verifier === 'wrong',
  },
  {
    what: 'a verifier for which there was no challenge is passed over',
    fact: 'B.3 says nothing of it',
    mark: 'I',
    script: [authorize({ challenge: 'none' }), exchange()],
    emulator: 'issued',
    foreign: '400 invalid_grant',
    explains: (action, held) => action.do === 'exchange' && held.codes[action.code]?.hasChallenge === false,
  },
  {
    what: 'another redirect URI is redirect_uri_mismatch',
    fact: 'C.2 A3',
    mark: 'D/R',
    script: [authorize(), exchange({ redirectUri: 'other' })],
    emulator: '400 redirect_uri_mismatch',
    foreign: '400 invalid_grant',
    explains: (action) => action.do === 'exchange' && action.redirectUri === 'other',
  },
  {
    what: 'no redirect URI is redirect_uri_missing',
    fact: 'C.2 A4',
    mark: 'D',
    script: [authorize(), exchange({ redirectUri: 'missing' })],
    emulator: '400 redirect_uri_missing',
    foreign: '400 invalid_request',
    explains: (action) => action.do === 'exchange' && action.redirectUri === 'missing',
  },
  {
    what: 'a code presented again is refused, and the tokens of the first exchange live on',
    fact: 'C.2 A1: late or second use is refused; nothing is said of what was issued (RFC 6749 section 4.1.2: SHOULD revoke)',
    mark: 'I',
    script: [authorize(), exchange(), exchange(), userinfo()],
    emulator: 'claims',
    foreign: '401 invalid_token',
    parts: (action, held) => action.do === 'exchange' && (held.codes[action.code]?.uses ?? 0) > 0,
  },
  {
    what: 'the sixth approval ends the first',
    fact: 'D.6: five approvals for each user and app',
    mark: 'D',
    script: [...[0, 1, 2, 3, 4, 5].flatMap((code) => [authorize(), exchange({ code })]), refresh()],
    emulator: '400 invalid_grant',
    foreign: 'issued',
    parts: (action, held) => action.do === 'exchange' && held.codes.length > 5,
  },
  {
    what: 'a scope that the app does not have is refused',
    fact: 'C.6 Z7',
    mark: 'D/R',
    script: [authorize({ scope: 'openid wave_api' })],
    emulator: 'redirect invalid_scope',
    foreign: 'code',
    explains: (action) => action.do === 'authorize' && (action.scope ?? '').includes('wave_api'),
  },
  {
    what: 'no response_type is unsupported_response_type',
    fact: 'C.6 Z5: anything but the allowed values',
    mark: 'D',
    script: [authorize({ responseType: '' })],
    emulator: 'redirect unsupported_response_type',
    foreign: 'redirect invalid_request',
  },
  {
    what: 'prompt=none is not known; immediate=true is what Salesforce has',
    fact: 'B.3: login, consent, select_account; C.6 Z8',
    mark: 'D',
    script: [authorize({ prompt: 'none' })],
    emulator: 'code',
    foreign: 'redirect login_required',
  },
];

/** The token endpoint as such. */
const TOKEN_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: 'no grant_type is unsupported_grant_type',
    fact: 'C.2 A13: missing grant_type',
    mark: 'R',
    script: [token(WITH_SECRET)],
    emulator: '400 unsupported_grant_type',
    foreign: '400 invalid_request',
  },
  {
    what: 'a JSON body is unsupported_grant_type',
    fact: 'C.1 J13, C.2 A13',
    mark: 'R',
    script: [token(MACHINE, 'JSON')],
    emulator: '400 unsupported_grant_type',
    foreign: '400 invalid_request',
  },
  {
    what: 'GET is taken',
    fact: 'A.1: GET query also seen accepted',
    mark: 'D/R',
    script: [token(MACHINE, 'GET')],
    emulator: 'issued',
    foreign: '404 Not Found',
  },
  {
    what: 'of a parameter sent twice the first is taken',
    fact: 'not said anywhere',
    mark: 'I',
    script: [token(MACHINE, 'twice')],
    emulator: 'issued',
    foreign: '400 invalid_request',
  },
  {
    what: 'scope is not supported in token requests',
    fact: 'B.3, C.1 J12',
    mark: 'R',
    script: [token({ ...MACHINE, scope: 'api' })],
    emulator: '400 invalid_request',
    foreign: 'issued',
  },
  {
    what: 'scope is not supported when refreshing',
    fact: 'B.4, C.3 R11',
    mark: 'R',
    script: [authorize(), exchange(), refresh({ scope: 'openid' })],
    emulator: '400 invalid_request',
    foreign: 'issued',
    explains: (action) => action.do === 'refresh' && action.scope !== undefined,
  },
  {
    what: 'a flow that the app does not allow is invalid_grant',
    fact: 'C.4 K3',
    mark: 'R',
    script: [clientCredentials({ client: 'web' })],
    emulator: '400 invalid_grant',
    foreign: '400 invalid_request',
    explains: (action) => action.do === 'clientCredentials' && action.client === 'web',
  },
  {
    what: 'a missing code is an unknown code',
    fact: 'C.10 LOGIN_OAUTH_NO_TOKEN, which belongs to A2 and R1',
    mark: 'D/I',
    script: [token({ grant_type: 'authorization_code', client_id: CLIENTS.web.id, client_secret: CLIENTS.web.secret })],
    emulator: '400 invalid_grant',
    foreign: '400 invalid_request',
  },
  {
    what: 'a missing refresh token is an unknown refresh token',
    fact: 'C.10 LOGIN_OAUTH_NO_TOKEN, which belongs to A2 and R1',
    mark: 'D/I',
    script: [token({ grant_type: 'refresh_token', client_id: CLIENTS.web.id, client_secret: CLIENTS.web.secret })],
    emulator: '400 invalid_grant',
    foreign: '400 invalid_request',
  },
];

/** What can be done with tokens, and to them. */
const USE_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: 'userinfo answers a bad token with 403 and a word',
    fact: 'A.5, C.7 V6',
    mark: 'R',
    script: [userinfo()],
    emulator: '403 Bad_OAuth_Token',
    foreign: '401 invalid_token',
    explains: (action) => action.do === 'userinfo',
  },
  {
    what: 'userinfo takes tokens without the scope openid',
    fact: 'A.5: the CLI reads it with refresh_token api web',
    mark: 'C/I',
    script: [clientCredentials(), userinfo()],
    emulator: 'claims',
    foreign: '401 invalid_token',
    explains: (action, held) => action.do === 'userinfo' && !/\bopenid\b/.test(String(held.answers[action.token]?.['scope'])),
  },
  {
    what: 'revoking what nobody knows is an error',
    fact: 'C.7 V1',
    mark: 'D/R',
    script: [revoke()],
    emulator: '400 invalid_token',
    foreign: 'revoked',
    explains: (action) => action.do === 'revoke',
  },
  {
    what: 'revoking needs no client',
    fact: 'A.1: authentication none',
    mark: 'D',
    script: [authorize(), exchange(), revoke({ proof: 'wrong' })],
    emulator: 'revoked',
    foreign: '401 invalid_client',
    explains: (action) => action.do === 'revoke',
  },
  {
    what: 'revoking needs no client, of what nobody knows either',
    fact: 'A.1: authentication none; C.7 V1',
    mark: 'D',
    script: [revoke({ proof: 'wrong' })],
    emulator: '400 invalid_token',
    foreign: '401 invalid_client',
    explains: (action) => action.do === 'revoke',
  },
  {
    what: 'revoking a refresh token that was replaced is an error, whoever asks',
    fact: 'A.1: authentication none; C.7 V1: already revoked; B.4: the old token is dead at once',
    mark: 'D',
    script: [authorize(), exchange(), refresh(), revoke({ client: 'other' })],
    emulator: '400 invalid_token',
    foreign: '400 invalid_request',
    explains: (action) => action.do === 'revoke',
  },
  {
    what: "revoking needs no client, so that another's is as good",
    fact: 'A.1: authentication none',
    mark: 'D',
    script: [authorize(), exchange(), revoke({ client: 'other' })],
    emulator: 'revoked',
    foreign: '400 invalid_request',
    explains: (action) => action.do === 'revoke',
  },
  {
    what: 'a revocation by another public client has its effect',
    fact: 'A.1: revoke asks for no client authentication',
    mark: 'D',
    script: [authorize(), exchange(), revoke({ client: 'public', proof: 'none' }), userinfo()],
    emulator: '403 Bad_OAuth_Token',
    foreign: 'claims',
    // Both say "revoked": from then on they hold different things.
    parts: (action) => action.do === 'revoke' && action.client === 'public',
  },
  {
    what: 'an access token that is revoked leaves its refresh token alone',
    fact: 'A.1: revoking a refresh token kills its access tokens; nothing is said of the other way',
    mark: 'D/I',
    script: [authorize(), exchange(), revoke({ kind: 'access' }), refresh()],
    emulator: 'issued',
    foreign: '400 invalid_grant',
    parts: (action) => action.do === 'revoke' && action.kind === 'access',
  },
  {
    what: 'introspection needs a secret or an assertion',
    fact: 'D.4',
    mark: 'D',
    script: [
      authorize({ client: 'public' }),
      exchange({ client: 'public', proof: 'none' }),
      introspect({ client: 'public', proof: 'none' }),
    ],
    emulator: '400 invalid_client',
    foreign: 'active',
  },
];

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  ...CLIENT_DIFFERENCES,
  ...CODE_DIFFERENCES,
  ...TOKEN_DIFFERENCES,
  ...USE_DIFFERENCES,
];
