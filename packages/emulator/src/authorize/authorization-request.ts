import { matchesCallbackUrl } from '../oauth/callback-url.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import type { App } from '../org/apps.ts';
import type { Org } from '../org/org.ts';

/** Where a response to an authorization request may be sent. */
export interface ResponseTarget {
  readonly app: App;
  readonly redirectUri: string;
}

/**
 * The app and its redirect URI. Without both of them known the browser must not be sent anywhere.
 *
 * @throws {OAuthError} to be shown on the error page
 */
export function readResponseTarget(org: Org, parameters: URLSearchParams): ResponseTarget {
  const app = org.apps.find(parameters.get('client_id') ?? '', org.now());
  if (app === undefined) throw refusal('Z4');
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === null || redirectUri === '') throw refusal('Z3');
  if (redirectUri.startsWith('urn:ietf:wg:oauth:2.0:oob')) throw refusal('Z9');
  if (!matchesCallbackUrl(app.callbackUrls, redirectUri)) throw refusal('Z2');
  return { app, redirectUri };
}

/** What a valid authorization request asks for. */
export interface AuthorizationRequest {
  readonly scopes: readonly string[];
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
  readonly prompts: ReadonlySet<string>;
  readonly isImmediate: boolean;
  readonly loginHint: string;
}

/**
 * The rest of the request. A challenge without a method is S256, which widely used clients take for granted.
 *
 * @throws {OAuthError} to be sent to the redirect URI
 */
export function readAuthorizationRequest(org: Org, app: App, parameters: URLSearchParams): AuthorizationRequest {
  if (parameters.get('response_type') !== 'code') throw refusal('Z5');
  const codeChallenge = parameters.get('code_challenge') ?? undefined;
  if (codeChallenge === undefined && (app.isPkceRequired || org.switches.pkceRequired)) throw refusal('Z6');
  const method = parameters.get('code_challenge_method') ?? 'S256';
  if (codeChallenge !== undefined && (method !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge))) {
    throw refusal('Z6');
  }
  return {
    scopes: readScopes(app, parameters.get('scope')),
    codeChallenge,
    nonce: parameters.get('nonce') ?? undefined,
    prompts: new Set((parameters.get('prompt') ?? '').split(' ')),
    isImmediate: parameters.get('immediate') === 'true',
    loginHint: parameters.get('login_hint') ?? '',
  };
}

function readScopes(app: App, scope: string | null): readonly string[] {
  if (scope === null || scope.trim() === '') return app.scopes;
  const scopes = [
    ...new Set(
      scope
        .trim()
        .split(/\s+/)
        .map((one) => (one === 'offline_access' ? 'refresh_token' : one)),
    ),
  ];
  const isOwned = (one: string): boolean =>
    app.scopes.includes(one) || (app.scopes.includes('full') && !['refresh_token', 'openid'].includes(one));
  if (!scopes.every(isOwned)) throw refusal('Z7');
  return scopes;
}
