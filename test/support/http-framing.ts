const HEAD_END = '\r\n\r\n';

/** The first whole HTTP/1.1 message with a `Content-Length` (or no body) in `bytes`; `undefined` while it is not whole. */
export function wholeMessage(bytes: Buffer): Buffer | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const end = headEnd + HEAD_END.length + contentLength(bytes.toString('latin1', 0, headEnd));
  return bytes.length < end ? undefined : bytes.subarray(0, end);
}

/** Bytes of a message before its body. */
export function headLength(message: Buffer): number {
  return message.indexOf(HEAD_END) + HEAD_END.length;
}

function contentLength(head: string): number {
  return Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
}
