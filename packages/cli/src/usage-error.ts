/** What was typed cannot be done as it stands; exit code 2. Its texts never hold a secret. */
export class UsageError extends Error {
  readonly code = 'usage';
  /** One sentence: why. */
  readonly why: string | undefined;
  /** What to type instead, most likely first. */
  readonly fix: readonly string[];

  constructor(message: string, options: { readonly why?: string; readonly fix?: readonly string[] } = {}) {
    super(message);
    this.name = 'UsageError';
    this.why = options.why;
    this.fix = options.fix ?? [];
  }
}
