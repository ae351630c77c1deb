/** One `-----BEGIN …-----` block of a text (RFC 7468). */
export interface PemBlock {
  /** For example `PRIVATE KEY`. */
  readonly label: string;
  /** Locked by a passphrase: PKCS#8 `ENCRYPTED PRIVATE KEY`, or the `Proc-Type` header of older files. */
  readonly encrypted: boolean;
  /** With proper line ends, whatever the text had. */
  readonly pem: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----/gs;
const HEADERS = /^\s*(?:[A-Za-z-]+:[^\n]*\n)+/;
const LINE = 64;

/**
 * Finds the PEM blocks in a text. Keys go through JSON, environment variables and forms on their way here: literal `\n` and `\r`, spaces, or nothing
 * at all in the place of line ends are taken.
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  return [...lines.matchAll(BLOCK)].map(([, label = '', body = '']) => {
    const base64 = body.replace(HEADERS, '').replaceAll(/\s/g, '');
    const wrapped = Array.from({ length: Math.ceil(base64.length / LINE) }, (_, line) =>
      base64.slice(line * LINE, (line + 1) * LINE),
    );
    return {
      label,
      encrypted: label.startsWith('ENCRYPTED') || /Proc-Type:\s*4,\s*ENCRYPTED/.test(body),
      pem: `-----BEGIN ${label}-----\n${wrapped.join('\n')}\n-----END ${label}-----\n`,
    };
  });
}
