import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayRange } from '../src/rest/soql/date-literals.ts';

/** A Wednesday in the first quarter of a leap year. */
const NOW = Date.parse('2028-02-16T23:59:59Z');

const EXPECTED: readonly (readonly [name: string, count: number | undefined, start: string, end: string])[] = [
  ['YESTERDAY', undefined, '2028-02-15', '2028-02-16'],
  ['TODAY', undefined, '2028-02-16', '2028-02-17'],
  ['TOMORROW', undefined, '2028-02-17', '2028-02-18'],
  ['THIS_WEEK', undefined, '2028-02-13', '2028-02-20'],
  ['LAST_WEEK', undefined, '2028-02-06', '2028-02-13'],
  ['NEXT_MONTH', undefined, '2028-03-01', '2028-04-01'],
  ['LAST_MONTH', undefined, '2028-01-01', '2028-02-01'],
  ['THIS_QUARTER', undefined, '2028-01-01', '2028-04-01'],
  ['LAST_QUARTER', undefined, '2027-10-01', '2028-01-01'],
  ['THIS_YEAR', undefined, '2028-01-01', '2029-01-01'],
  ['LAST_90_DAYS', undefined, '2027-11-18', '2028-02-17'],
  ['LAST_N_DAYS', 1, '2028-02-15', '2028-02-17'],
  ['NEXT_N_DAYS', 13, '2028-02-17', '2028-03-01'],
  ['N_DAYS_AGO', 2, '2028-02-14', '2028-02-15'],
  ['LAST_N_MONTHS', 2, '2027-12-01', '2028-02-01'],
  ['NEXT_N_WEEKS', 1, '2028-02-20', '2028-02-27'],
  ['N_YEARS_AGO', 3, '2025-01-01', '2026-01-01'],
  ['LAST_N_YEARS', 99_999, '0000-01-01', '2028-01-01'],
  ['NEXT_N_YEARS', 99_999, '2029-01-01', '9999-12-31'],
];

test('date literals stand for whole days in UTC, weeks from Sunday', () => {
  for (const [name, count, start, end] of EXPECTED) assert.deepEqual(dayRange(name, count, NOW), { start, end }, name);
});
