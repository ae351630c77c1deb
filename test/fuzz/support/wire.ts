import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as sendRequest } from 'node:http';
import type { Emulator } from '@forcemint/emulator';

export type Host = 'login' | 'mydomain';
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request to one of the emulator's hosts, written to the wire as it stands. */
export interface WireRequest {
  readonly host: Host;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array | string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Connections to both hosts of an emulator, kept open from case to case. */
export class Wire {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #origins: Readonly<Record<Host, URL>>;

  constructor(emulator: Emulator) {
    this.#origins = { login: new URL(emulator.loginUrl), mydomain: new URL(emulator.myDomainUrl) };
  }

  send(request: WireRequest): Promise<WireAnswer> {
    const { hostname, port, host } = this.#origins[request.host];
    const body = Buffer.from(request.body);
    const hasHost = request.headers.some(([name]) => name.toLowerCase() === 'host');
    const headers = [...(hasHost ? [] : ['host', host]), ...request.headers.flat(), 'content-length', String(body.length)];
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, hostname, port, method: request.method, path: request.target, headers };
      const sent = sendRequest(options, (message) => resolve(readAnswer(message)));
      sent.once('error', reject).end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readAnswer(message: IncomingMessage): Promise<WireAnswer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return { status: message.statusCode ?? 0, headers: message.headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** A request with nothing said but its address. */
export function get(host: Host, target: string, headers: HeaderList = []): WireRequest {
  return { host, method: 'GET', target, headers, body: '' };
}

export function postForm(
  host: Host,
  target: string,
  form: Readonly<Record<string, string>>,
  headers: HeaderList = [],
): WireRequest {
  const body = new URLSearchParams(form).toString();
  return { host, method: 'POST', target, headers: [['content-type', 'application/x-www-form-urlencoded'], ...headers], body };
}
