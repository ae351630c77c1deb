import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKernelLock } from '../../src/kernel-lock.ts';

/**
 * lock.child.ts STORE hold ID              takes the lock and keeps it until it is killed
 * lock.child.ts STORE work ID LOG COUNT    takes and frees it COUNT times; the log shows who was inside when
 */
const [storePath = '', command, id = '', log = '', count = '0'] = process.argv.slice(2);
const lock = createKernelLock({ storePath, condition: async () => ({ is: 'active' }) });

async function acquire() {
  for (;;) {
    const lease = await lock.tryAcquire(id, 180_000);
    if (lease !== undefined) return lease;
    await sleep(1 + Math.random() * 4);
  }
}

if (command === 'hold') {
  await acquire();
  process.stdout.write('held\n');
  setInterval(() => {}, 60_000);
} else {
  for (let n = 1; n <= Number(count); n += 1) {
    const lease = await acquire();
    appendFileSync(log, `enter ${process.pid}\n`);
    await sleep(Math.random() * 2);
    appendFileSync(log, `leave ${process.pid}\n`);
    await lease.release();
    process.stdout.write(`worked ${n}\n`);
  }
}
