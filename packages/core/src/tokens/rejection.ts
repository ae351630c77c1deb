import type { ConnectionEvent, ConnectionRow } from '../connections/connection.ts';
import { learnFromRejection } from '../salesforce/expiry.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { notFound } from './failures.ts';

/**
 * "This token got a 401": never handed out again, and its age may teach the connection's real lifetime. Acts only if it is still the current one.
 * @param rejected fingerprint of the token
 * @returns whether it was the current one
 */
export async function rejectToken(
  ports: Pick<ExchangePorts, 'store' | 'clock'>,
  connection: ConnectionRow,
  rejected: string,
): Promise<boolean> {
  const { store, clock } = ports;
  for (;;) {
    const row = await store.getToken(connection.id);
    if (row === undefined) throw notFound(connection.name);
    const { details } = row;
    if (details === undefined || details.fingerprint !== rejected || details.reportedInvalid === true) return false;
    const nowMs = clock.nowMs();
    const learned = learnFromRejection(nowMs / 1000 - details.issuedAt, details.expirySource, nowMs);
    const next = {
      ...row,
      revision: row.revision + 1,
      details: { ...details, reportedInvalid: true },
      exchange: { ...row.exchange, rejected: { fingerprint: rejected, returned: 0 }, learned: learned ?? row.exchange.learned },
    };
    const event: ConnectionEvent = {
      connectionId: connection.id,
      atMs: nowMs,
      type: 'reported-invalid',
      detail: { fingerprint: rejected },
    };
    if (await store.updateToken(next, row.revision, [event])) return true;
  }
}
