import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Emulator } from '../src/index.ts';

export interface HttpsReply {
  readonly status: number;
  readonly body: string;
}

/** One request over a new TLS connection that trusts the emulator's CA and nothing else. A form makes it a POST. */
export async function httpsRequest(
  emulator: Emulator,
  url: string,
  { form, ...options }: RequestOptions & { readonly form?: Readonly<Record<string, string | undefined>> } = {},
): Promise<HttpsReply> {
  const ca = readFileSync(emulator.ready.caFile ?? '');
  const sent = request(url, {
    ca,
    agent: new Agent({ keepAlive: false }),
    method: form === undefined ? 'GET' : 'POST',
    ...options,
  });
  if (form !== undefined) {
    sent.setHeader('content-type', 'application/x-www-form-urlencoded');
    sent.write(new URLSearchParams(JSON.parse(JSON.stringify(form))).toString());
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end();
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}
