/** What an authorization request says (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  readonly authorizationEndpoint: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Unguessable; comes back with the code. */
  readonly state: string;
  readonly codeChallenge: string | undefined;
  readonly scope: string | undefined;
  readonly nonce: string | undefined;
  readonly loginHint: string | undefined;
  /** e.g. `login`: ask for the user even if a session exists. */
  readonly prompt: string | undefined;
}

/** The address to open in the browser. */
export function authorizationUrl(request: AuthorizationRequest): string {
  const url = new URL(request.authorizationEndpoint);
  const parameters: Readonly<Record<string, string | undefined>> = {
    response_type: 'code',
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: request.codeChallenge === undefined ? undefined : 'S256',
    scope: request.scope,
    nonce: request.nonce,
    login_hint: request.loginHint,
    prompt: request.prompt,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
