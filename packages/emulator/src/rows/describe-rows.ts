import type { EndpointName } from '../endpoints.ts';
import type { Refusals } from '../oauth/refusals.ts';
import { ROWS } from './catalogue.ts';
import type { Row, RowAnswer, RowForm } from './row.ts';

/** Statuses of the forms whose answers don't name one. */
const STATUSES: Readonly<Record<RowForm, number | null>> = {
  oauth: 400,
  page: 400,
  login: 200,
  text: 403,
  inactive: 200,
  rest: 400,
  soap: 500,
  html: 200,
  reset: null,
};

/** One answer of a row, as it goes out with the configuration of this emulator. */
export interface RowText {
  /** The error code or word; null where the answer has none. */
  readonly error: string | null;
  /** null where the answer has none. */
  readonly description: string | null;
  /** null: there is no answer. On a redirect to the client it is 302 all the same. */
  readonly status: number | null;
  /** The text was seen in answers of Salesforce; else it is the emulator's, and the code is Salesforce's. */
  readonly isTextConfirmed: boolean;
}

/** A row of the error catalogue: its first answer, and all of them where there are several. */
export interface RowDescription extends RowText {
  readonly id: string;
  /** Where Salesforce gives this answer; a fault without `match.path` waits for a request to one of them. */
  readonly endpoints: readonly EndpointName[];
  readonly variants: readonly (RowText & { readonly variant: string })[];
}

export function describeRows(refusals: Refusals): RowDescription[] {
  return ROWS.values()
    .toArray()
    .map((row) => ({
      id: row.id,
      endpoints: row.endpoints,
      ...describe(refusals, row, row.answers[0]),
      variants: row.answers.flatMap((answer) =>
        answer.variant === undefined ? [] : [{ variant: answer.variant, ...describe(refusals, row, answer) }],
      ),
    }));
}

function describe(refusals: Refusals, { id, form }: Row, answer: RowAnswer): RowText {
  const { status, error, description } = refusals.ofRow(id, answer);
  const isOAuth = (answer.form ?? form) === 'oauth';
  return {
    error: answer.error === undefined ? null : error,
    description,
    status: isOAuth ? status : (answer.status ?? STATUSES[answer.form ?? form]),
    isTextConfirmed: answer.isOurText !== true && description === (answer.description ?? null),
  };
}
