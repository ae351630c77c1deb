export type { Forcemint, OpenOptions } from './forcemint.ts';
export { openForcemint } from './open-forcemint.ts';
