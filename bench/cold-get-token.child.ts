import { openForcemint } from '@forcemint/node';
import { median } from './figure.ts';
import { environmentOf } from './place.ts';

/** Two stores, the same work on both in turn: opening one, and getting tokens whose names this process has not met. */
const OPENINGS = 20;
const [small = '', large = '', smallSize = '', largeSize = '', calls = ''] = process.argv.slice(2);

/** `c…` in an order that jumps through the store. */
function* names(size: number): Generator<string, never> {
  for (let index = 0; ; index += 1) yield `c${(index * 7_919) % size}`;
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const startedMs = performance.now();
  const value = await work();
  return [performance.now() - startedMs, value];
}

async function openingMs(home: string): Promise<number> {
  const [ms, forcemint] = await timed(() => openForcemint({ home, env: environmentOf(home) }));
  await forcemint[Symbol.asyncDispose]();
  return ms;
}

// Whichever is opened first pays a little more: they take turns in that too.
const [openSmall, openLarge]: [number[], number[]] = [[], []];
for (let opening = 0; opening < OPENINGS; opening += 1) {
  if (opening % 2 === 0) openSmall.push(await openingMs(small));
  openLarge.push(await openingMs(large));
  if (opening % 2 === 1) openSmall.push(await openingMs(small));
}
await using inSmall = await openForcemint({ home: small, env: environmentOf(small) });
await using inLarge = await openForcemint({ home: large, env: environmentOf(large) });
const [smallNames, largeNames] = [names(Number(smallSize)), names(Number(largeSize))];
const [smallMs, largeMs]: [number[], number[]] = [[], []];
for (let call = 0; call < Number(calls); call += 1) {
  smallMs.push((await timed(() => inSmall.getToken(smallNames.next().value)))[0]);
  largeMs.push((await timed(() => inLarge.getToken(largeNames.next().value)))[0]);
}
console.log(
  JSON.stringify({
    openSmallMs: median(openSmall),
    openLargeMs: median(openLarge),
    smallMs: median(smallMs),
    largeMs: median(largeMs),
    residentMb: process.memoryUsage().rss / 1e6,
  }),
);
