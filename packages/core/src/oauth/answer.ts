import { MalformedResponseError } from '../errors.ts';
import type { HttpResponse } from '../ports.ts';

/** A well-formed refusal (RFC 6749 §5.2). */
export interface Refusal {
  readonly kind: 'refused';
  readonly error: string;
  /** Cut to 300 characters; what looks like a credential is blanked. */
  readonly errorDescription: string | undefined;
  readonly status: number;
}

/** The members of a JSON object that came as an answer. */
export type Members = Readonly<Record<string, unknown>>;

/** The body as a JSON object; `undefined` if it is anything else. */
export function jsonObject(body: Uint8Array): Members | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** The refusal in an error answer; `undefined` when there is none to read. */
export function refusalIn(answer: HttpResponse): Refusal | undefined {
  if (answer.status < 400) return undefined;
  const members = jsonObject(answer.body);
  const error = members?.['error'];
  if (typeof error !== 'string' || error === '') return undefined;
  const description = members?.['error_description'];
  return {
    kind: 'refused',
    error: harmless(error, 80),
    errorDescription: typeof description === 'string' ? harmless(description, 300) : undefined,
    status: answer.status,
  };
}

/** Foreign text that can be shown: no control characters, nothing that looks like a credential, not longer than `length`. */
export function harmless(text: string, length: number): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  return printable.replace(/[A-Za-z0-9+/=_.!~-]{24,}/g, (run) => (/[0-9]/.test(run) ? '[redacted]' : run)).slice(0, length);
}

/** Why an answer that is neither tokens nor a refusal is of no use. Never quotes the body. */
export function malformed(answer: HttpResponse, host: string): MalformedResponseError {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    return new MalformedResponseError(
      'redirected',
      status,
      `${host} answered the token request with a redirect (${status}), which is not followed.`,
      {
        diagnosis: {
          cause: 'A token endpoint does not redirect; following would hand the credentials to another host.',
          fix: ['Check the login URL; the My Domain may have been renamed: Setup → My Domain.'],
          who: 'developer',
          retry: 'fix-first',
        },
      },
    );
  }
  const html = /^\s*</.test(Buffer.from(answer.body.subarray(0, 64)).toString('latin1'));
  const what =
    answer.body.length === 0 ? 'nothing' : html ? 'an HTML page' : 'something that is not the JSON of a token endpoint';
  const passing = status >= 500 || status === 429 || (status === 200 && html);
  return new MalformedResponseError(
    status === 200 ? 'not_json' : 'unexpected_status',
    status,
    `${host} answered with ${what} (HTTP ${status}).`,
    {
      retryable: passing,
      diagnosis: {
        cause: passing
          ? 'Maintenance, an incident, or something between here and Salesforce that answers in its place.'
          : 'This host does not serve Salesforce’s token endpoint at this address.',
        fix: passing
          ? ['Try again later; trust.salesforce.com tells of incidents.', 'Check proxies between here and Salesforce.']
          : ['Check the login URL: forcemint show NAME'],
        who: passing ? 'salesforce' : 'developer',
        retry: passing ? 'wait' : 'fix-first',
      },
    },
  );
}
