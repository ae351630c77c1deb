import { customFetch } from 'oauth4webapi';
import type { Http, HttpResponse } from '../ports.ts';

/** The longest answer that is read from an OAuth endpoint. */
export const MAX_ANSWER_BYTES: number = 256 * 1024;

export interface Delivery {
  readonly http: Http;
  readonly freshConnection: boolean;
  /** Milliseconds. */
  readonly deadlineMs: number;
}

type RequestInitLike = { readonly method: string; readonly headers: Record<string, string>; readonly body: unknown };

/**
 * Lets `send` (a request function of oauth4webapi, which builds body and headers) go out over our HTTP port, and returns the answer as raw bytes, before
 * anybody has judged it.
 */
export async function capture(
  delivery: Delivery,
  send: (options: { [customFetch]: (url: string, init: RequestInitLike) => Promise<Response> }) => Promise<unknown>,
): Promise<HttpResponse> {
  let raw: HttpResponse | undefined;
  await send({
    [customFetch]: async (url, init) => {
      const body = String(init.body);
      const answer = await delivery.http.request({
        method: init.method,
        url,
        headers: init.headers,
        body,
        freshConnection: delivery.freshConnection,
        deadlineMs: delivery.deadlineMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
      });
      raw = answer.status === 200 ? answer : { ...answer, body: withoutPosted(answer.body, credentialsIn(body, init.headers)) };
      return NOTHING;
    },
  });
  if (raw === undefined) throw new TypeError('the request function sent nothing');
  return raw;
}

/** What the library's request function is given instead of the answer; it only passes it on. */
const NOTHING = new Response(null, { status: 204 });

/** A refusal may echo what was posted, and refusals are shown: credentials that were sent are blanked in it, whatever they look like. */
function withoutPosted(body: Uint8Array, posted: readonly string[]): Uint8Array {
  let text = Buffer.from(body).toString('utf8');
  for (const value of posted) text = text.replaceAll(value, '[redacted]');
  return Buffer.from(text, 'utf8');
}

const CREDENTIALS = ['client_secret', 'refresh_token', 'code', 'code_verifier', 'assertion', 'client_assertion', 'token'];

function credentialsIn(body: string, headers: Readonly<Record<string, string>>): string[] {
  const form = new URLSearchParams(body);
  const basic = /^Basic (.+)$/.exec(headers['authorization'] ?? '')?.[1];
  const secret = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString('utf8').split(':')[1];
  const values = [...CREDENTIALS.map((name) => form.get(name)), secret === undefined ? null : decodeURIComponent(secret)];
  return values.filter((value) => value !== null).filter((value) => value.length >= 4);
}
