import { CATALOGUE } from './catalogue.ts';
import type { Circumstances, Evidence } from './evidence.ts';
import { LOGIN_STATUSES, type LoginStatus } from './login-statuses.ts';
import { matches, withCode } from './match.ts';
import { readEvidence } from './read-evidence.ts';
import type { CatalogueRow } from './row.ts';

/**
 * How well a refusal is known: `known` in these words; only its `code` is, which stands for several causes; a `login-status` of the org's Login History;
 * or `unknown`.
 */
export type Certainty = 'known' | 'code' | 'login-status' | 'unknown';

/** What a refusal means. */
export interface Explanation {
  readonly certainty: Certainty;
  /** The row that fits best; absent when the refusal is unknown. */
  readonly row?: CatalogueRow;
  /** Rows that would be meant in other circumstances, or by other words with this code; likeliest first. */
  readonly others: readonly CatalogueRow[];
  /** Of an unknown refusal: rows whose words come nearest. They say something else. */
  readonly nearest: readonly CatalogueRow[];
  /** Of a status of the Login History. */
  readonly status?: LoginStatus;
  readonly evidence: Evidence;
}

const MOST_OTHERS = 8;
const MOST_NEAREST = 3;
/** Rows this much behind the best one would be meant in other circumstances; those further behind are not meant. */
const MARGIN = 50;

/** @param text as it was said, in whatever wrapping; @param given what is known of the request besides */
export function explain(text: string, given: Circumstances = {}): Explanation {
  const evidence = readEvidence(text, given);
  const found = matches(evidence);
  const [best] = found;
  const status = statusIn(evidence);
  if (status !== undefined && best?.isWorded !== true) {
    const rows = status.rows.flatMap((id) => CATALOGUE.filter((row) => row.id === id));
    return { certainty: 'login-status', ...(rows[0] && { row: rows[0] }), others: rows.slice(1), nearest: [], status, evidence };
  }
  if (best?.isWorded !== true) {
    const coded = withCode(evidence);
    return { certainty: coded.length > 0 ? 'code' : 'unknown', others: coded, nearest: nearest(evidence), evidence };
  }
  const others = found
    .slice(1)
    .filter(({ points, isWorded, contradicts }) => isWorded && !contradicts && points > best.points - MARGIN);
  return { certainty: 'known', row: best.row, others: others.map(({ row }) => row).slice(0, MOST_OTHERS), nearest: [], evidence };
}

function statusIn({ whole }: Evidence): LoginStatus | undefined {
  return LOGIN_STATUSES.filter(({ status, text }) => {
    if (status !== undefined && new RegExp(`\\b${status}\\b`, 'i').test(whole)) return true;
    return text.length > 0 && whole.includes(text.toLowerCase());
  }).toSorted((a, b) => b.text.length - a.text.length)[0];
}

/** Rows that share words with what was said. */
function nearest({ descriptions, whole }: Evidence): readonly CatalogueRow[] {
  const said = words([...descriptions, whole].join(' '));
  return CATALOGUE.map((row) => {
    const own = [row.title, ...row.says.map(({ text }) => text ?? '')].map((text) => likeness(said, words(text)));
    return { row, likeness: Math.max(...own) };
  })
    .filter(({ likeness: much }) => much >= 0.3)
    .toSorted((a, b) => b.likeness - a.likeness)
    .slice(0, MOST_NEAREST)
    .map(({ row }) => row);
}

/** Words that say nothing by themselves. */
const EMPTY_WORDS = new Set([
  'the',
  'this',
  'that',
  'and',
  'for',
  'with',
  'was',
  'has',
  'not',
  'your',
  'error',
  'description',
  'invalid',
  'grant',
]);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/[^a-z0-9']+/).filter((word) => word.length > 2 && !EMPTY_WORDS.has(word)));
}

/** The share of words that two have in common, of those of the shorter one; at least two of them. */
function likeness(said: ReadonlySet<string>, own: ReadonlySet<string>): number {
  const common = [...own].filter((word) => said.has(word)).length;
  return common < 2 ? 0 : common / Math.min(Math.max(said.size, 1), Math.max(own.size, 1));
}
