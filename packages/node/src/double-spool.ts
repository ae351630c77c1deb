import { StoreError } from '@forcemint/core/errors';
import type { Clock, Spool, SpooledAnswer } from '@forcemint/core/ports';

/** For how long an answer that this machine's spool has is held up by the database, in milliseconds. */
const DATABASE_PATIENCE_MS = 1_000;

/** Answers staged in the database: whoever lives may take them up. */
export interface DatabaseStaging {
  /** @param options `durable`: on the disk of the database when it resolves; else soon after */
  write(answer: SpooledAnswer, options: { readonly durable: boolean }): Promise<void>;
  read(connectionId: string): Promise<SpooledAnswer | undefined>;
  clear(connectionId: string): Promise<void>;
}

/**
 * Stages answers in this machine's spool and in the database at once. One of the two is enough: the spool outlives a database that can't be reached, the
 * database outlives this machine.
 */
export function doubleSpool(local: Spool, staging: DatabaseStaging, clock: Pick<Clock, 'sleep'>): Spool {
  return {
    reserve: (connectionId) => local.reserve(connectionId),

    async write(answer) {
      const inDatabase = outcome(staging.write(answer, { durable: false }));
      const here = await outcome(local.write(answer));
      if (here === 'done') {
        const patience = new AbortController();
        const over = clock.sleep(DATABASE_PATIENCE_MS, patience.signal).catch(() => undefined);
        await Promise.race([inDatabase, over]);
        patience.abort('not waited for any more');
        return;
      }
      // Nothing but the database has it now: there it must be on the disk.
      if ((await outcome(staging.write(answer, { durable: true }))) !== 'done') throw here;
    },

    async read(connectionId, attempts) {
      const [here, there] = await Promise.all([
        local.read(connectionId, attempts).catch(storeErrorOnly),
        attempts.length > 0 ? staging.read(connectionId).catch(storeErrorOnly) : undefined,
      ]);
      const found = [
        ...(here instanceof StoreError ? [] : here),
        ...(there instanceof StoreError || there === undefined ? [] : [there]),
      ];
      // A place that can't be read may hold the only living refresh token, unless the answer that it would be has been found in the other.
      if (found.some(({ attemptId }) => attempts.includes(attemptId))) return found;
      if (here instanceof StoreError) throw here;
      if (there instanceof StoreError) throw there;
      return found;
    },

    async clear(connectionId) {
      await Promise.all([local.clear(connectionId), staging.clear(connectionId)]);
    },

    async discard(connectionId) {
      await Promise.all([local.discard(connectionId), staging.clear(connectionId)]);
    },

    entries: () => local.entries(),
  };
}

/** `done`, or the error; never a rejected promise that nobody waits for. */
function outcome(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => 'done',
    (error: unknown) => error,
  );
}

function storeErrorOnly(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}
