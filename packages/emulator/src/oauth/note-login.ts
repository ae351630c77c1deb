import { grantType as AUTHORIZATION_CODE } from '../grants/authorization-code.ts';
import { grantType as CLIENT_CREDENTIALS } from '../grants/client-credentials.ts';
import { grantType as REFRESH_TOKEN } from '../grants/refresh-token.ts';
import { ownText } from '../ledger/own-text.ts';
import { NOT_APPLICABLE } from '../org/login-history.ts';
import type { Login, TokenRequest } from './token-request.ts';

/** JWT bearer has none. */
const SUB_TYPES: ReadonlyMap<string, string> = new Map([
  [AUTHORIZATION_CODE, 'OAuth Web Server'],
  [CLIENT_CREDENTIALS, 'OAuth Client Credentials'],
  [REFRESH_TOKEN, 'OAuth Refresh Token'],
]);

/** Puts a token request into the login history of its user, unless Salesforce has no status for it. */
export function noteLogin(request: TokenRequest, { app, user }: Login, status: string | undefined): void {
  if (status === undefined) return;
  const { org, host, address, parameters } = request;
  org.loginHistory.add({
    userId: user.id,
    atMs: org.now(),
    loginType: 'Remote Access 2.0',
    loginSubType: SUB_TYPES.get(parameters.get('grant_type') ?? '') ?? null,
    sourceIp: ownText(address),
    loginUrl: org.hosts[host],
    status,
    application: app.name,
    apiType: NOT_APPLICABLE,
  });
}
