import { shown } from './checks.ts';

/** All of them, with the line breaks between them (Salesforce Help, “Configure a Connected App for OAuth”). */
const MOST_CHARACTERS = 2000;
const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];
/** Schemes that a browser runs or reads instead of handing them to a program. */
const NO_CALLBACK: readonly string[] = ['javascript:', 'data:', 'file:', 'blob:', 'about:', 'vbscript:', 'ws:', 'wss:', 'ftp:'];

/** Where nobody waits for a code: it says that the approval worked. */
export const SUCCESS_PAGE = 'https://login.salesforce.com/services/oauth2/success';

/** @throws TypeError for URLs that Salesforce or a browser refuses */
export function checkedCallbackUrls(urls: readonly string[]): readonly string[] {
  if (!Array.isArray(urls) || urls.length === 0) {
    throw new TypeError(
      'callbackUrls is missing: give where the login comes back to, such as http://localhost:1717/OauthRedirect.',
    );
  }
  for (const url of urls) checkCallbackUrl(url);
  if (urls.join('\n').length > MOST_CHARACTERS) {
    throw new TypeError(`callbackUrls has over ${MOST_CHARACTERS} characters, which is all that Salesforce keeps: give fewer.`);
  }
  return urls;
}

function checkCallbackUrl(url: string): void {
  const parsed = !/\s/.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined)
    throw new TypeError(`callbackUrls has ${shown(url)}, which is no URL: give one such as https://app.example/callback.`);
  if (url.includes('#')) throw new TypeError(`callbackUrls has ${shown(url)}: leave out the part from “#” on.`);
  if (parsed.protocol === 'http:' && !LOOPBACK.includes(parsed.hostname)) {
    throw new TypeError(`callbackUrls has ${shown(url)}: give https; http is for localhost only.`);
  }
  if (NO_CALLBACK.includes(parsed.protocol)) {
    throw new TypeError(`callbackUrls has ${shown(url)}: give https, a scheme of your own app, or http on localhost.`);
  }
}
