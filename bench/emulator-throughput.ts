import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { createEmulator, type ReadyLine } from '@forcemint/emulator';
import type { Figure } from './figure.ts';

const TOKEN_PATH = '/services/oauth2/token';
const CONNECTIONS = 16;
const WARM_UP_MS = 1000;
const MEASURED_MS = 4000;

/** Token requests per second of an emulator that has one core to itself; the load comes from another process. */
export async function run(): Promise<Figure[]> {
  await using server = await startServer();
  const { ready, pinned } = server;
  const clientCredentials = await requestsPerSecond(ready.myDomainUrl, clientCredentialsForm(ready));
  const jwtBearer = await requestsPerSecond(ready.loginUrl, jwtBearerForm(ready));
  const detail = `${CONNECTIONS} keep-alive connections, ${MEASURED_MS / 1000} s, emulator ${pinned ? 'pinned to one core' : 'in its own process'}`;
  return [
    { name: 'emulator: client credentials', value: Math.round(clientCredentials), goal: '≥ 4,000', unit: '/s', detail },
    { name: 'emulator: JWT bearer', value: Math.round(jwtBearer), goal: '≥ 1,000', unit: '/s', detail },
  ];
}

interface Server extends AsyncDisposable {
  readonly ready: ReadyLine;
  readonly pinned: boolean;
}

async function startServer(): Promise<Server> {
  const serve = [process.execPath, '--conditions=source', import.meta.filename, 'serve'];
  const canPin = availableParallelism() > 1;
  const pinnedChild = canPin
    ? await started(spawn('taskset', ['-c', '0', ...serve], { stdio: ['pipe', 'pipe', 'inherit'] }))
    : undefined;
  const child = pinnedChild ?? (await started(spawn(serve[0] ?? '', serve.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })));
  if (child === undefined) throw new Error("the emulator's process did not start");
  const ready: ReadyLine = JSON.parse(await firstLine(child));
  return {
    ready,
    pinned: pinnedChild !== undefined,
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.stdin?.end();
      await exited;
    },
  };
}

/** The child, or undefined when the program isn't there. */
function started(child: ChildProcess): Promise<ChildProcess | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(child));
    child.once('error', () => resolve(undefined));
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the emulator's process has no stdout");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the emulator's process ended before it was ready");
}

function clientCredentialsForm(ready: ReadyLine): string {
  const app = ready.apps.clientCredentials;
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app?.clientId ?? '',
    client_secret: app?.clientSecret ?? '',
  }).toString();
}

function jwtBearerForm(ready: ReadyLine): string {
  const app = ready.apps.jwt;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 180;
  const signed = `${part({ alg: 'RS256' })}.${part({ iss: app?.clientId, sub: app?.username, aud: ready.loginUrl, exp })}`;
  const key = createPrivateKey(readFileSync(app?.privateKeyFile ?? ''));
  const assertion = `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString();
}

async function requestsPerSecond(origin: string, form: string): Promise<number> {
  const { host, hostname, port } = new URL(origin);
  const request = `POST ${TOKEN_PATH} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
  let answered = 0;
  const clients = Array.from({ length: CONNECTIONS }, () => keepAsking(hostname, Number(port), request, () => answered++));
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const before = answered;
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
  const rate = ((answered - before) * 1000) / (performance.now() - startedMs);
  for (const client of clients) client.stop();
  for (const client of clients) if (client.failure !== undefined) throw client.failure;
  return rate;
}

interface LoadClient {
  failure: Error | undefined;
  stop(): void;
}

/** One connection that sends its request again as soon as the answer is there. */
function keepAsking(hostname: string, port: number, request: string, onAnswer: () => void): LoadClient {
  const socket = connect(port, hostname);
  const client: LoadClient = { failure: undefined, stop: () => socket.destroy() };
  let received = '';
  socket.setNoDelay(true).setEncoding('latin1');
  socket.on('connect', () => socket.write(request));
  socket.on('error', (error) => {
    client.failure = error;
  });
  socket.on('data', (text: string) => {
    received += text;
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
    if (received.length < headEnd + 4 + length) return;
    if (!received.startsWith('HTTP/1.1 200')) client.failure = new Error(`refused: ${received.slice(headEnd + 4)}`);
    received = '';
    onAnswer();
    socket.write(request);
  });
  return client;
}

if (process.argv[2] === 'serve') {
  const emulator = await createEmulator();
  console.log(JSON.stringify(emulator.ready));
  process.stdin.resume().once('end', () => emulator.close());
} else if (import.meta.main) {
  console.table(await run());
}
