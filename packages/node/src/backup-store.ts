import type { Report } from '@forcemint/core/maintenance/progress';
import { backupSqlite } from '@forcemint/store/sqlite/backup';
import type { MaintainedStore } from './open-maintenance.ts';
import { dumpPostgres } from './pg-dump.ts';

/**
 * Writes a store into a new file, by the database's own means, while others use it. What is sealed stays sealed, and the master key is not in it. Afterwards
 * the store's generation rises above that of the copy, so that the copy is known as one when it is restored.
 * @throws StoreError
 */
export async function backupStore(
  { location, guard }: Pick<MaintainedStore, 'location' | 'guard'>,
  target: string,
  env: Readonly<NodeJS.ProcessEnv>,
  report: Report,
): Promise<void> {
  await guard.check();
  if (location.is === 'sqlite') {
    await backupSqlite(location.path, target, (done, total) => report({ step: 'copying pages', done, total }));
  } else {
    report({ step: 'copying pages', done: 0, total: undefined });
    await dumpPostgres(location.url, target, env);
  }
  await guard.raise();
}
