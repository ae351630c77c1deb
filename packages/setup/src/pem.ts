/** One `-----BEGIN X-----` … `-----END X-----` of a text, as it stands there. */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY` … */
  readonly label: string;
  readonly body: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs;
/** Line breaks that a shell or a JSON file has turned into a backslash and a letter. */
const ESCAPED_LINE_BREAK = /\\+[rn]/g;

export function pemBlocks(text: string): readonly PemBlock[] {
  return Array.from(text.matchAll(BLOCK), ([, label = '', body = '']) => ({ label, body }));
}

/**
 * PEM as RFC 7468 has it: lines of 64 characters, line feeds, one at the end. Takes Windows line ends, PEM pasted into one line (spaces or a literal
 * “\n” for line breaks), indents, and text before and after. Of several blocks it is the first.
 * @throws TypeError when there is no whole block, when it is damaged, or protected by a passphrase; the message never shows the text
 */
export function normalPem(text: string): string {
  const [first] = pemBlocks(text);
  if (first === undefined) throw new TypeError(whyNoBlock(text));
  return pemOf(first);
}

export function pemOf({ label, body }: PemBlock): string {
  const base64 = body.replace(ESCAPED_LINE_BREAK, '').replace(/\s+/g, '');
  if (base64.includes('Proc-Type:')) throw new TypeError(PASSPHRASE);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new TypeError(
      `The ${label} is damaged: what stands between its BEGIN and END lines is not base64. Copy the whole file again.`,
    );
  }
  return wrapped(label, base64);
}

export const PASSPHRASE =
  'The private key is protected by a passphrase. Decrypt it first: openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out DECRYPTED.pem';

function wrapped(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Why a text has no block, and what to give instead. */
export function whyNoBlock(text: string): string {
  if (text.trim() === '') return 'PEM is empty. Give the text of the file, from its BEGIN line through its END line.';
  if (/-----BEGIN /.test(text))
    return 'PEM is cut off: it has a BEGIN line without the END line that belongs to it. Copy the whole file.';
  return 'Not PEM: the BEGIN and END lines are missing. Give the text of the file, from “-----BEGIN” through “-----END …-----”.';
}
