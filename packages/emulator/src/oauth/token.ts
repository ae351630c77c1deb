import { requiredMethod } from '../endpoints.ts';
import * as authorizationCode from '../grants/authorization-code.ts';
import * as clientCredentials from '../grants/client-credentials.ts';
import * as jwtBearer from '../grants/jwt-bearer.ts';
import * as refreshToken from '../grants/refresh-token.ts';
import { refusal } from './error-catalogue.ts';
import { loginStatusOf } from './login-status.ts';
import { noteLogin } from './note-login.ts';
import { OAuthError } from './oauth-error.ts';
import { errorFields } from './refusals.ts';
import { rowOfDomain, rowOfGrantType, rowOfScope } from './token-refusal-rows.ts';
import type { TokenGrant, TokenRequest } from './token-request.ts';
import { tokenResponse } from './token-response.ts';

const GRANTS: ReadonlyMap<string, TokenGrant> = new Map(
  [authorizationCode, refreshToken, jwtBearer, clientCredentials].map((grant) => [grant.grantType, grant]),
);

const TOKEN_EXCHANGE = new Set([
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:hybrid-token-exchange',
]);

/** What the token endpoint says: the status is 400 for every refusal, unless the configuration has another. */
export interface TokenOutcome {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
}

function refusedOutcome(request: TokenRequest, error: OAuthError): TokenOutcome {
  const { org, host, trace } = request;
  if (trace.login !== null) noteLogin(request, trace.login, loginStatusOf(error.row, trace.login.user));
  const refused = org.refusals.of(error);
  return { status: refused.status, fields: errorFields(refused, org.origins[host]) };
}

/** Answers a token request: chooses the grant, and makes the response of what the grant decides. */
export async function answerTokenRequest(method: string, request: TokenRequest): Promise<TokenOutcome> {
  try {
    if (requiredMethod('token', method) !== undefined) throw refusal('T5');
    const issue = findGrant(request).issue(request);
    const { trace } = request;
    trace.clientId = issue.app.clientId;
    trace.subject = issue.user.username;
    trace.issued = issue.refreshToken ?? null;
    const fields = await tokenResponse(request, issue);
    noteLogin(request, issue, 'Success');
    return { status: 200, fields };
  } catch (error) {
    if (error instanceof OAuthError) return refusedOutcome(request, error);
    throw error;
  }
}

function findGrant(request: TokenRequest): TokenGrant {
  const { org, host, parameters } = request;
  const grantType = parameters.get('grant_type') ?? '';
  if (host === 'login' && (TOKEN_EXCHANGE.has(grantType) || org.switches.myDomainRequired)) throw refusal(rowOfDomain(grantType));
  if (grantType === 'password') throw refusal('P1');
  const grant = GRANTS.get(grantType);
  if (grant === undefined) throw refusal(rowOfGrantType(parameters));
  if (parameters.has('scope')) throw refusal(rowOfScope(grantType));
  return grant;
}
