/** How deep JSON within strings of JSON is looked at: a log line that quotes a body that quotes another. */
const DEEPEST = 4;
const MOST_STARTS = 20;

/** The JSON values that a text contains, outermost first. */
export function jsonWithin(text: string): unknown[] {
  const found: unknown[] = [];
  let starts = 0;
  for (let at = 0; at < text.length && starts < MOST_STARTS; at += 1) {
    if (text[at] !== '{' && text[at] !== '[') continue;
    starts += 1;
    const end = endOfJson(text, at);
    const value = end === undefined ? undefined : parsed(text.slice(at, end));
    if (value === undefined || end === undefined) continue;
    found.push(value);
    at = end - 1;
  }
  return found;
}

/** Every object in a value, with those in its strings. */
export function objectsIn(value: unknown, depth = 0): Record<string, unknown>[] {
  if (depth > DEEPEST) return [];
  if (typeof value === 'string')
    return /[{[]/.test(value) ? jsonWithin(value).flatMap((inner) => objectsIn(inner, depth + 1)) : [];
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap((member) => objectsIn(member, depth + 1));
  return Array.isArray(value) ? below : [value as Record<string, unknown>, ...below];
}

/** Behind the bracket that closes the one at `start`. */
function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\' && inString) at += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === '{' || character === '[') depth += 1;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
