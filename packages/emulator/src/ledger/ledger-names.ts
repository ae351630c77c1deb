import { fingerprint } from '../org/opaque-text.ts';
import type { Org } from '../org/org.ts';

/**
 * What the ledger may show of what a client sent. People mix up their settings, and a secret that was sent as a consumer
 * key must not get into a log by way of the ledger: what isn't known or doesn't look right is there as a fingerprint.
 */
export function ledgerClientId(org: Org, clientId: string | null): string | null {
  const isKnown = clientId === null || org.apps.find(clientId, Number.POSITIVE_INFINITY) !== undefined;
  return isKnown ? clientId : unknown(clientId);
}

/** Words with underscores and URNs, which grant types are; a misspelt one stays readable. */
export function ledgerGrantType(grantType: string | null): string | null {
  return grantType === null || /^(?=.{1,100}$)(?:[a-z_]+|urn:[a-z0-9:_-]+)$/.test(grantType) ? grantType : unknown(grantType);
}

/** Everything of the form that usernames have. */
export function ledgerSubject(subject: string | null): string | null {
  return subject === null || /^[^\s@]{1,80}@[^\s@]{1,80}$/.test(subject) ? subject : unknown(subject);
}

function unknown(text: string): string {
  return `unknown:${fingerprint(text)}`;
}
