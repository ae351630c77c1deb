import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { perSecond } from './figure.ts';
import { openUnlimited } from './rotating-connections.ts';

/** Renews its connections of one store, all at once, for as many seconds as it is told; prints how that went, as JSON. */
const [home = '', hosts = '', names = ''] = process.argv.slice(2);
const connections = names.split(',');
await using forcemint = await openUnlimited(home, hosts.split(','));
console.log('ready');
for await (const seconds of createInterface({ input: process.stdin })) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [beganMs, before] = [performance.now(), process.cpuUsage()];
  const rate = await perSecond(Number(seconds), connections.length, (_, lane) => forcemint.renew(connections[lane] ?? ''));
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / (rate * (performance.now() - beganMs));
  delay.disable();
  console.log(JSON.stringify({ rate, cpuMs, delayMs: delay.percentile(99) / 1e6 }));
}
