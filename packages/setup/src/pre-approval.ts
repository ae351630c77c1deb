import { createHash } from 'node:crypto';
import type { AppPlan } from './app-plan.ts';

/**
 * Where a user approves the app once, in a browser, so that the JWT bearer flow may act for them: an authorize URL for `api refresh_token`. Nobody needs
 * the code that it comes back with, and nobody can use it: it is bound to a PKCE challenge without a verifier.
 * @param loginUrl of the org, best its My Domain: `https://acme.my.salesforce.com`
 * @throws TypeError when the plan has no consumer key, or the login URL is not https (http on localhost for emulators)
 */
export function preApprovalUrl(plan: AppPlan, loginUrl: string): string {
  const { consumerKey, callbackUrls, scopes } = plan;
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
  const url = URL.canParse(loginUrl) ? new URL(loginUrl) : undefined;
  const isTrusted =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname));
  if (url === undefined || !isTrusted || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      'loginUrl is no login URL: give one such as https://acme.my.salesforce.com, without user, query and fragment.',
    );
  }
  return new URL(`${url.origin}${url.pathname.replace(/\/+$/, '')}/services/oauth2/authorize`);
}

/** Of the right form, and no SHA-256 of anything that is known. Orgs can ask for PKCE whatever the app says. */
function unverifiableChallenge(consumerKey: string): string {
  return createHash('sha512').update(consumerKey).digest().subarray(0, 32).toString('base64url');
}
