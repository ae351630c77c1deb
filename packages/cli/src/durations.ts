import { UsageError } from './usage-error.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Seconds from `30s`, `15m`, `2h` or `1d`.
 * @throws UsageError naming the flag
 */
export function parseDuration(text: string, flag: string): number {
  const match = /^([0-9]{1,7})([smhd])$/.exec(text.trim());
  const unit = UNIT_SECONDS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new UsageError(`${flag} needs a duration, not ${JSON.stringify(text.slice(0, 40))}.`, {
      why: 'A duration is a whole number and a unit: s, m, h or d.',
      fix: [`${flag} 30s, ${flag} 15m, ${flag} 2h or ${flag} 1d`],
    });
  }
  return Number(match[1]) * unit;
}
