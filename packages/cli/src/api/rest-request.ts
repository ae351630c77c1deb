import type { HttpResponse } from '@forcemint/core';
import { UsageError } from '../usage-error.ts';

/**
 * The URL of a REST call: `/services/…` below the instance URL as it is, anything else below `/services/data/v<version>/`.
 * @throws UsageError for a URL of another origin, which must not see the token
 */
export function restUrl(path: string, instanceUrl: string, apiVersion: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(path) || /^[\\/]{2}/.test(path);
  const isRooted = path.startsWith('/services/') || path === '/services';
  const base = isUrl ? path : isRooted ? path : `/services/data/v${apiVersion}/${path.replace(/^\/+/, '')}`;
  const url = URL.canParse(base, instanceUrl) ? new URL(base, instanceUrl) : undefined;
  if (url !== undefined && url.origin === new URL(instanceUrl).origin && url.username === '' && url.password === '') {
    url.hash = '';
    return url.href;
  }
  throw new UsageError('The token goes only to the org that it is for.', {
    why: `The path leads elsewhere than ${instanceUrl}.`,
    fix: ['Give the path alone: limits, sobjects/User, or /services/apexrest/…'],
  });
}

/**
 * Headers from `Name: value` texts, names in lower case.
 * @throws UsageError for one that is malformed, or that is not the caller's to set
 */
export function parseHeaders(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): [string, string] => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined) {
      throw new UsageError('-H needs a header like "Name: value".', { fix: ['-H "Sforce-Query-Options: batchSize=200"'] });
    }
    if (name === 'authorization' || name === 'host' || name === 'content-length') {
      throw new UsageError(`The header ${name} is set by Forcemint.`, { fix: ['Leave it out.'] });
    }
    return [name, (match?.[2] ?? '').trim()];
  });
  return Object.fromEntries(pairs);
}

/** What an answer of the REST API says of the token. */
export type TokenVerdict = 'accepted' | 'invalid' | 'unfit';

/** Refusals that a new token does not mend: it would only loop. */
const UNFIT = ['not valid for use with the rest api', 'connected app is not attached to agent'];

/**
 * `invalid`: a new token helps. `unfit`: the token works but may not do this; a new one is the same.
 * (REST API Developer Guide, "Status Codes and Error Responses": 401 with `INVALID_SESSION_ID`.)
 */
export function tokenVerdict(response: HttpResponse): TokenVerdict {
  if (response.status !== 401) return 'accepted';
  const text = Buffer.from(response.body).toString('utf8');
  if (UNFIT.some((part) => text.toLowerCase().includes(part))) return 'unfit';
  return text.includes('INVALID_SESSION_ID') ? 'invalid' : 'unfit';
}
