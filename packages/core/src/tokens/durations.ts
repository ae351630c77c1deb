/**
 * Every duration of the exchange, in one table (milliseconds unless the name says otherwise). Operators may lower them; their order is checked.
 * `callerWaitMs < exchangeDeadlineMs ≤ unknownWaitMs < leaseMs`.
 */
export interface Durations {
  /** How long a caller waits for a renewal before it gets the living token or an error. */
  readonly callerWaitMs: number;
  /** How long an exchange may take before its answer is given up. */
  readonly exchangeDeadlineMs: number;
  /** How long after an unanswered request its refresh token must not be presented again. */
  readonly unknownWaitMs: number;
  /** For how long a rotating grant's exchange is taken to be in flight. */
  readonly leaseMs: number;
  /** The same for grants that can be repeated without harm. */
  readonly shortLeaseMs: number;
  /** Only this close to the end of the living access token is an unknown outcome probed. */
  readonly probeWindowMs: number;
  /** Between two looks at the lock while somebody waits. */
  readonly pollMs: number;
  /** A cached token is trusted this long before the store's change counter is looked at again. */
  readonly cacheTrustMs: number;
  /** Between two forced renewals of one connection. */
  readonly forcedIntervalMs: number;
  /** Window and number of the budget of token requests for each connection. */
  readonly budgetWindowMs: number;
  readonly budgetRequests: number;
  /** Window and number of the budget of token requests for each Salesforce user, in this process. */
  readonly userBudgetWindowMs: number;
  readonly userBudgetRequests: number;
  /** How many exchanges of this process may be under way with one login host at a time. */
  readonly exchangesAtOncePerHost: number;
  /** Between two looks at what is to be renewed ahead of time. */
  readonly renewalTickMs: number;
  /** A refresh token that was not used for this long is used, so that it does not expire; Salesforce's idle limit can be as short as 30 days. */
  readonly keepAliveAfterMs: number;
  /** Between tries when a grant that does not rotate is told "already being processed". */
  readonly busyDelayMs: number;
}

export const DURATIONS: Durations = {
  callerWaitMs: 10_000,
  exchangeDeadlineMs: 120_000,
  unknownWaitMs: 120_000,
  leaseMs: 180_000,
  shortLeaseMs: 15_000,
  probeWindowMs: 120_000,
  pollMs: 200,
  cacheTrustMs: 1_000,
  forcedIntervalMs: 30_000,
  budgetWindowMs: 60_000,
  budgetRequests: 4,
  userBudgetWindowMs: 3_600_000,
  userBudgetRequests: 3_600,
  exchangesAtOncePerHost: 32,
  renewalTickMs: 5_000,
  keepAliveAfterMs: 25 * 86_400_000,
  busyDelayMs: 2_000,
};

/**
 * The defaults with some of them changed.
 * @throws TypeError when a duration is not a positive number or the order that the protocol needs is broken
 */
export function durationsWith(changes: Partial<Durations> = {}): Durations {
  const durations: Durations = { ...DURATIONS, ...changes };
  for (const [name, value] of Object.entries(durations)) {
    if (!(Number.isFinite(value) && value > 0)) throw new TypeError(`${name} must be a positive number, not ${value}`);
  }
  const { callerWaitMs, exchangeDeadlineMs, unknownWaitMs, leaseMs } = durations;
  if (!(callerWaitMs < exchangeDeadlineMs && exchangeDeadlineMs <= unknownWaitMs && unknownWaitMs < leaseMs)) {
    throw new TypeError('durations must keep the order callerWaitMs < exchangeDeadlineMs ≤ unknownWaitMs < leaseMs');
  }
  return durations;
}
