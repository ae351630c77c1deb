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
      raw = await delivery.http.request({
        method: init.method,
        url,
        headers: init.headers,
        body: String(init.body),
        freshConnection: delivery.freshConnection,
        deadlineMs: delivery.deadlineMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
      });
      return new Response(null, { status: 204 });
    },
  });
  if (raw === undefined) throw new TypeError('the request function sent nothing');
  return raw;
}
