import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { EventRow } from '@forcemint/core/connections/connection';
import { StoreError } from '@forcemint/core/errors';
import type { PendingRevocation, StoreCondition, StoredRow } from '@forcemint/core/ports';
import type { ReplicaRow, ResealedRow, StoreMaintenance, StoreSize, StoreStanding } from '@forcemint/core/store-maintenance';
import { integer, json, optionalText, text } from '../rows/columns.ts';
import { eventFromRow, revocationFromRow, storedRowFrom, tokenParameters } from '../rows/rows.ts';
import { addEvents } from './add-events.ts';
import { findingsOf } from './integrity.ts';
import { SqliteKeys } from './sqlite-keys.ts';

/** Rows that one transaction takes at most: it keeps the event loop, and other processes that write, waiting for a few milliseconds. */
const ROWS_AT_ONCE = 64;
const EVENTS_AT_ONCE = 256;
const DELETED_AT_ONCE = 1_000;
/** Pages in the write-ahead log at which a handle that writes everything moves them into the file; each move waits for the disk twice. SQLite's own is 1,000. */
const CHECKPOINT_PAGES = 4_000;

/** What an operator does to the whole store, in small transactions between those of everybody else. */
export abstract class SqliteMaintenance extends SqliteKeys implements StoreMaintenance {
  #writesMuch = false;

  standing(): Promise<StoreStanding> {
    return this.read(() => {
      const row = this.maintenance.standing.get();
      return {
        storeId: text(row, 'store_id'),
        label: optionalText(row, 'label'),
        generation: integer(row, 'generation'),
        condition: json<StoreCondition>(row, 'condition'),
      };
    });
  }

  /** Every write reads the condition inside its own transaction, and SQLite has one writer at a time: what began before is over when this has its turn. */
  setCondition(next: StoreCondition, expected: StoreCondition): Promise<boolean> {
    return this.write(undefined, () => {
      if (!isDeepStrictEqual(this.conditionNow(), JSON.parse(JSON.stringify(expected)))) return false;
      this.maintenance.setCondition.run(JSON.stringify(next));
      return true;
    });
  }

  setLabel(label: string): Promise<void> {
    return this.write(undefined, () => void this.maintenance.setLabel.run(label));
  }

  raiseGeneration(atLeast = 0): Promise<number> {
    return this.write(undefined, () => integer(this.maintenance.raiseGeneration.get(atLeast), 'generation'));
  }

  size(): Promise<StoreSize> {
    return this.read(() => {
      const row = this.maintenance.size.get();
      return {
        connections: integer(row, 'connections'),
        tokens: integer(row, 'tokens'),
        events: integer(row, 'events'),
        revocations: integer(row, 'revocations'),
      };
    });
  }

  pageRows(after: string | undefined, limit: number): Promise<readonly StoredRow[]> {
    return this.read(() => this.maintenance.rowsAfter.all(after ?? '', limit).map(storedRowFrom));
  }

  pageEvents(after: number, limit: number): Promise<readonly EventRow[]> {
    return this.read(() => this.maintenance.eventsAfter.all(after, limit).map(eventFromRow));
  }

  pageRevocations(after: string | undefined, limit: number): Promise<readonly PendingRevocation[]> {
    return this.read(() => this.maintenance.revocationsAfter.all(after ?? '', limit).map(revocationFromRow));
  }

  async reseal(rows: readonly ResealedRow[]): Promise<readonly boolean[]> {
    this.#writeMuch();
    const written: boolean[] = [];
    for (const { batch, isLast } of batches(rows, ROWS_AT_ONCE)) {
      written.push(...(await this.write('begin', () => batch.map((row) => this.#resealed(row)), isLast)));
    }
    return written;
  }

  resealRevocation({ id, sealed, tries }: PendingRevocation): Promise<boolean> {
    return this.write('begin', () => this.maintenance.resealRevocation.run(sealed, id, tries).changes > 0);
  }

  async fill({ rows = [], events = [], revocations = [] }: Parameters<StoreMaintenance['fill']>[0]): Promise<void> {
    this.#writeMuch();
    for (const { batch, isLast } of batches(rows, ROWS_AT_ONCE)) {
      const write = () => {
        for (const row of batch) this.#fillRow(row);
      };
      await this.write('fill', write, isLast);
    }
    for (const { batch, isLast } of batches(events, EVENTS_AT_ONCE)) {
      await this.write('fill', () => addEvents(this.statements, batch), isLast);
    }
    for (const { batch, isLast } of batches(revocations, EVENTS_AT_ONCE)) {
      const write = () => {
        for (const { id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries } of batch) {
          this.maintenance.fillRevocation.run(id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries);
        }
      };
      await this.write('fill', write, isLast);
    }
  }

  async empty(): Promise<void> {
    const { emptyEvents, emptyRevocations, emptyConnections, emptyTokens } = this.maintenance;
    for (const some of [emptyEvents, emptyRevocations, emptyConnections, emptyTokens]) {
      while (await this.write('fill', () => some.run(DELETED_AT_ONCE).changes > 0));
    }
  }

  /** SQLite's own check runs in a thread of its own, over a handle of its own; the rows are read page by page between other work. */
  async checkIntegrity(): Promise<readonly string[]> {
    const findings = [...(await findingsOf(this.path))];
    for (const row of await this.read(() => this.maintenance.connectionsWithoutToken.all())) {
      findings.push(`the connection ${text(row, 'name')} has no token row`);
    }
    for await (const finding of this.#unreadableRows()) findings.push(finding);
    return findings;
  }

  async *#unreadableRows(): AsyncGenerator<string> {
    const { rowsAfter } = this.maintenance;
    for (let after = ''; ; ) {
      const rows = await this.read(() => rowsAfter.all(after, ROWS_AT_ONCE));
      for (const row of rows) {
        after = text(row, 'connection_id');
        try {
          storedRowFrom(row);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          yield `the row of the connection with the id ${after}: ${error.message}`;
        }
      }
      if (rows.length < ROWS_AT_ONCE) return;
      await nextTurn();
    }
  }

  async listReplicas(): Promise<readonly ReplicaRow[]> {
    return [];
  }

  async deleteReplica(): Promise<boolean> {
    return false;
  }

  #writeMuch(): void {
    if (this.#writesMuch) return;
    this.database.exec(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    this.#writesMuch = true;
  }

  #resealed({ connection, token }: ResealedRow): boolean {
    const { connectionRevision, tokenRevision, resealSecrets, resealTokens } = this.maintenance;
    if (connection !== undefined && connectionRevision.get(connection.id)?.['revision'] !== connection.revision - 1) return false;
    if (token !== undefined && tokenRevision.get(token.connectionId)?.['revision'] !== token.revision - 1) return false;
    if (connection !== undefined) {
      resealSecrets.run(connection.revision, connection.secrets, connection.id, connection.revision - 1);
    }
    if (token !== undefined) {
      const { revision, refreshToken = null, accessToken = null, heldAnswer = null, connectionId, version, generation } = token;
      const before = revision - 1;
      resealTokens.run(revision, refreshToken, accessToken, heldAnswer, connectionId, before, version, generation);
    }
    return true;
  }

  #fillRow({ connection, token }: StoredRow): void {
    if (connection === undefined) this.maintenance.deleteConnection.run(token.connectionId);
    else {
      const { id, name, revision, settings, secrets, createdAtMs, updatedAtMs } = connection;
      this.maintenance.fillConnection.run(id, name, revision, JSON.stringify(settings), secrets, createdAtMs, updatedAtMs);
    }
    this.maintenance.fillToken.run(tokenParameters(token));
  }
}

/** The last one waits for the disk, and all before it with it. */
function* batches<T>(all: readonly T[], size: number): Generator<{ readonly batch: readonly T[]; readonly isLast: boolean }> {
  for (let first = 0; first < all.length; first += size) {
    yield { batch: all.slice(first, first + size), isLast: first + size >= all.length };
  }
}
