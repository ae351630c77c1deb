import { StoreError } from '../errors.ts';
import type { StoreCondition } from '../ports.ts';
import { fillingError, movedError } from '../store-condition.ts';

const BARS: ReadonlySet<string> = new Set(['store_moved', 'store_filling', 'store_quarantined', 'store_failed_over']);

/**
 * Refuses what must not begin in a store of this condition.
 * @param touchesGrant it would use up a refresh token, or end a grant
 * @throws StoreError `store_moved`, `store_filling`, `store_quarantined`, `store_failed_over`
 */
export function refuseBarred(condition: StoreCondition, touchesGrant: boolean): void {
  const refusal = barred(condition, touchesGrant);
  if (refusal !== undefined) throw refusal;
}

/** The refusal of `refuseBarred`; `undefined`: it may begin. */
export function barred(condition: StoreCondition, touchesGrant: boolean): StoreError | undefined {
  switch (condition.is) {
    case 'active':
      return undefined;
    case 'moving':
    case 'moved':
      return movedError(condition.to, condition.is === 'moved' ? 'has moved' : 'is being moved');
    case 'filling':
      return fillingError(condition.from);
    case 'quarantined':
      return touchesGrant ? quarantined(condition.evidence) : undefined;
    case 'failed-over':
      return touchesGrant ? failedOver(condition.untilMs) : undefined;
  }
}

/** Whether that is why nothing began: a living token is handed out all the same. */
export function isBar(error: unknown): boolean {
  return error instanceof StoreError && BARS.has(error.code);
}

function quarantined(evidence: string): StoreError {
  return new StoreError('store_quarantined', `No refresh token is used from this store: ${evidence}`, {
    diagnosis: {
      cause:
        'Refresh tokens that rotate work once. Those of an older copy are spent, and presenting a spent one ends the grant wherever it is in use.',
      fix: [
        'If this is the store of before, restored from a backup: forcemint store adopt --restored',
        'If it is a copy for another purpose (staging), and the original lives on: forcemint store adopt --clone',
      ],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function failedOver(untilMs: number): StoreError {
  return new StoreError(
    'store_failed_over',
    `The database went on from a copy that may lack the last renewals; no refresh token is used until those who made them have been heard, or ${new Date(untilMs).toISOString()}.`,
    {
      retryable: true,
      retryAt: Math.ceil(untilMs / 1000),
      diagnosis: {
        cause: 'A standby that lagged behind was promoted. Each replica brings back what its spool holds and the database lost.',
        fix: ['Wait; keep every replica running, or start again those that stopped.'],
        who: 'nobody',
        retry: 'wait',
      },
    },
  );
}

/** Another process holds the connection's lease by now. */
export function leaseLost(name: string): StoreError {
  return new StoreError('lease_lost', `The right to renew ${name} ran out before the request left; nothing was sent.`, {
    retryable: true,
    diagnosis: {
      cause: 'This process stood still for too long (suspended, stopped, or a machine without time), or the database did.',
      fix: ['Ask again.'],
      who: 'nobody',
      retry: 'wait',
    },
  });
}
