import { type ImportedConnection, suggestedName } from './imported-connection.ts';
import { invalidImport, isRecord } from './invalid-import.ts';

/** `force://clientId:clientSecret:refreshToken@host`, as the Salesforce CLI reads it; the secret may be empty, the host is always https. */
const SFDX_AUTH_URL =
  /^force:\/\/([a-zA-Z0-9._-]+={0,2}):([a-zA-Z0-9._-]*={0,2}):([a-zA-Z0-9._-]+={0,2})@([a-zA-Z0-9._-]+(?::[0-9]{1,5})?)\/?$/;

/**
 * A connection out of an sfdxAuthUrl. The whole URL is a secret: no error repeats it.
 * @throws ConfigurationError `invalid_import`
 */
export function readSfdxAuthUrl(text: string): ImportedConnection {
  const match = SFDX_AUTH_URL.exec(text.trim());
  if (match === null) {
    throw invalidImport(
      'The sfdxAuthUrl cannot be read.',
      'It has the form force://<clientId>:<clientSecret>:<refreshToken>@<host>.',
      [
        'Get it anew: sf org auth show-sfdx-auth-url --target-org ORG --json > FILE',
        'Only orgs that were logged in to with the browser have one; a JWT login has no refresh token.',
      ],
    );
  }
  const [, clientId = '', clientSecret = '', refreshToken = '', host = ''] = match;
  const loginUrl = `https://${host}`;
  return {
    format: 'sfdxAuthUrl',
    suggestedName: suggestedName(loginUrl, undefined),
    settings: { grant: 'refresh-token', loginUrl, clientId },
    secrets: clientSecret === '' ? {} : { clientSecret },
    refreshToken,
    sharedWith: 'Salesforce CLI',
  };
}

/** Whether the Salesforce CLI can read this text as an sfdxAuthUrl. */
export function isSfdxAuthUrl(text: string): boolean {
  return SFDX_AUTH_URL.test(text);
}

/** The sfdxAuthUrl in the Salesforce CLI's own JSON, at any depth; `undefined`: there is none. */
export function findSfdxAuthUrl(parsed: unknown): string | undefined {
  const waiting: unknown[] = [parsed];
  for (let looked = 0; waiting.length > 0 && looked < 10_000; looked += 1) {
    const value = waiting.shift();
    if (isRecord(value) && typeof value.sfdxAuthUrl === 'string') return value.sfdxAuthUrl;
    if (typeof value === 'object' && value !== null) waiting.push(...Object.values(value));
  }
  return undefined;
}

/** The Salesforce CLI of 2026 hides secrets in most of its answers. */
export function isRedacted(sfdxAuthUrl: string): boolean {
  return /redacted/i.test(sfdxAuthUrl);
}
