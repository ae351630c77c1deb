import { createSpool } from '../../src/spool.ts';

/** Writes answers to one place, numbered and as long as their number says, until it is killed. */
const [directory = '', connectionId = ''] = process.argv.slice(2);
const spool = createSpool({ directory });
await spool.reserve(connectionId);
for (let n = 1; ; n += 1) {
  const sealed = new Uint8Array(1_000 + ((n * 997) % 12_000)).fill(n % 256);
  await spool.write({ connectionId, attemptId: String(n), version: n, stagedAtMs: 0, sealed });
  process.stdout.write(`written ${n}\n`);
}
