import { ALL_ENDPOINTS, type EndpointName, OAUTH_ENDPOINTS } from '../endpoints.ts';
import { PAGE_ANSWERS, REST_PAGE_ANSWERS, REST_ROWS, SOAP_ANSWERS } from './api-rows.ts';
import { AUTHORIZE_ROWS, ERROR_PAGE_ANSWERS, LOGIN_PAGE_ANSWERS, OAUTH1_ANSWERS } from './authorize-rows.ts';
import type { Row, RowAnswer, RowAnswers, RowForm } from './row.ts';
import { ANY_GRANT_ROWS, ANY_OAUTH_ROWS, GRANT_ROWS, OTHER_GRANT_ROWS } from './token-rows.ts';
import { IDENTITY_ANSWERS, INTROSPECT_ROWS, REVOKE_ROWS, SINGLE_ACCESS_ANSWERS } from './token-state-rows.ts';

/** JWT bearer, authorization code, refresh token, client credentials, exchange, password, device, SAML, any, authorize, token state, API. */
const FAMILIES = 'JARKXPDSTZVH';

function rows(table: Readonly<Record<string, RowAnswers>>, form: RowForm, endpoints: readonly EndpointName[]): Row[] {
  return Object.entries(table).map(([id, answers]) => ({ id, form, endpoints, answers }));
}

function place({ id }: Row): number {
  return FAMILIES.indexOf(id.charAt(0)) * 100 + Number(id.slice(1));
}

const ALL: readonly Row[] = [
  ...rows({ ...GRANT_ROWS, ...OTHER_GRANT_ROWS, ...ANY_GRANT_ROWS }, 'oauth', ['token']),
  ...rows(ANY_OAUTH_ROWS, 'oauth', OAUTH_ENDPOINTS),
  ...rows({ T8: PAGE_ANSWERS }, 'html', ALL_ENDPOINTS),
  ...rows({ T9: [{}] }, 'reset', ALL_ENDPOINTS),
  ...rows(AUTHORIZE_ROWS, 'oauth', ['authorize']),
  ...rows({ Z17: OAUTH1_ANSWERS }, 'html', ['authorize']),
  ...rows({ Z18: ERROR_PAGE_ANSWERS }, 'page', ['authorize']),
  ...rows({ Z19: LOGIN_PAGE_ANSWERS }, 'login', ['login']),
  ...rows(REVOKE_ROWS, 'oauth', ['revoke']),
  ...rows({ V3: [{}], V4: [{}] }, 'inactive', ['introspect']),
  ...rows(INTROSPECT_ROWS, 'oauth', ['introspect']),
  ...rows(IDENTITY_ANSWERS, 'text', ['userinfo', 'identity']),
  ...rows({ V8: SINGLE_ACCESS_ANSWERS }, 'text', ['singleaccess']),
  ...rows(REST_ROWS, 'rest', ['rest']),
  ...rows({ H13: REST_PAGE_ANSWERS }, 'html', ['rest']),
  ...rows({ H14: SOAP_ANSWERS }, 'soap', ['soap']),
];

/** Every answer that Salesforce's endpoints are known to refuse with, by its id: `J1` … `H14`. */
export const ROWS: ReadonlyMap<string, Row> = new Map(
  ALL.toSorted((left, right) => place(left) - place(right)).map((row) => [row.id, row]),
);

/** The variant of that name, the first one without a name; undefined when there is none of it. */
export function findAnswer(row: Row, variant: string | undefined): RowAnswer | undefined {
  return variant === undefined ? row.answers[0] : row.answers.find((answer) => answer.variant === variant);
}

/** Which rows somebody may have meant who wrote `id`. */
export function similarRows(id: string): string {
  const exact = ROWS.get(id.trim().toUpperCase());
  if (exact !== undefined) return exact.id;
  const family = id.trim().charAt(0).toUpperCase();
  const families = family !== '' && FAMILIES.includes(family) ? family : FAMILIES;
  return [...families]
    .map(
      (letter) =>
        `${letter}1 to ${
          ROWS.values()
            .toArray()
            .findLast((row) => row.id.startsWith(letter))?.id
        }`,
    )
    .join(', ');
}
