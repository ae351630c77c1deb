import { randomUUID } from 'node:crypto';
import type { PendingRevocation } from '@forcemint/core/ports';

export function pendingRevocation(connectionId: string, changes: Partial<PendingRevocation> = {}): PendingRevocation {
  return {
    id: randomUUID(),
    connectionId,
    reason: 'superseded',
    sealed: Buffer.from('sealed'),
    createdAtMs: 1_700_000_000_000,
    dueAtMs: 1_700_000_000_000,
    tries: 0,
    ...changes,
  };
}
