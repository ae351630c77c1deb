/** `npm run test:long` asks for the long form of every suite that has one. */
export const IS_LONG = process.env['FORCEMINT_TEST_LONG'] === '1';

/** How much of something a suite does: in `npm test`, and in the long form. */
export function sized(short: number, long: number): number {
  return IS_LONG ? long : short;
}
