import { isEnvironment, readEnvironment } from './environment.ts';
import type { ImportedConnection } from './imported-connection.ts';
import { invalidImport, parseJson } from './invalid-import.ts';
import { ONIFY_NAMES, readOnifySettings } from './onify-settings.ts';
import { POSTMAN_NAMES, readPostmanEnvironment } from './postman-environment.ts';
import { findSfdxAuthUrl, isRedacted, readSfdxAuthUrl } from './sfdx-auth-url.ts';

const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...ONIFY_NAMES,
  ...POSTMAN_NAMES,
  'sfdxAuthUrl',
  'result',
  'status',
  'warnings',
]);

/**
 * Finds out what a file is, and reads it: Onify settings, an sfdxAuthUrl, the Salesforce CLI's JSON with one, a `.env` file, a Postman environment.
 * @param what how to call the file in errors
 * @throws ConfigurationError `invalid_import`
 */
export function readImport(text: string, what: string): ImportedConnection {
  const content = text.replace(/^\ufeff/, '').trim();
  if (content === '') throw invalidImport(`${what} is empty.`, 'There is nothing to import.', ['Give a file with content.']);
  if (/^force:\/\//i.test(content)) return readSfdxAuthUrl(content);
  if (isEnvironment(content)) return readEnvironment(content, what);
  if (!/^[{["]/.test(content)) throw unknownFormat(what);
  const parsed = parseJson(text.replace(/^\ufeff/, ''), what, KNOWN_NAMES);
  if (typeof parsed === 'string' && /^force:\/\//i.test(parsed)) return readSfdxAuthUrl(parsed);
  const url = findSfdxAuthUrl(parsed);
  if (url !== undefined && isRedacted(url)) {
    throw invalidImport(
      `The Salesforce CLI has hidden the sfdxAuthUrl in ${what}.`,
      'It shows secrets only when asked for them.',
      ['sf org auth show-sfdx-auth-url --target-org ORG --json > FILE'],
    );
  }
  if (url !== undefined) return readSfdxAuthUrl(url);
  const settings = readPostmanEnvironment(parsed, what) ?? readOnifySettings(parsed, what);
  if (settings === undefined) throw unknownFormat(what);
  return settings;
}

function unknownFormat(what: string): Error {
  return invalidImport(
    `${what} is nothing that can be imported.`,
    'It is none of: Onify settings, an sfdxAuthUrl, a .env file, a Postman environment, a list in CSV or JSON.',
    [
      'Onify settings: { "Username": …, "ClientId": …, "PrivateKey": …, "InstanceUrl": …, "InstanceAPIVersion": … }',
      'Salesforce CLI: sf org auth show-sfdx-auth-url --target-org ORG --json > FILE',
      'Anything else: forcemint connect --help',
    ],
  );
}
