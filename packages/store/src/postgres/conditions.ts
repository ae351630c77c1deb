import { StoreError } from '@forcemint/core/errors';
import type { StoreCondition } from '@forcemint/core/ports';
import { type WriteKind, writeRefusal } from '@forcemint/core/store-condition';
import type { Row } from '../rows/columns.ts';

/** As it stands in `meta`: without `failed-over`, which follows from what the replicas have reported. */
export type StoredCondition = Exclude<StoreCondition, { readonly is: 'failed-over' }>;

export function conditionOf(row: Row | undefined): StoredCondition {
  const value: unknown = row?.['condition'];
  if (typeof value !== 'object' || value === null || !('is' in value)) {
    throw new StoreError('store_corrupt', 'The store does not say what condition it is in.', {
      diagnosis: {
        cause: 'The row in forcemint.meta is missing or was changed by another program.',
        fix: ['Restore the store from a backup.'],
        who: 'operator',
        retry: 'fix-first',
      },
    });
  }
  return value as unknown as StoredCondition;
}

/** @throws StoreError `store_moved`, `store_filling` where the condition forbids a write of this kind */
export function refuseWrite(kind: WriteKind, condition: StoreCondition): void {
  const refusal = writeRefusal(condition, kind);
  if (refusal !== undefined) throw refusal;
}
