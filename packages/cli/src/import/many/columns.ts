import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConnectionInput, ConnectionSecrets, NewConnection } from '@forcemint/core';
import { parseDuration } from '../../durations.ts';
import { UsageError } from '../../usage-error.ts';

/** A row of a file with many connections, column name → value. */
export type Row = Readonly<Record<string, unknown>>;

/** What a row says. */
export interface NamedConnection {
  readonly name: string;
  readonly connection: NewConnection;
}

const SETTINGS = {
  grant: 'grant',
  login_url: 'loginUrl',
  client_id: 'clientId',
  client_auth: 'clientAuth',
  username: 'username',
  audience: 'audience',
  scope: 'scope',
  rotates: 'rotates',
  introspect: 'introspect',
  api_version: 'apiVersion',
  certificate: 'certificate',
  shared_with: 'sharedWith',
} as const satisfies Readonly<Record<string, keyof ConnectionInput>>;

const SECRETS = { client_secret: 'clientSecret', private_key: 'privateKey' } as const satisfies Readonly<
  Record<string, keyof ConnectionSecrets>
>;

/** Each of these can stand in a file of its own, whose path is in the column of that name with `_file`. */
const FROM_FILE = ['client_secret', 'private_key', 'refresh_token', 'certificate'] as const;

const OTHERS = ['name', 'connection', 'refresh_token', 'redirect_uris', 'session_timeout', 'session_timeout_seconds', 'labels'];

/** What `show --json` and `export` tell of a connection besides; nothing is made of it. */
const TOLD = [
  'state',
  'secrets',
  'has_certificate',
  'has_refresh_token',
  'refresh_token_version',
  'rotation_seen',
  'token',
  'last_failure',
  'repeats_at',
  'staged_answer',
  'pending_revocations',
  'created_at',
  'updated_at',
];

/** The columns that a person may fill in. */
export const COLUMNS: readonly string[] = [
  'name',
  ...Object.keys(SETTINGS),
  ...Object.keys(SECRETS),
  ...OTHERS.slice(2),
  ...FROM_FILE.map((column) => `${column}_file`),
];

const KNOWN: ReadonlySet<string> = new Set([...COLUMNS, ...OTHERS, ...TOLD]);

/** A column’s name as it is written here: `loginUrl`, `Login URL` and `login-url` are `login_url`. */
export function columnName(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}

/** Columns that nothing can be made of: most likely a known one, misspelt. */
export function unknownColumns(columns: readonly string[]): readonly string[] {
  return columns.filter((column) => column !== '' && !KNOWN.has(column));
}

/**
 * The connection that a row describes.
 * @param folder where relative paths begin
 * @throws UsageError that names the column, and repeats no secret
 */
export async function connectionOf(row: Row, folder: string, defaults: { readonly loginUrl?: string }): Promise<NamedConnection> {
  const texts: Record<string, string> = {};
  for (const column of [...Object.keys(SETTINGS), ...Object.keys(SECRETS), ...OTHERS, ...FROM_FILE.map((one) => `${one}_file`)]) {
    const text = ['redirect_uris', 'labels'].includes(column) ? undefined : textOf(row, column);
    if (text !== undefined) texts[column] = text;
  }
  for (const column of FROM_FILE) {
    const path = texts[`${column}_file`];
    if (path === undefined) continue;
    if (texts[column] !== undefined) throw new UsageError(`Both ${column} and ${column}_file are given.`);
    texts[column] = await contentOf(resolve(folder, path), `${column}_file`);
  }
  const name = texts.name ?? texts.connection;
  if (name === undefined) throw new UsageError('The name is missing.');
  const given = picked(SETTINGS, texts);
  const settings = { loginUrl: defaults.loginUrl, ...given, ...listsOf(row), ...sessionTimeoutOf(texts) };
  return {
    name,
    connection: {
      settings: { ...settings, grant: given.grant ?? grantOf(texts) },
      secrets: picked(SECRETS, texts),
      ...(texts.refresh_token !== undefined && { refreshToken: texts.refresh_token }),
    },
  };
}

/** The grant that the secrets speak for, where none is named. */
function grantOf({ refresh_token, private_key, client_secret, username }: Readonly<Record<string, string>>): string {
  if (refresh_token !== undefined) return 'refresh-token';
  if (private_key !== undefined && username !== undefined) return 'jwt-bearer';
  if (client_secret !== undefined) return 'client-credentials';
  throw new UsageError('The grant is missing, and no secret tells which.', {
    fix: ['Fill in the column grant: jwt-bearer, client-credentials, refresh-token or authorization-code'],
  });
}

function picked<Names extends Readonly<Record<string, string>>>(
  names: Names,
  texts: Readonly<Record<string, string>>,
): { readonly [Name in Names[keyof Names]]?: string } {
  const entries = Object.entries(names).flatMap(([column, name]) => {
    const text = texts[column];
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries) as { [Name in Names[keyof Names]]?: string };
}

function listsOf(row: Row): Pick<ConnectionInput, 'redirectUris' | 'labels'> {
  const { redirect_uris: uris, labels } = row;
  return {
    ...(isGiven(uris) && { redirectUris: Array.isArray(uris) ? uris.map(String) : String(uris).split(/\s+/) }),
    ...(isGiven(labels) && { labels: typeof labels === 'object' ? texted(labels ?? {}) : pairsIn(String(labels)) }),
  };
}

function texted(labels: object): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}

/** `team=billing;env=production` */
function pairsIn(text: string): Record<string, string> {
  const pairs = text
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...rest] = pair.split('=');
      if (rest.length === 0) throw new UsageError('labels are written key=value;key=value.');
      return [key.trim(), rest.join('=').trim()];
    }),
  );
}

function sessionTimeoutOf(texts: Readonly<Record<string, string>>): Pick<ConnectionInput, 'sessionTimeoutSeconds'> {
  const { session_timeout: duration, session_timeout_seconds: seconds } = texts;
  if (duration !== undefined) return { sessionTimeoutSeconds: parseDuration(duration, 'session_timeout') };
  return seconds === undefined ? {} : { sessionTimeoutSeconds: Number(seconds) };
}

function textOf(row: Row, column: string): string | undefined {
  const value = row[column];
  if (!isGiven(value)) return undefined;
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  throw new UsageError(`${column} is not text.`);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');
}

async function contentOf(path: string, column: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new UsageError(`${column}: ${path} cannot be read (${code}).`);
  });
  return content.replace(/^\ufeff/, '').trim();
}
