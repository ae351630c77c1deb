import { createEmulator } from '@forcemint/emulator';

/** An emulator with the config that the first argument holds as JSON. Ends with its stdin. */
const emulator = await createEmulator({ config: JSON.parse(process.argv[2] ?? '{}') });
console.log(JSON.stringify(emulator.ready));
process.stdin.resume();
process.stdin.on('end', () => void emulator.close());
