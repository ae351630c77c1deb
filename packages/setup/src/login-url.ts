/**
 * A login URL, as it can be written in front of an endpoint.
 * @throws TypeError
 */
export function parsedLoginUrl(loginUrl: string): URL {
  const url = URL.canParse(loginUrl) ? new URL(loginUrl) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isWeb || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      'loginUrl is no login URL: give one such as https://acme.my.salesforce.com, without user, query and fragment.',
    );
  }
  return url;
}
