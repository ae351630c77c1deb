import { CATALOGUE, rowOf } from './catalogue.ts';
import type { Evidence } from './evidence.ts';
import type { CatalogueRow, Saying } from './row.ts';

/** How much each thing counts. Words decide; circumstances choose among rows that say the same. */
const POINTS = {
  text: 60,
  cutText: 35,
  /** One that stands for many causes; one that means something by itself. */
  sharedCode: 25,
  code: 70,
  /** For each character of a text, so that the longer of two that both fit wins. */
  character: 0.2,
  wrongCode: -15,
  fits: 20,
  contradicts: -30,
  /** What a page says besides weighs more than that it is one. */
  page: -50,
  heading: -50,
} as const;

/** As much of a text as must be there before it is taken for one that was cut off. */
const SHORTEST_CUT = 12;
/** Of a text that follows other words. */
const CUT_SHARE = 0.65;
const LOGIN_HOST = /^(?:login|test)\.salesforce\.com$/;

export interface Match {
  readonly row: CatalogueRow;
  readonly points: number;
  /** Said in words; else only the code fits, and the code is not the row's alone. */
  readonly isWorded: boolean;
  /** It is said to other requests than this one is known to be. */
  readonly contradicts: boolean;
}

/** The rows that fit what was said, best first. */
export function matches(evidence: Evidence): readonly Match[] {
  const named = evidence.ids.map((id) => rowOf(id)).filter((row) => row !== undefined);
  const fitting = CATALOGUE.flatMap((row) => {
    const said = Math.max(...row.says.map((saying) => pointsOf(saying, evidence)), 0);
    if (said === 0) return [];
    const fit = circumstances(row, evidence);
    return [{ row, points: said + fit, isWorded: isWorded(row, evidence), contradicts: fit < 0 && row.isPage !== true }];
  }).toSorted((a, b) => b.points - a.points);
  const all = [
    ...named.map((row) => ({ row, points: Number.POSITIVE_INFINITY, isWorded: true, contradicts: false })),
    ...fitting.filter(({ row }) => !named.includes(row)),
  ];
  return all.length > 0 ? all : pages(evidence);
}

function pointsOf(saying: Saying, evidence: Evidence): number {
  const { code, text } = saying;
  const codePoints = pointsOfCode(code, evidence);
  if (text === undefined) return Math.max(codePoints, 0);
  const worded = textPoints(saying, evidence);
  return worded === 0 ? 0 : worded + codePoints;
}

function pointsOfCode(code: string | undefined, { codes }: Evidence): number {
  if (code === undefined || codes.length === 0) return 0;
  if (!codes.includes(code.toLowerCase())) return POINTS.wrongCode;
  return isShared(code) ? POINTS.sharedCode : POINTS.code;
}

function textPoints({ code, text = '', isHeading }: Saying, { descriptions, whole }: Evidence): number {
  const length = text.length * POINTS.character + (isHeading === true ? POINTS.heading : 0);
  // A code that is repeated in place of words.
  if (text === code) return descriptions.includes(text) ? POINTS.text + length : 0;
  if (descriptions.some((description) => description.includes(text)) || whole.includes(text)) return POINTS.text + length;
  return [...descriptions, whole].some((said) => isCutOff(said, text)) ? POINTS.cutText : 0;
}

/** Whether `said` is the beginning of `text`, or breaks off behind most of it. */
function isCutOff(said: string, text: string): boolean {
  if (said.length >= SHORTEST_CUT && text.startsWith(said)) return true;
  const least = Math.max(SHORTEST_CUT, Math.ceil(text.length * CUT_SHARE));
  for (let length = Math.min(said.length, text.length - 1); length >= least; length -= 1) {
    if (said.endsWith(text.slice(0, length))) return true;
  }
  return false;
}

function circumstances(row: CatalogueRow, { endpoint, grant, host, isPage, tokenWorks }: Evidence): number {
  const weigh = (known: boolean, fits: boolean): number => (!known ? 0 : fits ? POINTS.fits : POINTS.contradicts);
  return (
    weigh(endpoint !== undefined, endpoint !== undefined && row.endpoints.includes(endpoint)) +
    weigh(grant !== undefined && row.grants !== undefined, grant !== undefined && row.grants?.includes(grant) === true) +
    weigh(host !== undefined && row.onlyLoginHosts === true, host !== undefined && LOGIN_HOST.test(host)) +
    (row.isPage === true ? POINTS.page + weigh(true, isPage) : 0) +
    weigh(tokenWorks === true && row.endpoints.includes('introspect'), row.id === 'V4')
  );
}

/** Whether a code that others share is not all that speaks for it. */
function isWorded(row: CatalogueRow, evidence: Evidence): boolean {
  return row.says.some((saying) => {
    const { code, text } = saying;
    if (text !== undefined) return textPoints(saying, evidence) > 0;
    return code !== undefined && evidence.codes.includes(code.toLowerCase()) && !isShared(code);
  });
}

/** Each of these stands for several causes, which the words behind it tell apart. */
const SHARED = ['invalid_grant', 'invalid_request', 'invalid_client', 'invalid_scope'];

/** Rows that come with a code that was said, whatever else they say. */
export function withCode(evidence: Evidence): readonly CatalogueRow[] {
  return CATALOGUE.filter(({ codes }) => codes.some((code) => evidence.codes.includes(code.toLowerCase())))
    .map((row) => ({ row, points: circumstances(row, evidence) }))
    .filter(({ points }) => points >= 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ row }) => row);
}

function isShared(code: string): boolean {
  return SHARED.includes(code.toLowerCase());
}

/** HTML where something else should have come, in words that no row has. */
function pages({ isPage, endpoint }: Evidence): readonly Match[] {
  if (!isPage) return [];
  return CATALOGUE.filter((row) => row.isPage === true && (endpoint === undefined || row.endpoints.includes(endpoint))).map(
    (row) => ({
      row,
      points: 1,
      isWorded: true,
      contradicts: false,
    }),
  );
}
