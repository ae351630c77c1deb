const ENCODED = /%[0-9a-f]{2}/i;
/** Twice is seen often: once by the redirect, once by whoever logged it. */
const MOST_TIMES = 3;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** A text that was URL-encoded, once or more often. What cannot be decoded stays as it is. */
export function urlDecoded(text: string): string {
  let decoded = text;
  for (let times = 0; times < MOST_TIMES && ENCODED.test(decoded); times += 1) {
    decoded = decoded.replace(/\+/g, ' ').replace(/(?:%[0-9a-f]{2})+/gi, decodedRun);
  }
  return decoded;
}

/** A part of a query, where a plus is a space. */
export function queryDecoded(text: string): string {
  return urlDecoded(text.replace(/\+/g, ' '));
}

/** The text of a page, without its markup. */
export function textOfPage(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, entity: string) => characterOf(entity) ?? whole);
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

function characterOf(entity: string): string | undefined {
  if (!entity.startsWith('#')) return ENTITIES[entity.toLowerCase()];
  const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
