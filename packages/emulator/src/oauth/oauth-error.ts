/** A refusal of the OAuth endpoints. One with a `row` goes out with the text and status that the org is configured with. */
export class OAuthError extends Error {
  readonly error: string;
  readonly description: string;
  /** Id in the error catalogue. */
  readonly row: string | undefined;
  readonly variant: string | undefined;

  constructor(error: string, description: string, row?: string, variant?: string) {
    super(`${error}: ${description}`);
    this.name = 'OAuthError';
    this.error = error;
    this.description = description;
    this.row = row;
    this.variant = variant;
  }
}
