import { openForcemint } from '@forcemint/node';
import { environmentOf } from './place.ts';

/** A replica that nobody asks for anything, until its standard input ends. */
const [home = ''] = process.argv.slice(2);
await using _replica = await openForcemint({ home, env: environmentOf(home) });
console.log('ready');
for await (const _ of process.stdin);
