import type { Emulator } from '../src/index.ts';
import { clientCredentialsForm, type Reply, reply, requestToken } from './emulator-client.ts';

/** An answer of the REST API, its JSON as the test says it is. */
export interface RestReply extends Reply {
  json<Value = Readonly<Record<string, unknown>>>(): Value;
}

export interface RestOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type RestClient = (method: string, path: string, options?: RestOptions) => Promise<RestReply>;

/** Asks below `/services/data/v66.0` on behalf of the run-as user of `app`. */
export async function restClient(emulator: Emulator, app = 'clientCredentials'): Promise<RestClient> {
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator, app), { host: 'mydomain' });
  return (method, path, options = {}) => send(emulator, body.access_token ?? '', method, path, options);
}

async function send(emulator: Emulator, token: string, method: string, path: string, options: RestOptions): Promise<RestReply> {
  const url = `${emulator.myDomainUrl}${path.startsWith('/services/') ? path : `/services/data/v66.0/${path}`}`;
  const content = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const answer = await reply(response);
  return { ...answer, json: () => JSON.parse(answer.text) };
}

/** `query?q=…` */
export const soql = (text: string, more = ''): string => `query?q=${encodeURIComponent(text)}${more}`;

/** The status and the error codes. */
export function errorsOf({ status, text }: Reply): readonly unknown[] {
  const errors: readonly { errorCode: string }[] = JSON.parse(text);
  return [status, ...errors.map(({ errorCode }) => errorCode)];
}

export type AnyRecord = Readonly<Record<string, unknown>> & { readonly Id: string; readonly Name: string };

/** The records that a query finds. */
export async function recordsOf(client: RestClient, query: string): Promise<readonly AnyRecord[]> {
  return (await client('GET', soql(query))).json<{ records: readonly AnyRecord[] }>().records;
}

/** The Name of a parent, if there is one. */
export function nameOf(parent: unknown): unknown {
  return typeof parent === 'object' && parent !== null && 'Name' in parent ? parent.Name : undefined;
}
