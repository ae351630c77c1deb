/** Checks of single arguments. Each returns the value, or throws a `TypeError` that says what to give instead and shows no secret. */

/** Control characters, line separators, and what XML 1.0 cannot hold. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\ufffe\uffff]/u;

/** One line of text without blanks around it. */
export function lineOfText(argument: string, value: unknown, most: number): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw new TypeError(`${argument} is missing: give 1 to ${most} characters.`);
  if (text.length > most) throw new TypeError(`${argument} has ${text.length} characters: give at most ${most}.`);
  if (UNPRINTABLE.test(text) || !text.isWellFormed()) {
    throw new TypeError(`${argument} holds line breaks or other characters that cannot be printed: give one line of plain text.`);
  }
  return text;
}

export function oneOf<const T extends string>(argument: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new TypeError(`${argument} is ${shown(value)}: give one of ${allowed.join(', ')}.`);
  return found;
}

export function wholeNumber(argument: string, value: unknown, least: number, most: number, unit: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${argument} is ${shown(value)}: give a whole number of ${unit}, ${least} to ${most}.`);
}

export function yesOrNo(argument: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${argument} is ${shown(value)}: give true or false.`);
}

/** A value for a message. Only for arguments that are no secrets. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
