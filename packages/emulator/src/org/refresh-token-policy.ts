const UNIT_MS: Readonly<Record<string, number>> = { HOURS: 3_600_000, DAYS: 86_400_000, MONTHS: 30 * 86_400_000 };
const IDLE_TTL_MS = 30 * 86_400_000;

/** When refresh tokens of an app stop being accepted; looked at only when one is used. */
export interface RefreshTokenPolicy {
  readonly issues: boolean;
  readonly lifetimeMs: number;
  readonly inactivityMs: number;
}

/** True for a grant whose refresh token the policy of its app no longer accepts. */
export function isOverdue(
  { issuedAtMs, lastUsedMs }: { readonly issuedAtMs: number; readonly lastUsedMs: number },
  { issues, lifetimeMs, inactivityMs }: RefreshTokenPolicy,
  nowMs: number,
): boolean {
  return !issues || nowMs - issuedAtMs > lifetimeMs || nowMs - lastUsedMs > inactivityMs;
}

/**
 * Reads `infinite`, `zero`, `specific_lifetime:<n>:<unit>` or `specific_inactivity:<n>:<unit>` (ConnectedApp metadata);
 * `enforceIdleTtl` adds Salesforce's 30-day idle limit.
 *
 * @returns undefined when the text is none of them
 */
export function parseRefreshTokenPolicy(text: string, enforceIdleTtl: boolean): RefreshTokenPolicy | undefined {
  const idleMs = enforceIdleTtl ? IDLE_TTL_MS : Number.POSITIVE_INFINITY;
  const infinite = { issues: true, lifetimeMs: Number.POSITIVE_INFINITY, inactivityMs: idleMs };
  if (text === 'infinite') return infinite;
  if (text === 'zero') return { ...infinite, issues: false };
  const match = /^specific_(lifetime|inactivity):([1-9]\d{0,3}):(HOURS|DAYS|MONTHS)$/.exec(text);
  const unitMs = UNIT_MS[match?.[3] ?? ''];
  if (match === null || unitMs === undefined) return undefined;
  const ms = Number(match[2]) * unitMs;
  if (match[1] === 'inactivity') return { ...infinite, inactivityMs: enforceIdleTtl ? IDLE_TTL_MS : ms };
  return { issues: true, lifetimeMs: ms, inactivityMs: ms > IDLE_TTL_MS ? idleMs : Number.POSITIVE_INFINITY };
}
