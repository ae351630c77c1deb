import { openForcemint } from '@forcemint/node';

await using forcemint = await openForcemint();
const calls = Array.from({ length: Number(process.argv[2]) }, () => forcemint.getToken('acme'));
const values = new Set((await Promise.all(calls)).map(({ value }) => value));
if (values.size !== 1) process.exitCode = 1;
