import { readFileSync } from 'node:fs';
import { createEmulator, type Emulator } from '@forcemint/emulator';

/** The tables of docs/emulator.md that come from data: the rows of the error catalogue, the configuration, the switches. */

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
}

/** Tables by the name in their marks. */
export async function referenceTables(): Promise<ReadonlyMap<string, string>> {
  const schema: Schema = JSON.parse(readFileSync(new URL('../packages/emulator/schema.json', import.meta.url), 'utf8'));
  const { org, users, apps, switches, $schema: _itself, ...rest } = schema.properties ?? {};
  const app = apps?.additionalProperties;
  return new Map([
    ['rows', await rowTable()],
    ['config', settingsTable({ properties: rest })],
    ['org', settingsTable(org)],
    ['users', settingsTable(users?.items)],
    ['apps', settingsTable(typeof app === 'object' ? app : undefined)],
    ['switches', settingsTable(switches)],
  ]);
}

/** The page with each `<!-- table NAME -->` … `<!-- end of table -->` filled with that table. */
export function withReferenceTables(page: string, tables: ReadonlyMap<string, string>): string {
  return page.replaceAll(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end of table -->)/g,
    (_, begin: string, name: string, end: string) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`there is no table ${name}; there are ${[...tables.keys()].join(', ')}`);
      return `${begin}\n${table}\n\n${end}`;
    },
  );
}

async function rowTable(): Promise<string> {
  await using emulator = await createEmulator();
  const redirects = await redirectedRows(emulator);
  const lines = emulator.rows().map(({ id, error, description, status, isTextConfirmed, endpoints, variants }) => {
    const text =
      [error, description].filter((one) => one !== null).join(': ') ||
      (status === null ? 'no answer: the connection is reset' : '{"active":false}');
    const where = endpoints.length > 8 ? 'every endpoint' : endpoints.join(', ');
    const others = variants
      .slice(1)
      .map((other) => (other.status === status ? code(other.variant) : `${code(other.variant)} ${other.status}`));
    const shown = others.length > 6 ? `${others[0]} … ${others.at(-1)}` : others.join(' ');
    const shownStatus = redirects.has(id) ? '302' : String(status ?? '');
    return row([id, where, `${code(text)}${isTextConfirmed ? '' : ' ¹'}`, shownStatus, shown]);
  });
  return [row(['row', 'where', 'answer', 'status', 'other variants']), row(['---', '---', '---', '---', '---']), ...lines].join(
    '\n',
  );
}

/** Rows of the authorize endpoint that send the browser back to the client: asked for one by one, with a good redirect URI. */
async function redirectedRows(emulator: Emulator): Promise<ReadonlySet<string>> {
  const { clientId, redirectUris = [] } = emulator.ready.apps.web ?? {};
  const redirectUri = redirectUris.find((one) => !one.includes('*'));
  if (clientId === undefined || redirectUri === undefined) throw new Error('the app web has no fixed redirect URI');
  const query = new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: redirectUri });
  const redirected = new Set<string>();
  for (const { id, endpoints } of emulator.rows()) {
    if (endpoints.length !== 1 || endpoints[0] !== 'authorize') continue;
    emulator.fault({ action: { row: id } });
    const answer = await fetch(`${emulator.loginUrl}/services/oauth2/authorize?${query}`, { redirect: 'manual' });
    if (answer.headers.get('location')?.startsWith(redirectUri)) redirected.add(id);
  }
  return redirected;
}

function settingsTable(schema: Schema | undefined): string {
  const required = new Set(schema?.required);
  const lines = Object.entries(schema?.properties ?? {}).map(([name, setting]) =>
    row([code(name), `${typeOf(setting)}${required.has(name) ? ', required' : ''}`, setting.description ?? '']),
  );
  return [row(['setting', 'value', '']), row(['---', '---', '---']), ...lines].join('\n');
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(' ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
  if (schema.type === 'object')
    return schema.properties === undefined ? 'object' : `{ ${Object.keys(schema.properties).join(', ')} }`;
  if (schema.type === 'integer' && schema.maximum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  return { boolean: 'true, false', integer: 'whole number', string: 'text' }[schema.type ?? ''] ?? schema.type ?? '';
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
