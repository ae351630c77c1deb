import type { ErrorRow } from './error-catalogue.ts';

/** Which of the rows with the same answer a token request is refused with: each grant has its own, to be configured by. */

/** A grant that is not served on the login host. */
export function rowOfDomain(grantType: string): ErrorRow {
  return grantType === 'client_credentials' ? 'K1' : 'J18';
}

/** A `grant_type` that is unknown or missing: what else was sent shows which grant was meant. */
export function rowOfGrantType(parameters: URLSearchParams): ErrorRow {
  if (parameters.has('assertion')) return 'J13';
  if (parameters.has('refresh_token')) return 'R10';
  return parameters.has('code') || !parameters.has('grant_type') ? 'A13' : 'J13';
}

/** A `scope` that no grant takes. */
export function rowOfScope(grantType: string): ErrorRow {
  return grantType === 'refresh_token' ? 'R11' : 'J12';
}
