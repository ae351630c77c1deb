import { UsageError } from '../usage-error.ts';

/** What a person pasted: a whole callback, which must carry this login's state, or the code alone, which carries none. */
export interface PastedCallback {
  readonly kind: 'callback' | 'code';
  /** Decoded exactly once: `code` and `state`, or `error`. */
  readonly parameters: URLSearchParams;
}

/**
 * Reads what a person took out of the address bar: the whole callback URL, its query, or the code alone; percent-encoded or not. A `+` stays a `+`:
 * codes hold no spaces, and address bars show it as it is.
 * @throws UsageError when there is no code in it
 */
export function readPastedCallback(text: string): PastedCallback {
  const pasted = text
    .trim()
    .replace(/^(["'`<])(.*)["'`>]$/s, '$2')
    .trim();
  if (pasted === '') throw unreadable('Nothing was pasted.');
  if (/\s/.test(pasted)) throw unreadable('What was pasted has spaces or line ends in it.');
  const query = queryOf(pasted);
  if (query === undefined) return { kind: 'code', parameters: parametersOf([['code', decoded(pasted)]]) };
  const parameters = parametersOf(pairsOf(query));
  if (parameters.has('code_challenge') || parameters.has('response_type')) {
    throw unreadable('This is the address to open in the browser, not the one it comes back to.');
  }
  if (!parameters.has('code') && !parameters.has('error')) throw unreadable('There is neither a code nor an error in it.');
  const isUrl = pasted.includes('://') || parameters.has('state') || parameters.has('error');
  return { kind: isUrl ? 'callback' : 'code', parameters };
}

/** The query of a URL, or of text that is one; `undefined`: it is a code. */
function queryOf(pasted: string): string | undefined {
  const mark = pasted.indexOf('?');
  if (mark >= 0) return withoutFragment(pasted.slice(mark + 1));
  if (/^(?:code|error|state)=/.test(pasted)) return withoutFragment(pasted);
  return pasted.includes('://') ? '' : undefined;
}

function withoutFragment(query: string): string {
  return query.split('#', 1)[0] ?? '';
}

function pairsOf(query: string): readonly (readonly [string, string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      return mark < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, mark)), decoded(pair.slice(mark + 1))];
    });
}

function parametersOf(pairs: readonly (readonly [string, string])[]): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of pairs) parameters.append(name, value);
  if (parameters.getAll('code').length > 1 || parameters.getAll('state').length > 1) {
    throw unreadable('It holds more than one code or state.');
  }
  return parameters;
}

/** Percent-decoded once; text that cannot be decoded was never encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unreadable(reason: string): UsageError {
  return new UsageError(`${reason} What is needed is the address that the browser ended at, or the code in it.`, {
    fix: [
      'Copy the whole address from the address bar, even if the page itself could not be shown, and paste it.',
      'Or only what stands behind code= in it.',
    ],
  });
}
