import { readFileSync, writeFileSync } from 'node:fs';
import { referenceTables, withReferenceTables } from './emulator-reference.ts';

/** Writes the tables of docs/emulator.md anew: node --conditions=source tools/update-emulator-reference.ts */
const page = new URL('../docs/emulator.md', import.meta.url);
writeFileSync(page, withReferenceTables(readFileSync(page, 'utf8'), await referenceTables()));
