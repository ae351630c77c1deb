import type { DataKeyRow } from '@forcemint/core/ports';
import type { WriteKind } from '@forcemint/core/store-condition';
import type { FormerMasterKey, StoredKeys } from '@forcemint/core/store-maintenance';
import { blob, integer, optionalBlob, type Row } from '../rows/columns.ts';
import { dataKeyFromRow } from '../rows/rows.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database, Transaction } from './database.ts';

/** The keys as the database has them. What changes several of them does so behind the lock of the store's one row of `meta`. */
export class StoredKeyRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(): Promise<StoredKeys> {
    return this.#database.transaction(async ({ query }) => {
      // One snapshot for all: a master key and what it wrapped belong together.
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      const [meta] = await query('SELECT master_key_check FROM forcemint.meta WHERE id = 1');
      const dataKeys = await query('SELECT * FROM forcemint.data_keys ORDER BY id');
      const formers = await query('SELECT * FROM forcemint.former_master_keys ORDER BY seq');
      const wrapped = await query('SELECT * FROM forcemint.former_data_keys ORDER BY id');
      return {
        check: optionalBlob(meta ?? {}, 'master_key_check'),
        dataKeys: dataKeys.map(dataKeyFromRow),
        former: formers.map((row) => formerFromRow(row, wrapped)),
      };
    });
  }

  async isEmpty(): Promise<boolean> {
    const [row] = await this.#database.read(
      `SELECT ((SELECT master_key_check IS NULL FROM forcemint.meta WHERE id = 1) AND NOT EXISTS (SELECT FROM forcemint.data_keys)
         AND NOT EXISTS (SELECT FROM forcemint.connections) AND NOT EXISTS (SELECT FROM forcemint.tokens))::int AS empty`,
    );
    return integer(row, 'empty') === 1;
  }

  initialise({ check, dataKey }: { readonly check: Uint8Array; readonly dataKey: DataKeyRow }): Promise<boolean> {
    return this.#change(
      async ({ query }) => {
        const bound = await query(
          'UPDATE forcemint.meta SET master_key_check = $1 WHERE id = 1 AND master_key_check IS NULL RETURNING id',
          [check],
        );
        if (bound.length > 0) await insertDataKey(query, dataKey);
        return bound.length > 0;
      },
      async () => same((await this.read()).check, check),
      undefined,
    );
  }

  /** `false` also where the master key was replaced since: then `former` lacks one that stands in the store. */
  addDataKey(dataKey: DataKeyRow, former: ReadonlyMap<number, DataKeyRow>): Promise<boolean> {
    return this.#change(
      async ({ query }) => {
        const formers = (await query('SELECT id FROM forcemint.former_master_keys')).map((row) => integer(row, 'id'));
        if (formers.some((id) => !former.has(id))) return false;
        if (!(await insertDataKey(query, dataKey))) return false;
        for (const [masterKeyId, row] of former)
          if (formers.includes(masterKeyId)) await insertFormerDataKey(query, masterKeyId, row);
        return true;
      },
      async () => (await this.read()).dataKeys.some(({ id, wrapped }) => id === dataKey.id && same(wrapped, dataKey.wrapped)),
    );
  }

  deleteDataKey(id: number): Promise<boolean> {
    return this.#change(
      async ({ query }) => {
        await query('DELETE FROM forcemint.former_data_keys WHERE id = $1', [id]);
        return (await query('DELETE FROM forcemint.data_keys WHERE id = $1 RETURNING id', [id])).length > 0;
      },
      async () => !(await this.read()).dataKeys.some((key) => key.id === id),
    );
  }

  replaceMasterKey(
    next: { readonly check: Uint8Array; readonly dataKeys: readonly DataKeyRow[] },
    former: FormerMasterKey,
    expectedCheck: Uint8Array,
  ): Promise<boolean> {
    return this.#change(
      async ({ query }) => {
        const [meta] = await query('SELECT master_key_check FROM forcemint.meta WHERE id = 1');
        const stored = (await query('SELECT id FROM forcemint.data_keys ORDER BY id')).map((row) => integer(row, 'id'));
        const given = next.dataKeys.map(({ id }) => id).sort((a, b) => a - b);
        if (!same(optionalBlob(meta ?? {}, 'master_key_check'), expectedCheck) || stored.join() !== given.join()) return false;
        await query('UPDATE forcemint.meta SET master_key_check = $1 WHERE id = 1', [next.check]);
        for (const { id, wrapped } of next.dataKeys)
          await query('UPDATE forcemint.data_keys SET wrapped = $2 WHERE id = $1', [id, wrapped]);
        await query(
          'INSERT INTO forcemint.former_master_keys (id, key_check, sealed_key, replaced_at_ms) VALUES ($1, $2, $3, $4)',
          [former.id, former.check, former.sealedKey, former.replacedAtMs],
        );
        for (const row of former.dataKeys) await insertFormerDataKey(query, former.id, row);
        return true;
      },
      async () => same((await this.read()).check, next.check),
    );
  }

  deleteFormerMasterKey(id: number): Promise<boolean> {
    return this.#change(
      async ({ query }) => {
        await query('DELETE FROM forcemint.former_data_keys WHERE master_key_id = $1', [id]);
        return (await query('DELETE FROM forcemint.former_master_keys WHERE id = $1 RETURNING id', [id])).length > 0;
      },
      async () => !(await this.read()).former.some((key) => key.id === id),
    );
  }

  #change(
    change: (transaction: Transaction) => Promise<boolean>,
    isDone: () => Promise<boolean>,
    kind: WriteKind | undefined = 'begin',
  ): Promise<boolean> {
    return this.#database.transaction(
      async (transaction) => {
        await transaction.durable();
        const [meta] = await transaction.query('SELECT condition FROM forcemint.meta WHERE id = 1 FOR UPDATE');
        if (kind !== undefined) refuseWrite(kind, conditionOf(meta));
        return change(transaction);
      },
      { whenCut: async () => ((await isDone()) ? true : undefined) },
    );
  }
}

async function insertDataKey(query: Transaction['query'], { id, wrapped, createdAtMs }: DataKeyRow): Promise<boolean> {
  const sql =
    'INSERT INTO forcemint.data_keys (id, wrapped, created_at_ms) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING id';
  return (await query(sql, [id, wrapped, createdAtMs])).length > 0;
}

async function insertFormerDataKey(query: Transaction['query'], masterKeyId: number, row: DataKeyRow): Promise<void> {
  await query('INSERT INTO forcemint.former_data_keys (master_key_id, id, wrapped, created_at_ms) VALUES ($1, $2, $3, $4)', [
    masterKeyId,
    row.id,
    row.wrapped,
    row.createdAtMs,
  ]);
}

function formerFromRow(row: Row, wrapped: readonly Row[]): FormerMasterKey {
  const id = integer(row, 'id');
  return {
    id,
    check: blob(row, 'key_check'),
    sealedKey: blob(row, 'sealed_key'),
    dataKeys: wrapped.filter((key) => integer(key, 'master_key_id') === id).map(dataKeyFromRow),
    replacedAtMs: integer(row, 'replaced_at_ms'),
  };
}

function same(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
