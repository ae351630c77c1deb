/** `2027-11-23`. @param epochMs epoch milliseconds */
export function day(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** `12 s`, `5 min`, `3 h`, `40 days`: whole, and never more than it is. @param durationMs 0 and more */
export function roughly(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

export const DAY_MS = 86_400_000;
