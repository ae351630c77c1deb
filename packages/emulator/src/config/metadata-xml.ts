/** An element of a metadata file: other elements, or text. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Without the blanks around it. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** A comment, a CDATA section, a declaration or instruction, a tag, or text. */
const PART =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[?!][^>]*>|<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The root of an XML document, as far as metadata files use XML: no document types, and attributes are passed over.
 * @throws TypeError that says at which line it stops being one
 */
export function parseMetadataXml(text: string, what: string): XmlElement {
  const outside: OpenElement = { name: '', children: [], text: '' };
  const open: OpenElement[] = [outside];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) throw malformed(text, at, what);
    const [part, cdata, isEnd, name, isEmpty, plain] = match;
    const inner = open.at(-1) ?? outside;
    if (plain !== undefined || cdata !== undefined) inner.text += cdata ?? decoded(plain ?? '', text, at, what);
    else if (name !== undefined && isEnd === '/') {
      if (open.length === 1 || inner.name !== name) throw malformed(text, at, what);
      open.pop();
      open.at(-1)?.children.push(closed(inner));
    } else if (name !== undefined && isEmpty === '/') inner.children.push({ name, children: [], text: '' });
    else if (name !== undefined) open.push({ name, children: [], text: '' });
    at += part.length;
  }
  const [root, ...others] = outside.children;
  if (open.length !== 1 || root === undefined || others.length > 0 || outside.text.trim() !== '') throw malformed(text, at, what);
  return root;
}

/** Text of the first child of that name. */
export function textIn({ children }: XmlElement, name: string): string | undefined {
  const text = children.find((child) => child.name === name)?.text;
  return text === '' ? undefined : text;
}

function closed({ name, children, text }: OpenElement): XmlElement {
  return { name, children, text: text.trim() };
}

function decoded(plain: string, text: string, at: number, what: string): string {
  return plain.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));?/gi, (_whole, hex?: string, decimal?: string, named?: string) => {
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal ?? Number.NaN);
    const character = named === undefined ? (code <= 0x10ffff ? String.fromCodePoint(code) : undefined) : ENTITIES[named];
    if (character === undefined) throw malformed(text, at, what);
    return character;
  });
}

function malformed(text: string, at: number, what: string): TypeError {
  return new TypeError(`${what}: no XML of a metadata file from line ${text.slice(0, at).split('\n').length} on`);
}
