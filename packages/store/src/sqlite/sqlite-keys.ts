import type { DataKeyRow } from '@forcemint/core/ports';
import type { FormerMasterKey, StoredKeys, StoreMaintenance } from '@forcemint/core/store-maintenance';
import { blob, integer, optionalBlob } from '../rows/columns.ts';
import { dataKeyFromRow } from '../rows/rows.ts';
import { SqliteHandle } from './handle.ts';
import { type MaintenanceStatements, prepareMaintenanceStatements } from './maintenance-statements.ts';

type Keys = Pick<
  StoreMaintenance,
  'readKeys' | 'isEmpty' | 'initialise' | 'addDataKey' | 'deleteDataKey' | 'replaceMasterKey' | 'deleteFormerMasterKey'
>;

/** The wrapped keys of the store. */
export abstract class SqliteKeys extends SqliteHandle implements Keys {
  #maintenance: MaintenanceStatements | undefined;

  /** Prepared when they are first needed: most processes never do. */
  protected get maintenance(): MaintenanceStatements {
    this.#maintenance ??= prepareMaintenanceStatements(this.database);
    return this.#maintenance;
  }

  /** All of them as they were at one moment. */
  readKeys(): Promise<StoredKeys> {
    return this.readTogether(() => ({
      check: optionalBlob(this.maintenance.check.get(), 'master_key_check'),
      dataKeys: this.maintenance.dataKeys.all().map(dataKeyFromRow),
      former: this.maintenance.formerMasterKeys.all().map((row): FormerMasterKey => {
        const id = integer(row, 'id');
        return {
          id,
          check: blob(row, 'key_check'),
          sealedKey: blob(row, 'sealed_key'),
          dataKeys: this.maintenance.formerDataKeys.all(id).map(dataKeyFromRow),
          replacedAtMs: integer(row, 'replaced_at_ms'),
        };
      }),
    }));
  }

  isEmpty(): Promise<boolean> {
    return this.read(() => integer(this.maintenance.isEmpty.get(), 'empty') === 1);
  }

  initialise({ check, dataKey }: { readonly check: Uint8Array; readonly dataKey: DataKeyRow }): Promise<boolean> {
    return this.write(undefined, () => {
      if (this.maintenance.initialise.run(check).changes === 0) return false;
      this.maintenance.insertDataKey.run(dataKey.id, dataKey.wrapped, dataKey.createdAtMs);
      return true;
    });
  }

  addDataKey({ id, wrapped, createdAtMs }: DataKeyRow, former: ReadonlyMap<number, DataKeyRow>): Promise<boolean> {
    return this.write('begin', () => {
      if (this.maintenance.insertDataKey.run(id, wrapped, createdAtMs).changes === 0) return false;
      for (const [masterKeyId, key] of former) {
        this.maintenance.insertFormerDataKey.run(key.id, key.wrapped, key.createdAtMs, masterKeyId);
      }
      return true;
    });
  }

  deleteDataKey(id: number): Promise<boolean> {
    return this.write('begin', () => {
      this.maintenance.deleteFormerDataKey.run(id);
      return this.maintenance.deleteDataKey.run(id).changes > 0;
    });
  }

  replaceMasterKey(
    next: { readonly check: Uint8Array; readonly dataKeys: readonly DataKeyRow[] },
    former: FormerMasterKey,
    expectedCheck: Uint8Array,
  ): Promise<boolean> {
    return this.write('begin', () => {
      const ids = this.maintenance.dataKeys.all().map((row) => integer(row, 'id'));
      const wrapped = new Map(next.dataKeys.map((key) => [key.id, key.wrapped]));
      if (wrapped.size !== ids.length || ids.some((id) => !wrapped.has(id))) return false;
      if (this.maintenance.setCheck.run(next.check, expectedCheck).changes === 0) return false;
      for (const [id, bytes] of wrapped) this.maintenance.rewrapDataKey.run(bytes, id);
      this.maintenance.insertFormerMasterKey.run(former.id, former.check, former.sealedKey, former.replacedAtMs);
      for (const key of former.dataKeys) {
        this.maintenance.insertFormerDataKey.run(key.id, key.wrapped, key.createdAtMs, former.id);
      }
      return true;
    });
  }

  deleteFormerMasterKey(id: number): Promise<boolean> {
    return this.write('begin', () => {
      this.maintenance.deleteFormerDataKeysOf.run(id);
      return this.maintenance.deleteFormerMasterKey.run(id).changes > 0;
    });
  }
}
