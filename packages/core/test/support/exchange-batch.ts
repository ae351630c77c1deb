import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { ExchangePlay } from './exchange-play.ts';
import { type ServerKind, scripts } from './exchange-script.ts';
import { replicaScripts } from './replica-script.ts';

/** Some schedules against one kind of server. */
export interface Batch {
  readonly server: ServerKind;
  /** Several machines share the store. */
  readonly isShared: boolean;
  readonly seed: number;
  readonly schedules: number;
}

/** Plays a batch. What is wrong, with the smallest schedule that shows it, ready to become a regression test; `undefined`: nothing. */
async function playBatch({ server, isShared, seed, schedules }: Batch): Promise<string | undefined> {
  const property = fc.asyncProperty((isShared ? replicaScripts : scripts)(fc.constant(server)), async (script) => {
    const { violations } = await ExchangePlay.of(script);
    if (violations.length > 0) throw new Error([...new Set(violations)].join('; '));
  });
  const { failed, counterexample, counterexamplePath, errorInstance } = await fc.check(property, { seed, numRuns: schedules });
  if (!failed) return undefined;
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `${reason}\nseed ${seed}, path ${counterexamplePath}; the schedule, for exchange-model-regressions.test.ts:\n${JSON.stringify(counterexample?.[0])}`;
}

/** Plays batches in several threads at once and tells of each that is done. What is wrong with the first that fails; `undefined`: nothing. */
export async function playBatches(
  batches: readonly Batch[],
  threads: number,
  done: (schedules: number) => void,
): Promise<string | undefined> {
  const waiting = [...batches];
  let wrong: string | undefined;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url));
    try {
      for (let batch = waiting.shift(); batch !== undefined && wrong === undefined; batch = waiting.shift()) {
        const found = await inWorker(worker, batch);
        wrong ??= found;
        done(batch.schedules);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return wrong;
}

function inWorker(worker: Worker, batch: Batch): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (wrong: string | undefined) => {
      worker.off('error', reject);
      resolve(wrong);
    });
    worker.postMessage(batch);
  });
}

if (!isMainThread) parentPort?.on('message', async (batch: Batch) => parentPort?.postMessage(await playBatch(batch)));
