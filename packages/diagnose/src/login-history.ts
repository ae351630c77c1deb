import { rowOf } from './catalogue.ts';
import { plain } from './evidence.ts';
import { LOGIN_STATUSES, type LoginStatus } from './login-statuses.ts';
import type { CatalogueRow } from './row.ts';

/** Attempts to log in that came to the same end. */
export interface LoginHistoryFinding {
  /** As the org says it. */
  readonly said: string;
  /** How many attempts. */
  readonly count: number;
  /** Of the last one in the file, as it is written there; absent where there is no such column. */
  readonly latest?: string;
  readonly applications: readonly string[];
  readonly loginUrls: readonly string[];
  /** Absent: this version does not know the status. */
  readonly status?: LoginStatus;
  /** Likeliest first. */
  readonly rows: readonly CatalogueRow[];
  readonly isSuccess: boolean;
}

/** Columns as Setup downloads them, as SOQL names them, and as the event log file does. */
const COLUMNS = {
  status: ['status', 'login status', 'loginstatus'],
  time: ['login time', 'logintime', 'timestamp', 'timestamp derived'],
  application: ['application', 'client name'],
  url: ['login url', 'loginurl'],
} as const;

/**
 * What the rows of an exported Login History tell, commonest failure first, successes last.
 * @param records column name → value
 * @throws TypeError when no column holds a status
 */
export function readLoginHistory(records: readonly Readonly<Record<string, unknown>>[]): readonly LoginHistoryFinding[] {
  const groups = Map.groupBy(records, (record) => cellOf(record, COLUMNS.status) ?? '');
  groups.delete('');
  if (groups.size === 0) throw new TypeError('no column named Status (or LOGIN_STATUS) holds anything');
  return [...groups]
    .map(([said, all]) => finding(said, all))
    .toSorted((a, b) => Number(a.isSuccess) - Number(b.isSuccess) || b.count - a.count);
}

function finding(said: string, records: readonly Readonly<Record<string, unknown>>[]): LoginHistoryFinding {
  const all = (names: readonly string[]) => [
    ...new Set(records.map((record) => cellOf(record, names)).filter((value) => value !== undefined)),
  ];
  const latest = all(COLUMNS.time).toSorted(byTime).at(-1);
  const status = loginStatusOf(said);
  return {
    said,
    count: records.length,
    ...(latest !== undefined && { latest }),
    applications: all(COLUMNS.application),
    loginUrls: all(COLUMNS.url),
    ...(status !== undefined && { status }),
    rows: (status?.rows ?? []).flatMap((id) => rowOf(id) ?? []),
    isSuccess: /^(?:success|login_no_error)$/i.test(said),
  };
}

/** The status that Login History or the event log file speaks of, by its name or by its text. */
function loginStatusOf(said: string): LoginStatus | undefined {
  const wanted = plain(said);
  const bare = wanted.replace(/^failed: /, '');
  return (
    LOGIN_STATUSES.find(({ status }) => status?.toLowerCase() === wanted) ??
    LOGIN_STATUSES.find(({ text }) => plain(text) === wanted) ??
    LOGIN_STATUSES.find(({ text }) => plain(text).replace(/^failed: /, '') === bare)
  );
}

function cellOf(record: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  for (const [column, value] of Object.entries(record)) {
    if (typeof value !== 'string' || value.trim() === '') continue;
    if (
      names.includes(
        column
          .replace(/^\uFEFF/, '')
          .replaceAll('_', ' ')
          .trim()
          .toLowerCase(),
      )
    )
      return value.trim();
  }
  return undefined;
}

/** By instant where both are dates, else as text. */
function byTime(left: string, right: string): number {
  const [a, b] = [Date.parse(left), Date.parse(right)];
  return Number.isNaN(a) || Number.isNaN(b) ? left.localeCompare(right) : a - b;
}
