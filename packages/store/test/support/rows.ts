import { randomBytes, randomUUID } from 'node:crypto';
import type { ConnectionEvent, ConnectionRow, EventType } from '@forcemint/core/connections/connection';
import { newExchangeRecord } from '@forcemint/core/tokens/exchange';
import type { TokenRow } from '@forcemint/core/tokens/token-row';

export function connectionRow(changes: Partial<ConnectionRow> = {}): ConnectionRow {
  return {
    id: randomUUID(),
    name: 'acme',
    revision: 1,
    settings: {
      grant: 'jwt-bearer',
      loginUrl: 'https://acme.my.salesforce.com',
      clientId: 'synthetic-client-id',
      clientAuth: 'none',
      username: 'robot@acme.example',
      rotates: 'auto',
      introspect: 'auto',
      sessionTimeoutSeconds: 7200,
      apiVersion: '66.0',
      labels: { team: 'blue', schlüssel: 'ünïcode ✓' },
    },
    secrets: randomBytes(64),
    createdAtMs: 1_700_000_000_000,
    updatedAtMs: 1_700_000_000_001,
    ...changes,
  };
}

export function tokenRow(connectionId: string, changes: Partial<TokenRow> = {}): TokenRow {
  return { connectionId, revision: 1, version: 1, generation: 0, exchange: newExchangeRecord(), ...changes };
}

export function event(connectionId: string, type: EventType, n = 0): ConnectionEvent {
  return { connectionId, atMs: 1_700_000_000_000 + n, type, detail: { n } };
}

/** Fails for `undefined`, so that a test says what was missing. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value was expected');
  return value;
}
