/** What the parser makes of a query. Names keep their case; `at` counts the characters before the name. */

export interface SoqlQuery {
  readonly select: Select;
  readonly from: SourceName;
  readonly where: Condition | undefined;
  readonly orderBy: readonly OrderBy[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** `COUNT()`, or a list of fields and functions. */
export type Select = { readonly kind: 'countRows' } | { readonly kind: 'list'; readonly items: readonly SelectItem[] };

export type SelectItem =
  | { readonly kind: 'field'; readonly path: FieldPath }
  | { readonly kind: 'count'; readonly path: FieldPath; readonly alias: string | undefined }
  | { readonly kind: 'fields'; readonly group: FieldGroup; readonly at: number }
  /** `(SELECT … FROM Contacts)`: a query of a relationship from parent to child. */
  | { readonly kind: 'children'; readonly query: SoqlQuery };

export type FieldGroup = 'ALL' | 'STANDARD' | 'CUSTOM';

export interface SourceName {
  readonly name: string;
  readonly at: number;
  readonly alias: string | undefined;
}

/** `Name`, `Account.Name`, `a.Account.Name`. */
export interface FieldPath {
  readonly names: readonly string[];
  readonly at: number;
}

export interface OrderBy {
  readonly path: FieldPath;
  readonly isDescending: boolean;
  readonly isNullsLast: boolean;
}

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'compare'; readonly path: FieldPath; readonly operator: ComparisonOperator; readonly value: Literal }
  /** `pattern` as it is written between the quotes: escapes tell a wildcard from its character. */
  | { readonly kind: 'like'; readonly path: FieldPath; readonly pattern: string }
  | { readonly kind: 'in'; readonly path: FieldPath; readonly isNegated: boolean; readonly values: readonly Literal[] };

export type Literal =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  /** `YYYY-MM-DD`. */
  | { readonly kind: 'date'; readonly value: string }
  /** `YYYY-MM-DDThh:mm:ss.sss+0000`. */
  | { readonly kind: 'datetime'; readonly value: string }
  /** `TODAY`, `LAST_N_DAYS:30`: the name in upper case. */
  | { readonly kind: 'dateLiteral'; readonly name: string; readonly count: number | undefined };
