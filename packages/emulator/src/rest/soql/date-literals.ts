/** From the first day, until before the second: `YYYY-MM-DD`, in UTC. */
export interface DayRange {
  readonly start: string;
  readonly end: string;
}

type Unit = 'DAYS' | 'WEEKS' | 'MONTHS' | 'QUARTERS' | 'YEARS';

/** Units before or after the current one: from the first, until before the second. */
type Span = readonly [unit: Unit, from: number, to: number];

const UNITS: readonly Unit[] = ['WEEKS', 'MONTHS', 'QUARTERS', 'YEARS'];

const FIXED: ReadonlyMap<string, Span> = new Map<string, Span>([
  ['YESTERDAY', ['DAYS', -1, 0]],
  ['TODAY', ['DAYS', 0, 1]],
  ['TOMORROW', ['DAYS', 1, 2]],
  ['LAST_90_DAYS', ['DAYS', -90, 1]],
  ['NEXT_90_DAYS', ['DAYS', 1, 91]],
  ...UNITS.flatMap((unit): readonly (readonly [string, Span])[] => [
    [`LAST_${unit.slice(0, -1)}`, [unit, -1, 0]],
    [`THIS_${unit.slice(0, -1)}`, [unit, 0, 1]],
    [`NEXT_${unit.slice(0, -1)}`, [unit, 1, 2]],
  ]),
]);

const COUNTED: ReadonlyMap<string, (count: number) => Span> = new Map<string, (count: number) => Span>([
  ['LAST_N_DAYS', (count) => ['DAYS', -count, 1]],
  ['NEXT_N_DAYS', (count) => ['DAYS', 1, count + 1]],
  ['N_DAYS_AGO', (count) => ['DAYS', -count, 1 - count]],
  ...UNITS.flatMap((unit): readonly (readonly [string, (count: number) => Span])[] => [
    [`LAST_N_${unit}`, (count) => [unit, -count, 0]],
    [`NEXT_N_${unit}`, (count) => [unit, 1, count + 1]],
    [`N_${unit}_AGO`, (count) => [unit, -count, 1 - count]],
  ]),
]);

/** Whether SOQL knows that date literal, such as `TODAY`, or with a count, such as `LAST_N_DAYS`. */
export function isDateLiteral(name: string, hasCount: boolean): boolean {
  return hasCount ? COUNTED.has(name) : FIXED.has(name);
}

/** The days that a date literal stands for now; weeks begin on Sunday, quarters are the calendar's. */
export function dayRange(name: string, count: number | undefined, nowMs: number): DayRange {
  const span = count === undefined ? FIXED.get(name) : COUNTED.get(name)?.(count);
  const [unit, from, to] = span ?? ['DAYS', 0, 1];
  return { start: startOf(unit, from, nowMs), end: startOf(unit, to, nowMs) };
}

/** First day of the unit that lies so many units from the current one. */
function startOf(unit: Unit, offset: number, nowMs: number): string {
  const now = new Date(nowMs);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  switch (unit) {
    case 'DAYS':
      return toDay(year, month, day + offset);
    case 'WEEKS':
      return toDay(year, month, day - now.getUTCDay() + 7 * offset);
    case 'MONTHS':
      return toDay(year, month + offset, 1);
    case 'QUARTERS':
      return toDay(year, month - (month % 3) + 3 * offset, 1);
    default:
      return toDay(year + offset, 0, 1);
  }
}

/** Kept within the years of four digits, whose days compare as texts. */
function toDay(year: number, month: number, day: number): string {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCFullYear() < 0) return '0000-01-01';
  return date.getUTCFullYear() > 9999 ? '9999-12-31' : date.toISOString().slice(0, 10);
}
