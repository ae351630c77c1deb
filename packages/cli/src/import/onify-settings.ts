import { type ImportedConnection, suggestedName } from './imported-connection.ts';
import { invalidImport, isRecord, parseJson } from './invalid-import.ts';

const FIELDS = ['Username', 'ClientId', 'PrivateKey', 'InstanceUrl', 'InstanceAPIVersion'] as const;

type Field = (typeof FIELDS)[number];

/** Names that may be shown of a settings record. */
export const ONIFY_NAMES: ReadonlySet<string> = new Set([
  ...FIELDS,
  'key',
  'value',
  'name',
  'tag',
  'role',
  'true',
  'false',
  'null',
]);

/**
 * The settings record of Onify's Salesforce blueprint: the object itself, or a setting `{key, value, …}` whose value is that object or its JSON text.
 * `undefined`: something else.
 * @throws ConfigurationError `invalid_import` for a settings record that is incomplete
 */
export function readOnifySettings(parsed: unknown, what: string): ImportedConnection | undefined {
  const record = settingsIn(parsed, what);
  if (record === undefined) return undefined;
  const username = textOf(record, 'Username', what);
  const clientId = textOf(record, 'ClientId', what);
  const privateKey = textOf(record, 'PrivateKey', what);
  const instanceUrl = textOf(record, 'InstanceUrl', what);
  const apiVersion = textOf(record, 'InstanceAPIVersion', what);
  const missing = Object.entries({ Username: username, ClientId: clientId, PrivateKey: privateKey })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  if (missing.length > 0) {
    throw invalidImport(`${what} lacks ${missing.join(', ')}.`, 'The JWT bearer grant cannot do without.', [
      'Fill it in. The blueprint’s record has Username, ClientId, PrivateKey, InstanceUrl and InstanceAPIVersion.',
    ]);
  }
  return {
    format: 'Onify settings',
    suggestedName: suggestedName(instanceUrl, username),
    settings: { grant: 'jwt-bearer', loginUrl: instanceUrl, clientId, username, apiVersion },
    secrets: { privateKey },
  };
}

function settingsIn(parsed: unknown, what: string): Readonly<Record<string, unknown>> | undefined {
  const value = Array.isArray(parsed) && parsed.length === 1 ? parsed[0] : parsed;
  if (!isRecord(value)) return undefined;
  if (isSettings(value)) return value;
  const inner =
    typeof value.value === 'string' ? parseJson(value.value, `The text in "value" of ${what}`, ONIFY_NAMES) : value.value;
  return isRecord(inner) && isSettings(inner) ? inner : undefined;
}

function isSettings(value: Readonly<Record<string, unknown>>): boolean {
  return 'PrivateKey' in value || ('ClientId' in value && 'Username' in value);
}

function textOf(record: Readonly<Record<string, unknown>>, field: Field, what: string): string | undefined {
  const value = record[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') {
    throw invalidImport(`${field} in ${what} is not text.`, 'Every field of the settings record is text.', [
      `Put ${field} in quotes.`,
    ]);
  }
  const text = value.trim();
  return text === '' || /^<.*>$/.test(text) ? undefined : text;
}
