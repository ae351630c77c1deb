/**
 * Text from elsewhere (a server, a store, a file) made safe for a terminal: control characters other than line ends are written out, so that nothing
 * can move the cursor, change the title or forge lines.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

const CONTROL = /\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
