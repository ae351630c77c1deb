import { readFile } from 'node:fs/promises';
import { type AccessToken, fingerprint, type Http, type HttpResponse } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import type { Command } from 'commander';
import { parseHeaders, restUrl, tokenVerdict } from '../api/rest-request.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { getTokenPatiently } from '../patience.ts';
import { readAll } from '../secret-input.ts';
import { withProgress } from '../terminal/progress.ts';
import { UsageError } from '../usage-error.ts';

interface ApiFlags {
  readonly method?: string;
  readonly data?: string;
  readonly header?: readonly string[];
  readonly include?: boolean;
  readonly json?: boolean;
}

const DEADLINE_MS = 120_000;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

const HELP = `
PATH is below /services/data/v<API version of the connection>/, unless it begins with /services/. The body of the answer
goes to stdout; the body of a refusal to stderr, with exit code 4 (5 if Salesforce asks to come again later).
When Salesforce says INVALID_SESSION_ID, the token is renewed once and the call repeated.

Examples:
  forcemint api acme limits
  forcemint api acme 'query?q=SELECT+Name+FROM+Account+LIMIT+3'
  forcemint api acme -X PATCH sobjects/Account/001… -d '{"Name":"Acme"}'
  forcemint api acme /services/apexrest/orders -d @order.json`;

export function register(program: Command, context: Context): void {
  program
    .command('api')
    .summary('make one REST call')
    .description('Makes one authenticated REST call and prints the answer.')
    .argument('<name>', 'name of the connection')
    .argument('<path>', 'such as limits, or /services/data')
    .option('-X, --method <method>', 'HTTP method (default: GET, with -d POST)')
    .option('-d, --data <body>', 'body; @FILE reads a file, - reads stdin')
    .option('-H, --header <header>', '“Name: value”; may be repeated', collect)
    .option('-i, --include', 'print status and headers as well')
    .option('--json', 'print status, headers and body as one JSON document')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, path: string, flags: ApiFlags) => api(context, name, path, flags)));
}

function collect(value: string, given: readonly string[] = []): readonly string[] {
  return [...given, value];
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

async function api(context: Context, name: string, path: string, flags: ApiFlags): Promise<number> {
  const body = flags.data === undefined ? undefined : await readBody(context, flags.data);
  const method = (flags.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method)) throw new UsageError(`${JSON.stringify(method.slice(0, 40))} is no HTTP method.`);
  const headers = parseHeaders(flags.header ?? []);
  const call: Call = { method, path, headers, body };
  const response = await withForcemint(context, async (forcemint) => {
    const { createHttp } = await import('@forcemint/node/http');
    await using http = createHttp({ env: context.env });
    return send(context, forcemint, http, name, call);
  });
  show(context, response, flags);
  if (response.status >= 200 && response.status < 300) return EXIT.done;
  return response.status >= 500 || response.status === 429 ? EXIT.passing : EXIT.refused;
}

/** The call; once more with another token if Salesforce no longer knows this one. */
async function send(context: Context, forcemint: Forcemint, http: Http, name: string, call: Call): Promise<HttpResponse> {
  const { connection } = await forcemint.status(name);
  const attempt = (token: AccessToken): Promise<HttpResponse> => {
    const url = restUrl(call.path, token.instanceUrl, connection.settings.apiVersion);
    const headers = {
      accept: 'application/json',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
      authorization: `Bearer ${token.value}`,
    };
    const request = { method: call.method, url, headers, deadlineMs: DEADLINE_MS, maxResponseBytes: MAX_BODY_BYTES };
    const body = call.body === undefined ? {} : { body: call.body };
    return withProgress(context.output, `${call.method} ${new URL(url).pathname}`, () =>
      http.request({ ...request, ...body, freshConnection: false }),
    );
  };
  const token = await getTokenPatiently(context, forcemint, name);
  const response = await attempt(token);
  if (tokenVerdict(response) !== 'invalid') return response;
  await forcemint.reportInvalid(name, fingerprint(token.value));
  return attempt(await getTokenPatiently(context, forcemint, name));
}

/** The answer on stdout, a refusal on stderr. */
function show(context: Context, response: HttpResponse, flags: ApiFlags): void {
  const { output } = context;
  const { status, headers, body } = response;
  const succeeded = status >= 200 && status < 300;
  const stream = succeeded ? output.stdout : output.stderr;
  const print = (data: string | Uint8Array): void => (succeeded ? output.raw(data) : void output.stderr.write(data));
  if (flags.json === true) {
    const document = { status, headers, body: parsed(body) ?? Buffer.from(body).toString('utf8') };
    print(`${JSON.stringify(document, undefined, stream.isTTY === true ? 2 : undefined)}\n`);
    return;
  }
  if (flags.include === true) {
    const lines = [`HTTP ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    print(`${lines.join('\n')}\n\n`);
  } else if (!succeeded) {
    output.note(output.paintNote('red', `HTTP ${status}`));
  }
  if (body.length === 0) return;
  const pretty = stream.isTTY === true ? parsed(body) : undefined;
  print(pretty === undefined ? body : JSON.stringify(pretty, undefined, 2));
  if (stream.isTTY === true || !succeeded) print('\n');
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

async function readBody(context: Context, source: string): Promise<string> {
  if (source === '-') return readAll(context.stdin, MAX_BODY_BYTES);
  if (!source.startsWith('@')) return source;
  return readFile(source.slice(1), 'utf8').catch(() => {
    throw new UsageError(`The file ${source.slice(1)} cannot be read.`, { fix: ['-d @FILE, -d - for stdin, or -d BODY'] });
  });
}
