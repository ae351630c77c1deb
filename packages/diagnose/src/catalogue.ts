import { TOKEN_ERROR_ROWS } from '@forcemint/core/salesforce/token-error-rows';
import { RETRY } from '@forcemint/core/salesforce/token-errors';
import { plain } from './evidence.ts';
import type { CatalogueRow, RowData, Saying } from './row.ts';
import { ANY_REQUEST_ROWS } from './rows/any-token-request.ts';
import { AUTHORIZATION_CODE_ROWS } from './rows/authorization-code.ts';
import { AUTHORIZE_ROWS } from './rows/authorize.ts';
import { CLIENT_CREDENTIALS_ROWS } from './rows/client-credentials.ts';
import { JWT_BEARER_ROWS } from './rows/jwt-bearer.ts';
import { OTHER_GRANT_ROWS } from './rows/other-grants.ts';
import { REFRESH_TOKEN_ROWS } from './rows/refresh-token.ts';
import { REST_ROWS } from './rows/rest.ts';
import { TOKEN_STATE_ROWS } from './rows/token-state.ts';

/** Everything that Salesforce is known to refuse with, in the order of its families. */
export const CATALOGUE: readonly CatalogueRow[] = [
  ...JWT_BEARER_ROWS,
  ...AUTHORIZATION_CODE_ROWS,
  ...REFRESH_TOKEN_ROWS,
  ...CLIENT_CREDENTIALS_ROWS,
  ...OTHER_GRANT_ROWS,
  ...ANY_REQUEST_ROWS,
  ...AUTHORIZE_ROWS,
  ...TOKEN_STATE_ROWS,
  ...REST_ROWS,
].map(complete);

const BY_ID: ReadonlyMap<string, CatalogueRow> = new Map(CATALOGUE.map((row) => [row.id, row]));

/** The row of an id, in any case. */
export function rowOf(id: string): CatalogueRow | undefined {
  return BY_ID.get(id.trim().toUpperCase());
}

/** With what the exchange itself knows of it: the words of the token endpoint are looked at in one table only. */
function complete(data: RowData): CatalogueRow {
  const known = TOKEN_ERROR_ROWS.filter(({ ids }) => Object.values(ids).includes(data.id));
  const [first] = known;
  const { who = first?.who, retry = first && RETRY[first.errorClass], setup = [] } = data;
  if (who === undefined || retry === undefined) throw new TypeError(`row ${data.id} lacks what the core does not know of it`);
  const says = [...known.flatMap(sayingsOf), ...(data.says ?? [])];
  return {
    ...data,
    codes: data.codes ?? codesOf(says, data.endpoints),
    says: says.filter(({ code, text }, index) => says.findIndex((other) => other.code === code && other.text === text) === index),
    causes: [...(first === undefined ? [] : [first.cause]), ...data.causes],
    fix: [...(first?.fix ?? []), ...data.fix],
    setup,
    who,
    retry,
  };
}

function sayingsOf({ error, descriptions }: (typeof TOKEN_ERROR_ROWS)[number]): readonly Saying[] {
  const code = error === undefined ? {} : { code: error };
  return descriptions === undefined ? [code] : descriptions.map((text) => ({ ...code, text: plain(text) }));
}

function codesOf(says: readonly Saying[], endpoints: CatalogueRow['endpoints']): readonly string[] {
  const own = [...new Set(says.flatMap(({ code }) => code ?? []))];
  return own.length > 0 || !endpoints.includes('token') || says.length === 0 ? own : ['invalid_grant'];
}
