import type { AppKind } from './app-plan.ts';

/** Of every name in Salesforce’s metadata. */
const MOST_CHARACTERS = 80;
const NAME = /^[A-Za-z](?:_?[A-Za-z0-9])*$/;

/** What an external client app’s name is followed by in the names of its parts. They are those that Salesforce gives them when it makes them itself. */
const PARTS = {
  oauthSettings: 'OAuthSettings',
  globalOauthSettings: 'GlblOAuth',
  oauthPolicies: 'OAuthSettings_defaultPolicy',
  policies: '_defaultPolicy',
} as const;

const LONGEST_PART = Math.max(...Object.values(PARTS).map((part) => part.length));

/** The API name of one part of an external client app, which is its file’s name too. */
export function partName(appName: string, part: keyof typeof PARTS): string {
  return `${appName}${PARTS[part]}`;
}

/** 80, or what the longest part leaves of it. */
export function mostNameCharacters(kind: AppKind): number {
  return kind === 'external-client-app' ? MOST_CHARACTERS - LONGEST_PART : MOST_CHARACTERS;
}

/**
 * An API name for a label: `Nightly sync (EU)` → `Nightly_sync_EU`. Letters lose their accents, a leading digit gets an `X` in front as in Setup, and
 * whatever else is not a letter or digit becomes one underscore.
 * @throws TypeError when the label has no letter or digit of the Latin alphabet
 */
export function apiName(label: string, most: number = MOST_CHARACTERS): string {
  const words = label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  if (words.length === 0)
    throw new TypeError('No API name can be made of this label: give name, in letters, digits and underscores.');
  const name = words.join('_').replace(/^(?=[0-9])/, 'X');
  return name.slice(0, most).replace(/_$/, '');
}

/** @throws TypeError when it is no API name */
export function checkedName(argument: string, value: string, most: number = MOST_CHARACTERS): string {
  if (typeof value === 'string' && value.length <= most && NAME.test(value)) return value;
  throw new TypeError(
    `${argument} is no API name: give at most ${most} letters, digits and underscores, with a letter first, no underscore last and no two in a row.`,
  );
}
