import type { Mender, RetryAdvice } from '@forcemint/core/errors';
import type { SetupPlace } from './setup-places.ts';

/** Where a refusal came from. */
export type Endpoint =
  | 'token'
  | 'authorize'
  | 'revoke'
  | 'introspect'
  | 'userinfo'
  | 'identity'
  | 'singleaccess'
  | 'rest'
  | 'soap';

/** Every grant that Salesforce has, whether Forcemint uses it or not. */
export type GrantName =
  | 'jwt-bearer'
  | 'authorization-code'
  | 'refresh-token'
  | 'client-credentials'
  | 'token-exchange'
  | 'password'
  | 'device'
  | 'saml2-bearer';

/**
 * How a fact is known: `documented` by Salesforce; read in the `source` of a real client; `verified` with a real client; `reported` by several; `single-report`;
 * `inferred` from those.
 */
export type Confidence = 'documented' | 'source' | 'verified' | 'reported' | 'single-report' | 'inferred';

/** What an answer says. All members that are given must fit. */
export interface Saying {
  /** `error` of OAuth, `errorCode` of REST, `faultcode` of SOAP, or the one word of a plain text; compared without case. */
  readonly code?: string;
  /** Part of the description or page, in lower case, with straight quotes and without a dot at its end. */
  readonly text?: string;
  /** It stands above other words that say more: these count first. */
  readonly isHeading?: boolean;
}

/** One row of the catalogue: what Salesforce says, why, and what to do. */
export interface CatalogueRow {
  /** `J1` … `H14`; never re-used. */
  readonly id: string;
  /** A few words for a list, in lower case but for names. */
  readonly title: string;
  readonly endpoints: readonly Endpoint[];
  /** The grants whose requests are refused so; absent = all, or none where the endpoint is not the token endpoint. */
  readonly grants?: readonly GrantName[];
  /** Only `login.` and `test.salesforce.com` say so. */
  readonly onlyLoginHosts?: boolean;
  /** The answer is HTML. */
  readonly isPage?: boolean;
  /** Codes that it comes with. */
  readonly codes: readonly string[];
  /** Any of these; empty: nothing that is said tells it from others. */
  readonly says: readonly Saying[];
  /** One sentence each, likeliest first. */
  readonly causes: readonly string[];
  /** What to do, likeliest cure first. */
  readonly fix: readonly string[];
  /** Where in Setup to look, in the order of `fix`. */
  readonly setup: readonly SetupPlace[];
  readonly who: Mender;
  readonly retry: RetryAdvice;
  /** Pages, release notes and programs that the row was read from. */
  readonly sources: readonly string[];
  readonly confidence: Confidence;
}

/**
 * A row as it is written down. Where the core's table of token errors has the id, what is said, the first cause, the first cures, who and retry are
 * taken from there: `says`, `causes` and `fix` are further ones, and the rest is left out.
 * `codes`, where they are not given, are those of `says`; a refusal of the token endpoint that is known by its words alone is an `invalid_grant`.
 */
export type RowData = Omit<CatalogueRow, 'codes' | 'says' | 'who' | 'retry' | 'setup'> &
  Partial<Pick<CatalogueRow, 'codes' | 'says' | 'who' | 'retry' | 'setup'>>;
