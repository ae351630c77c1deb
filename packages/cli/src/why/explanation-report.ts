import {
  type CatalogueRow,
  CONFIDENCE_IN_WORDS,
  type Explanation,
  type LoginHistoryFinding,
  RETRY_IN_WORDS,
  type SetupPlace,
  WHO_IN_WORDS,
} from '@forcemint/diagnose';
import type { Paint } from '../terminal/paint.ts';
import { oneLine } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import { wrapped } from '../terminal/wrap.ts';

const LABEL_WIDTH = 8;
const NOT_KNOWN = 1;

/** How text is shown: in colour or not, and how wide. */
export interface Look {
  readonly paint: Paint;
  /** `undefined`: lines are not broken. */
  readonly columns: number | undefined;
}

/** What a person reads of an explanation. */
export function explanationText(explanation: Explanation, look: Look): string {
  const { certainty, row, others, nearest, status } = explanation;
  const named = (title: string, rows: readonly CatalogueRow[]): string[] => {
    const most = Math.max(0, ...rows.map(({ id }) => id.length));
    return rows.length === 0 ? [] : ['', title, ...rows.map((each) => `  ${each.id.padEnd(most)}  ${brief(each)}`)];
  };
  if (certainty === 'unknown') {
    return [
      'Nothing in the catalogue says this, so what it means is not known.',
      'Look at the same attempt in the org: Setup → Login History shows a status that is clearer, and forcemint why explains that one.',
      ...named('What comes nearest (they say something else):', nearest),
    ].join('\n');
  }
  if (certainty === 'code') {
    return [
      'The code alone does not tell why: the words behind it decide, and these are missing or not known.',
      'Give the whole answer, or say which request it was (--grant, --endpoint).',
      ...named('It is said for:', others),
      ...named('What comes nearest in its words:', nearest),
    ].join('\n');
  }
  const heading =
    status === undefined ? [] : [`Login History: ${status.text}${status.meaning === undefined ? '' : ` (${status.meaning})`}`];
  return [
    ...heading,
    ...(row === undefined ? [] : rowLines(row, explanation, look)),
    ...named(certainty === 'known' ? 'The same words mean, in other circumstances:' : 'It can also be:', others),
  ].join('\n');
}

/** What `why` ends with. */
export function exitCodeOf({ certainty }: Explanation): number {
  return certainty === 'unknown' ? NOT_KNOWN : 0;
}

/** The same for programs. Of the text that was given it repeats nothing. */
export function explanationDocument({ certainty, row, others, nearest, status, evidence }: Explanation): unknown {
  const { endpoint, grant, host } = evidence;
  return {
    certainty,
    ...(row === undefined ? {} : { row: rowDocument(row, host) }),
    ...(status === undefined ? {} : { login_status: status.status ?? null, login_status_text: status.text }),
    others: others.map(briefDocument),
    nearest: nearest.map(briefDocument),
    request: { endpoint: endpoint ?? null, grant: grant ?? null, host: host ?? null },
  };
}

/** The Login History, commonest failure first. */
export function historyText(findings: readonly LoginHistoryFinding[], { paint, columns }: Look): string {
  const rows = findings.map(({ count, said, latest = '', rows: meant, isSuccess, status }) => [
    String(count),
    oneLine(said),
    latest,
    isSuccess ? '' : meant[0] === undefined ? (status?.meaning ?? 'not in the catalogue') : `${meant[0].id}: ${meant[0].title}`,
  ]);
  return table(rows, { head: ['TIMES', 'STATUS', 'LAST', 'WHY'], paint, ...(columns !== undefined && { columns }) });
}

export function historyDocument(findings: readonly LoginHistoryFinding[]): unknown {
  return findings.map(({ said, count, latest, applications, loginUrls, status, rows, isSuccess }) => ({
    said,
    count,
    latest: latest ?? null,
    applications,
    login_urls: loginUrls,
    login_status: status?.status ?? null,
    success: isSuccess,
    rows: rows.map(briefDocument),
  }));
}

function rowLines(row: CatalogueRow, { evidence }: Explanation, { paint, columns }: Look): string[] {
  const line = (label: string, text: string): string =>
    `${paint('dim', label.padEnd(LABEL_WIDTH))}${wrapped(text, LABEL_WIDTH, columns)}`;
  const list = (label: string, texts: readonly string[]): string[] =>
    texts.map((text, index) => line(index === 0 ? label : '', text));
  return [
    `${paint('bold', row.id)}  ${paint('bold', row.title)}  ${paint('dim', `(${placeOf(row)})`)}`,
    '',
    ...list(
      'why:',
      row.causes.map((cause, index) => (index === 0 ? cause : `or: ${cause}`)),
    ),
    ...list(
      'do:',
      row.fix.map((step, index) => `${index + 1}. ${step}`),
    ),
    ...list(
      'setup:',
      row.setup.map((place) => setupLine(place, evidence.host)),
    ),
    line('who:', WHO_IN_WORDS[row.who]),
    line('retry:', RETRY_IN_WORDS[row.retry]),
    line('source:', `${CONFIDENCE_IN_WORDS[row.confidence]}: ${row.sources.join('; ')}`),
  ];
}

function rowDocument(row: CatalogueRow, host: string | undefined): unknown {
  const { id, title, endpoints, grants, causes, fix, setup, who, retry, sources, confidence } = row;
  return {
    id,
    title,
    endpoints,
    grants: grants ?? null,
    causes,
    fix,
    setup: setup.map((place) => ({ path: place.path, link: linkOf(place, host) ?? null })),
    who,
    retry,
    sources,
    confidence,
  };
}

function briefDocument({ id, title, endpoints, grants }: CatalogueRow): unknown {
  return { id, title, endpoints, grants: grants ?? null };
}

function brief(row: CatalogueRow): string {
  return `${row.title} (${placeOf(row)})`;
}

function placeOf({ endpoints, grants }: CatalogueRow): string {
  return grants === undefined ? endpoints.join(', ') : grants.join(', ');
}

function setupLine(place: SetupPlace, host: string | undefined): string {
  const link = linkOf(place, host);
  return link === undefined ? place.path : `${place.path}   ${link}`;
}

/** On the org's own domain; at the shared login hosts nothing can be linked to. */
function linkOf({ link }: SetupPlace, host: string | undefined): string | undefined {
  const isOrg = host !== undefined && /\.my\.salesforce\.com$/.test(host);
  return link === undefined || !isOrg ? undefined : `https://${host}${link}`;
}
