import type { EndpointName } from '../endpoints.ts';

/**
 * How a row is answered.
 *
 * - `oauth`: `error` and `error_description` in the form of the endpoint: JSON, form-encoded, or a redirect to the client
 * - `page`: the authorization error page, wherever the request came
 * - `login`: the login form with a message
 * - `text`: one word of plain text
 * - `inactive`: `{"active":false}`
 * - `rest`: a JSON array with one error
 * - `soap`: a SOAP 1.1 fault
 * - `html`: a page that has nothing to do with the request
 * - `reset`: no answer, the connection is reset
 */
export type RowForm = 'oauth' | 'page' | 'login' | 'text' | 'inactive' | 'rest' | 'soap' | 'html' | 'reset';

/** One of the answers that a row of the error catalogue is known to have. */
export interface RowAnswer {
  /** Tells the answers of one row apart; missing where there is one only. */
  readonly variant?: string;
  /** `error` of OAuth, `errorCode` of REST, `faultcode` of SOAP, or the word of a plain text. */
  readonly error?: string;
  /** `error_description`, `message`, `faultstring`, or the text of a page. `<token>` stands for the token of the request. */
  readonly description?: string;
  /** No sighting of Salesforce's own words is known: the description is ours, the code is Salesforce's. */
  readonly isOurText?: boolean;
  /** Default: the one of the form. */
  readonly status?: number;
  /** Default: the one of the row. */
  readonly form?: RowForm;
  /** The browser must not be sent back to the client: the error page is shown. */
  readonly isPage?: boolean;
  /** Path of `error_uri` on the host that was asked. */
  readonly errorPath?: string;
  /** Path of a redirect on the host that was asked. */
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The first one is the default. */
export type RowAnswers = readonly [RowAnswer, ...RowAnswer[]];

/** An answer with an `error` and an `error_description`. */
export type OAuthAnswer = RowAnswer & { readonly error: string; readonly description: string };
export type OAuthAnswers = readonly [OAuthAnswer, ...OAuthAnswer[]];

/** A row of the error catalogue. */
export interface Row {
  readonly id: string;
  readonly form: RowForm;
  /** Where Salesforce gives this answer. */
  readonly endpoints: readonly EndpointName[];
  readonly answers: RowAnswers;
}
