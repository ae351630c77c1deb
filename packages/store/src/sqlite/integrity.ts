import { Worker } from 'node:worker_threads';
import { asStoreError } from './sqlite-errors.ts';

/** Findings that are told at most; a damaged file can have millions. */
const MAX_FINDINGS = 100;

/**
 * A text, so that it is there in the bundled command line as well. Opening a handle of its own in this process is safe: SQLite counts the locks of all
 * handles of one process together, and frees none of them when one is closed.
 */
const CHECK = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  try {
    const database = new DatabaseSync(workerData.path, { readOnly: true, timeout: 5000 });
    const rows = database.prepare('PRAGMA integrity_check(' + workerData.most + ')').all();
    database.close();
    parentPort.postMessage({ findings: rows.map((row) => row.integrity_check) });
  } catch (error) {
    parentPort.postMessage({ message: error.message, errcode: error.errcode });
  }
`;

type Report = { readonly findings: readonly string[] } | { readonly message: string; readonly errcode: number | undefined };

/** What SQLite finds wrong with the file (https://sqlite.org/pragma.html#pragma_integrity_check), one line each. @throws StoreError */
export async function findingsOf(path: string): Promise<readonly string[]> {
  const worker = new Worker(CHECK, { eval: true, workerData: { path, most: MAX_FINDINGS }, execArgv: [] });
  try {
    const report = await new Promise<Report>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread that checks the store ended early')));
    });
    if ('findings' in report) return report.findings.filter((line) => line !== 'ok');
    throw asStoreError(Object.assign(new Error(report.message), { errcode: report.errcode }), path);
  } finally {
    await worker.terminate();
  }
}
