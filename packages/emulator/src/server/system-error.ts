/**
 * The code of an error of the operating system, such as `ENOENT`. Not found by `instanceof`: a test runner that gives each test
 * a realm of its own (Jest) leaves the errors of Node's modules in another.
 */
export function systemErrorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
