import { createEmulator } from '@forcemint/emulator';

const emulator = await createEmulator();
console.log(JSON.stringify(emulator.ready));
process.stdin.resume();
process.stdin.on('end', () => void emulator.close());
