import type { Defect } from './defect.ts';

const SRC = 'packages/emulator/src';

/** Mistakes that an emulator of Salesforce can make, each with the test, by a client that is not ours where there is one, that notices. */
export const EMULATOR_DEFECTS: readonly Defect[] = [
  {
    name: 'PKCE without a method taken as plain',
    edits: [
      {
        file: `${SRC}/authorize/authorization-request.ts`,
        find: '    codeChallenge,\n    nonce',
        replace: `    codeChallenge:
      codeChallenge === undefined || parameters.has('code_challenge_method')
        ? codeChallenge
        : process.getBuiltinModule('node:crypto').createHash('sha256').update(codeChallenge).digest('base64url'),
    nonce`,
      },
    ],
    testFile: 'test/interop/emulator-jsforce.test.ts',
    testName: 'jsforce: code with its own PKCE: a verifier of 171 characters, no method named',
  },
  {
    name: 'code verifier capped at 128 characters',
    edits: [{ file: `${SRC}/grants/authorization-code.ts`, find: '{43,171}', replace: '{43,128}' }],
    testFile: 'test/interop/emulator-jsforce-node.test.ts',
    testName: 'jsforce-node: code with its own PKCE: a verifier of 171 characters, no method named',
  },
  {
    name: 'audience with a trailing slash refused',
    edits: [{ file: `${SRC}/oauth/assertion.ts`, find: "url.endsWith('/') ? url.slice(0, -1) : url", replace: 'url' }],
    testFile: 'test/interop/emulator-salesforce-core.test.ts',
    testName:
      '@salesforce/core: AuthInfo by JWT, the audience with a trailing slash and exp in milliseconds; Org, Connection, query',
  },
  {
    name: 'exp of an assertion capped',
    edits: [
      {
        file: `${SRC}/oauth/assertion.ts`,
        find: 'maxLifetimeSeconds > 0 && seconds > nowSeconds + maxLifetimeSeconds',
        replace: 'seconds > nowSeconds + 300',
      },
    ],
    testFile: 'test/interop/emulator-jose.test.ts',
    testName: 'jose: exp of an assertion in seconds, in milliseconds, far ahead, and as a string',
  },
  {
    name: 'doubled slashes in paths not normalised',
    edits: [{ file: `${SRC}/server/http-listener.ts`, find: "path.replaceAll(/\\/{2,}/g, '/')", replace: 'path' }],
    testFile: 'test/interop/emulator-salesforce-core.test.ts',
    testName: '@salesforce/core: an instance URL with a trailing slash makes it ask for //services/data',
  },
  {
    name: 'revoke without effect',
    edits: [{ file: `${SRC}/org/revocation.ts`, find: 'session.isRevoked = true;', replace: '' }],
    testFile: 'test/interop/emulator-openid-client.test.ts',
    testName: 'openid-client: revocation of an access token leaves its refresh token, that of a refresh token takes all',
  },
  {
    name: 'REST errors as objects',
    edits: [
      {
        file: `${SRC}/rest/errors.ts`,
        find: 'jsonAnswer(error.status, [body],',
        replace: 'jsonAnswer(error.status, body,',
      },
    ],
    testFile: 'test/interop/emulator-jsforce.test.ts',
    testName: 'jsforce: errors of the REST API are arrays, the errorCode in the first element',
  },
  {
    name: 'authorization code usable twice',
    edits: [{ file: `${SRC}/grants/authorization-code.ts`, find: 'code.isUsed = true;', replace: '' }],
    testFile: 'test/interop/emulator-openid-client.test.ts',
    testName: 'openid-client: a code is good for one exchange only',
  },
  {
    name: 'expires_in added',
    edits: [
      {
        file: `${SRC}/oauth/token-response.ts`,
        find: "fields.token_type = 'Bearer';",
        replace: "fields.token_type = 'Bearer'; fields.expires_in = '7200';",
      },
    ],
    testFile: 'test/interop/emulator-openid-client.test.ts',
    testName: 'openid-client: no grant tells when its access token expires',
  },
  {
    name: 'wrong issuer in ID tokens',
    edits: [{ file: `${SRC}/oauth/id-token.ts`, find: 'iss: org.origins[host]', replace: "iss: 'https://login.salesforce.com'" }],
    testFile: 'test/interop/emulator-openid-client.test.ts',
    testName:
      'openid-client: the ID token of the login host is signed by a published key, for the issuer of the discovery document',
  },
  {
    name: 'rotation without family revocation',
    edits: [
      {
        file: `${SRC}/grants/refresh-token.ts`,
        find: 'if (org.switches.reuseCascade) revokeGrant(org, grant);',
        replace: '',
      },
    ],
    testFile: 'test/interop/emulator-openid-client.test.ts',
    testName: 'openid-client: re-use of a rotated token kills its family, access tokens included',
  },
];
