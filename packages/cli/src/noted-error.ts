/** An error, told with the way out that fits what the command did about it. */
export class NotedError extends Error {
  override readonly cause: Error;
  /** What to do next, instead of what the error itself says. */
  readonly fix: readonly string[];

  constructor(cause: Error, fix: readonly string[]) {
    super(cause.message);
    this.name = 'NotedError';
    this.cause = cause;
    this.fix = fix;
  }
}
