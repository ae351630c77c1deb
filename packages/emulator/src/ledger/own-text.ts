/** Grant types, names and paths are few; clients that make some up don't fill the memory. */
const MAXIMUM_COPIES = 1000;
const LONGEST_COPY = 100;

const copies = new Map<string, string>();

/**
 * The same text in memory of its own. What is cut out of a request is a view that keeps the whole request alive, secrets
 * included; and what many requests have in common need not be kept for each of them.
 */
export function ownText(text: string): string {
  const known = copies.get(text);
  if (known !== undefined) return known;
  const copy = Buffer.from(text).toString();
  if (copies.size < MAXIMUM_COPIES && copy.length <= LONGEST_COPY) copies.set(copy, copy);
  return copy;
}
