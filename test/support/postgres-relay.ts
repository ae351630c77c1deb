import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Ending } from './temporary-home.ts';

/** What is to happen to the next statement that `hits`. Its text holds the SQL, that of an earlier Parse where it has a name, and every parameter. */
export interface PlannedCut {
  readonly hits: (statement: string) => boolean;
  /** `unsent`: the connection ends before the server has seen it. `unanswered`: when the server has carried it out, and nothing of its answer came through. */
  readonly how: 'unsent' | 'unanswered';
  /** What happens between the statement, or its answer, and the end of the connection. */
  readonly meanwhile?: () => Promise<unknown>;
}

const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const SYNC = 'S'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/**
 * A port in front of a PostgreSQL server that understands as much of its protocol as it takes to tell statements apart
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html): connections can be cut before or after one, the server can be out of reach for a
 * while, or another one in its place. Without TLS.
 */
export class PostgresRelay {
  port = 0;
  /** Cuts that came about. */
  cuts = 0;
  #target: number;
  #server: Server | undefined;
  readonly #plans: PlannedCut[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(t: Ending, target: number): Promise<PostgresRelay> {
    const relay = new PostgresRelay(target);
    await relay.open();
    t.after(() => relay.close());
    return relay;
  }

  /** Several are followed one after the other. */
  plan(cut: PlannedCut): void {
    this.#plans.push(cut);
  }

  /** From now on a server at another port, for connections to come; those there are end. */
  pointTo(port: number): void {
    this.#target = port;
    for (const socket of this.#sockets) socket.destroy();
  }

  async open(): Promise<void> {
    const server = createServer((client) => this.#pass(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
    this.#server = server;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #pass(client: Socket): void {
    const upstream = dial(this.#target, '127.0.0.1');
    const both = [client, upstream];
    for (const end of both) {
      this.#sockets.add(end);
      end.once('close', () => {
        this.#sockets.delete(end);
        for (const one of both) one.destroy();
      });
      end.on('error', () => {});
    }
    let dooming: PlannedCut | undefined;
    const cutOff = ({ meanwhile }: PlannedCut) =>
      void Promise.resolve(meanwhile?.()).then(() => {
        this.cuts += 1;
        client.destroy();
      });
    let begun: Buffer = Buffer.alloc(0);
    let isStarted = false;
    const named = new Map<string, string>();
    client.on('data', (chunk: Buffer) => {
      begun = Buffer.concat([begun, chunk]);
      const [whole, rest] = upToSync(begun, isStarted);
      begun = rest;
      if (whole.length === 0) return;
      isStarted = true;
      const cut = this.#cutFor(statementIn(whole, named));
      if (cut?.how === 'unsent') cutOff(cut);
      else upstream.write(whole);
      if (cut?.how === 'unanswered') dooming = cut;
    });
    let answered = Buffer.alloc(0);
    upstream.on('data', (chunk: Buffer) => {
      if (dooming === undefined) client.write(chunk);
      else {
        answered = Buffer.concat([answered, chunk]);
        if (hasMessage(answered, READY_FOR_QUERY)) cutOff(dooming);
      }
    });
  }

  #cutFor(statement: string): PlannedCut | undefined {
    return this.#plans[0]?.hits(statement) === true ? this.#plans.shift() : undefined;
  }
}

/** What may go on, up to the last message by which a client ends its statement, and the rest. The first message and those of the log-in go on as they are. */
function upToSync(bytes: Buffer, isStarted: boolean): [Buffer, Buffer] {
  if (!isStarted) return [bytes, Buffer.alloc(0)];
  let end = 0;
  for (const { type, until } of messages(bytes)) if (!isPartOfStatement(type)) end = until;
  return [bytes.subarray(0, end), bytes.subarray(end)];
}

/** SQL and parameters as text. @param named SQL of the connection's prepared statements */
function statementIn(bytes: Buffer, named: Map<string, string>): string {
  const parts = [bytes.toString('latin1')];
  for (const { type, from, until } of messages(bytes)) {
    const [first = '', second = ''] = bytes.toString('latin1', from, until).split('\0');
    if (type === PARSE) named.set(first, second);
    if (type === BIND) parts.push(named.get(second) ?? '');
  }
  return parts.join('\n');
}

/** Parse, Bind, Describe, Execute, Close: they wait for the Sync that follows. */
function isPartOfStatement(type: number): boolean {
  return type !== SYNC && 'PBDEC'.includes(String.fromCharCode(type));
}

function hasMessage(bytes: Buffer, wanted: number): boolean {
  return [...messages(bytes)].some(({ type }) => type === wanted);
}

function* messages(bytes: Buffer): Generator<{ readonly type: number; readonly from: number; readonly until: number }> {
  for (let at = 0; at + 5 <= bytes.length; ) {
    const until = at + 1 + bytes.readUInt32BE(at + 1);
    if (until > bytes.length) return;
    yield { type: bytes[at] ?? 0, from: at + 5, until };
    at = until;
  }
}
