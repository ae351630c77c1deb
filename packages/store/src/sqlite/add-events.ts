import type { ConnectionEvent } from '@forcemint/core/connections/connection';
import type { Statements } from './statements.ts';

/** Adds events behind those that there are, and takes the oldest away where there are too many. Inside the caller's transaction. */
export function addEvents(statements: Statements, events: readonly ConnectionEvent[]): void {
  for (const { connectionId, atMs, type, detail } of events) {
    statements.insertEvent.run({ connection_id: connectionId, at_ms: atMs, type, detail: JSON.stringify(detail) });
  }
  for (const connectionId of new Set(events.map((event) => event.connectionId))) {
    statements.trimEvents.run({ connection_id: connectionId });
  }
}
