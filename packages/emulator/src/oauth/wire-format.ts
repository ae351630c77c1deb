import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer, parametersOf, textAnswer } from '../server/http-message.ts';

export type WireFormat = 'json' | 'urlencoded' | 'xml';

const FORMATS: ReadonlyMap<string, WireFormat> = new Map<string, WireFormat>([
  ['application/json', 'json'],
  ['application/x-www-form-urlencoded', 'urlencoded'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
]);

const WILDCARDS: readonly string[] = ['*/*', 'application/*'];

/** The `format` parameter, which beats the `Accept` header, which beats `fallback`. */
export function wireFormatOf(
  request: EmulatorRequest,
  fallback: WireFormat,
  parameters: URLSearchParams = parametersOf(request),
): WireFormat {
  const format = parameters.get('format') ?? request.query.get('format');
  if (format === 'json' || format === 'urlencoded' || format === 'xml') return format;
  return acceptedFormat(request.headers.accept ?? '') ?? fallback;
}

/** Salesforce reads the list from left to right and takes the first that it has; weights don't count. */
function acceptedFormat(accept: string): WireFormat | undefined {
  for (const range of accept.split(',')) {
    const mediaType = range.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (WILDCARDS.includes(mediaType)) return undefined;
    const format = FORMATS.get(mediaType);
    if (format !== undefined) return format;
  }
  return undefined;
}

/** Flat fields of OAuth answers in one of the three formats. */
export function formattedAnswer(status: number, fields: Readonly<Record<string, unknown>>, format: WireFormat): EmulatorAnswer {
  if (format === 'urlencoded') {
    const texts = Object.entries(fields).map(([name, value]) => [name, String(value)]);
    return textAnswer(status, new URLSearchParams(texts).toString(), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  if (format === 'xml') return textAnswer(status, xmlDocument('OAuth', fields), 'application/xml;charset=UTF-8');
  return jsonAnswer(status, fields);
}

/** An XML document of nested elements; arrays repeat their element. */
export function xmlDocument(root: string, value: unknown): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${xmlElement(root, value)}`;
}

function xmlElement(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item: unknown) => xmlElement(name, item)).join('');
  if (typeof value === 'object' && value !== null) {
    const children = Object.entries(value).map(([key, child]) => xmlElement(key, child));
    return `<${name}>${children.join('')}</${name}>`;
  }
  return `<${name}>${escapeMarkup(String(value ?? ''))}</${name}>`;
}

/** Text for XML and HTML, attributes included. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
