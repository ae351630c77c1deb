import { findAnswer, ROWS } from '../rows/catalogue.ts';
import type { RowAnswer } from '../rows/row.ts';
import type { OAuthError } from './oauth-error.ts';

/** What somebody wants said otherwise; null leaves the description out. */
export interface Rewording {
  readonly error?: string | undefined;
  readonly description?: string | null | undefined;
}

/** A refusal as it goes out. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  /** null: there is none. */
  readonly description: string | null;
  /** Path of `error_uri` on the host that was asked. */
  readonly errorPath?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The browser must not be sent back to the client. */
  readonly isPage: boolean;
}

const DEFAULT_STATUS = 400;

/** The texts and statuses of OAuth refusals, as the catalogue has them unless the configuration says otherwise. */
export class Refusals {
  readonly #descriptions: Readonly<Record<string, string | null>>;
  readonly #statuses: Readonly<Record<string, number>>;

  constructor(descriptions: Readonly<Record<string, string | null>>, statuses: Readonly<Record<string, number>>) {
    this.#descriptions = descriptions;
    this.#statuses = statuses;
  }

  /** What a handler threw. */
  of(error: OAuthError): Refusal {
    const row = error.row === undefined ? undefined : ROWS.get(error.row);
    const answer = row === undefined ? undefined : findAnswer(row, error.variant);
    if (row === undefined || answer === undefined) {
      return { status: DEFAULT_STATUS, error: error.error, description: error.description, isPage: false };
    }
    return this.ofRow(row.id, answer);
  }

  /** One of the answers of a row. The configured description replaces that of the first one. */
  ofRow(id: string, answer: RowAnswer, rewording: Rewording = {}): Refusal {
    const isFirst = ROWS.get(id)?.answers[0] === answer;
    const configured = isFirst ? this.#descriptions[id] : undefined;
    const ofCatalogue = configured === undefined ? (answer.description ?? null) : configured;
    return {
      status: this.#statuses[id] ?? answer.status ?? DEFAULT_STATUS,
      error: rewording.error ?? answer.error ?? '',
      description: rewording.description === undefined ? ofCatalogue : rewording.description,
      errorPath: answer.errorPath,
      headers: answer.headers,
      isPage: answer.isPage ?? false,
    };
  }
}

/** The fields of an error answer: RFC 6749 section 5.2. */
export function errorFields(refusal: Refusal, origin: string): Record<string, string> {
  return {
    error: refusal.error,
    ...(refusal.description === null ? {} : { error_description: refusal.description }),
    ...(refusal.errorPath === undefined ? {} : { error_uri: `${origin}${refusal.errorPath}` }),
  };
}

/** Puts the token of the request into a text that repeats it. */
export function withToken(refusal: Refusal, token: string | null): Refusal {
  const { description } = refusal;
  return { ...refusal, description: description === null ? null : description.replaceAll('<token>', () => token ?? '') };
}
