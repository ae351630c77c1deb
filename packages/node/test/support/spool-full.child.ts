import { createSpool } from '../../src/spool.ts';

/** Runs where no file may grow beyond a few kilobytes, which is how a full disk looks to a write. */
process.on('SIGXFSZ', () => {});
const [directory = ''] = process.argv.slice(2);
const spool = createSpool({ directory });
for (const [name, run] of Object.entries({
  reserve: () => spool.reserve('one'),
  write: () => spool.write({ connectionId: 'one', attemptId: 'a', version: 1, stagedAtMs: 0, sealed: new Uint8Array(20_000) }),
})) {
  const outcome = await run().then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
  process.stdout.write(`${name} ${outcome}\n`);
}
process.stdout.write(`read ${(await spool.read('one', []))[0]?.attemptId ?? 'none'}\n`);
