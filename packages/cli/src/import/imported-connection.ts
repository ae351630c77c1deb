import type { ConnectionInput, ConnectionSecrets } from '@forcemint/core';

/** What was found in a file of another product. */
export interface ImportedConnection {
  /** What it was, for people. */
  readonly format: string;
  /** A name made of the host or the user. */
  readonly suggestedName: string;
  readonly settings: ConnectionInput;
  readonly secrets: ConnectionSecrets;
  readonly refreshToken?: string;
  /** Path of the private key, relative to the file. */
  readonly privateKeyFile?: string;
  /** What a person should know of it. */
  readonly note?: string;
  /** The product that goes on using the same refresh token. */
  readonly sharedWith?: string;
}

/** A connection's name out of the org's My Domain, else of the username; `salesforce` where neither says anything. */
export function suggestedName(url: string | undefined, username: string | undefined): string {
  const host = url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
  const myDomain = /^(.+?)(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze|free))?\.my\.salesforce\.(?:com|mil)$/.exec(
    host,
  )?.[1];
  const source = myDomain ?? username?.replace('@', '-') ?? '';
  const name = source
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  return name === '' ? 'salesforce' : name;
}
