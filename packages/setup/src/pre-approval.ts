import { createHash } from 'node:crypto';
import type { AppPlan } from './app-plan.ts';
import { SUCCESS_PAGE } from './callback-urls.ts';
import { parsedLoginUrl } from './login-url.ts';
import type { OauthScope } from './scopes.ts';

/** What has to be known of an app: a plan, or its consumer key and, where they are not the defaults of JWT bearer, its callback URLs and scopes. */
type ApprovableApp = Pick<AppPlan, 'consumerKey'> & Partial<Pick<AppPlan, 'callbackUrls' | 'scopes'>>;

const DEFAULT_SCOPES: readonly OauthScope[] = ['Api', 'RefreshToken'];

/**
 * Where a user approves the app once, in a browser, so that the JWT bearer flow may act for them: an authorize URL for `api refresh_token`. Nobody needs
 * the code that it comes back with, and nobody can use it: it is bound to a PKCE challenge without a verifier.
 * @param loginUrl of the org, best its My Domain: `https://acme.my.salesforce.com`; or of a site, with its path
 * @throws TypeError when the app has no consumer key, or the login URL is not https (http for emulators, on localhost or a host without a domain)
 */
export function preApprovalUrl(app: ApprovableApp, loginUrl: string): string {
  const { consumerKey, callbackUrls = [SUCCESS_PAGE], scopes = DEFAULT_SCOPES } = app;
  if (consumerKey === undefined) throw new TypeError('The plan has no consumerKey: give the one that Setup shows for the app.');
  const url = authorizeUrl(loginUrl);
  const asksForAll = !scopes.includes('Api') && !scopes.includes('Full');
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: consumerKey,
    redirect_uri: callbackUrls[0] ?? '',
    ...(asksForAll ? {} : { scope: 'api refresh_token' }),
    code_challenge: unverifiableChallenge(consumerKey),
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

function authorizeUrl(loginUrl: string): URL {
  const { protocol, hostname, origin, pathname } = parsedLoginUrl(loginUrl);
  // No name without a dot leads to the internet; the host of an emulator in a container has one.
  if (protocol !== 'https:' && hostname !== '127.0.0.1' && hostname.includes('.')) {
    throw new TypeError('loginUrl is not https, and users type their passwords there: give https; http is for localhost only.');
  }
  return new URL(`${origin}${pathname.replace(/\/+$/, '')}/services/oauth2/authorize`);
}

/** Of the right form, and no SHA-256 of anything that is known. Orgs can ask for PKCE whatever the app says. */
function unverifiableChallenge(consumerKey: string): string {
  return createHash('sha512').update(consumerKey).digest().subarray(0, 32).toString('base64url');
}
