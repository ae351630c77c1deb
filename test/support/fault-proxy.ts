import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { wholeMessage } from './http-framing.ts';
import type { Ending } from './temporary-home.ts';

/** How the proxy breaks a connection: RST, both directions closed, or only its own. */
type Break = 'reset' | 'close' | 'half-close';

/** What the proxy does with a request, and with the connection that brings it. */
export type Plan =
  | { readonly do: 'forward' }
  /** Accepts, and never reads a byte. */
  | { readonly do: 'silence' }
  /** `accepted`: at once. `begun`: at the first byte of the request. `unprocessed`: the whole request has come and goes no further. `processed`: its answer is swallowed. */
  | { readonly do: 'break'; readonly when: 'accepted' | 'begun' | 'unprocessed' | 'processed'; readonly by: Break }
  /** The request goes to the server, whose answer is kept until `release`. */
  | { readonly do: 'hold' }
  /** Of the whole answer, headers included, so many bytes. */
  | { readonly do: 'cut'; readonly atByte: number; readonly by: Break }
  | { readonly do: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Delivered to the server a second time: in the same moment, or when the first answer has come. The client gets one of the answers. */
  | { readonly do: 'deliver-twice'; readonly second: 'at-once' | 'afterwards'; readonly answer: 'first' | 'second' }
  /** The server with a grace window: who repeats a request byte by byte gets the answer that it had. */
  | { readonly do: 'remembered-answer' };

/** What went through one connection. */
export interface ProxiedConnection {
  /** Whole requests that came. */
  requests: number;
  /** Of these, how often one was sent on to the server. */
  delivered: number;
  bytesFromClient: number;
  bytesToClient: number;
}

/**
 * A port in front of the emulator that misbehaves as told, one plan for each request in the order of their coming; without a plan it forwards. It can be
 * closed and opened again on the same port.
 */
export class FaultProxy {
  readonly connections: ProxiedConnection[] = [];
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #plans: Plan[] = [];
  readonly #answers = new Map<string, Buffer>();
  #held: (() => void)[] = [];
  #server: Server | undefined;
  #port = 0;

  private constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /** Ends with the test. */
  static async start(t: Ending, options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.open();
    t.after(() => proxy.close());
    return proxy;
  }

  /** What a client is pointed to. */
  get origin(): string {
    return this.#options.tls === undefined ? `http://127.0.0.1:${this.#port}` : `https://localhost:${this.#port}`;
  }

  /** From the next connection on the proxy shows another certificate. */
  show(certificate: ServerCertificate): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(certificate);
  }

  /** For the next requests, one each. */
  plan(...plans: readonly Plan[]): void {
    this.#plans.push(...plans);
  }

  /** Answers that are held, one after the other, the newest first where `order` says so. */
  release(order: 'oldest-first' | 'newest-first' = 'oldest-first'): void {
    const held = order === 'oldest-first' ? this.#held : this.#held.reverse();
    this.#held = [];
    for (const go of held) go();
  }

  /** Answers that wait for `release`. */
  get held(): number {
    return this.#held.length;
  }

  /** Whole requests that came, over all connections. */
  get requests(): number {
    return this.connections.reduce((sum, { requests }) => sum + requests, 0);
  }

  /** Nothing listens any more, as when a server is down; what is open is cut. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = this.#server;
    this.#server = undefined;
    if (closed !== undefined) await new Promise((resolve) => closed.close(resolve));
  }

  async open(): Promise<void> {
    const { tls } = this.#options;
    const listen = { allowHalfOpen: true, noDelay: true };
    const serve = (socket: Socket): void => this.#accept(socket);
    const server = tls === undefined ? createServer(listen, serve) : new TlsServer({ ...listen, ...tls }, serve);
    // Below TLS too: a connection whose handshake failed is nobody else's to end.
    server.on('connection', (socket: Socket) => this.#watch(socket)).listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    this.#server = server;
  }

  #accept(socket: Socket): void {
    const seen: ProxiedConnection = { requests: 0, delivered: 0, bytesFromClient: 0, bytesToClient: 0 };
    this.connections.push(seen);
    this.#watch(socket);
    socket.once('close', () => {
      seen.bytesToClient = socket.bytesWritten;
    });
    const [next] = this.#plans;
    if (next?.do === 'silence' || (next?.do === 'break' && next.when === 'accepted')) {
      this.#plans.shift();
      if (next.do === 'break') breakOff(socket, next.by);
      return;
    }
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      seen.bytesFromClient += chunk.length;
      const [plan] = this.#plans;
      if (plan?.do === 'break' && plan.when === 'begun') {
        this.#plans.shift();
        breakOff(socket, plan.by);
        return;
      }
      received = Buffer.concat([received, chunk]);
      const request = wholeMessage(received);
      if (request === undefined) return;
      received = received.subarray(request.length);
      seen.requests += 1;
      this.#serve(socket, request, seen, this.#plans.shift() ?? { do: 'forward' }).catch(() => socket.destroy());
    });
    socket.on('end', () => socket.end());
  }

  async #serve(socket: Socket, request: Buffer, seen: ProxiedConnection, plan: Plan): Promise<void> {
    const deliver = (): Promise<Buffer> => {
      seen.delivered += 1;
      return this.#deliver(request);
    };
    switch (plan.do) {
      case 'silence':
        return;
      case 'break':
        if (plan.when === 'processed') await deliver();
        return breakOff(socket, plan.by);
      case 'hold': {
        const answer = await deliver();
        this.#held.push(() => socket.write(answer));
        return;
      }
      case 'cut': {
        const answer = await deliver();
        const part = answer.subarray(0, plan.atByte);
        // Nothing is lost of what was written before: RST goes out only when the client has had time to read it.
        socket.write(part, () => setTimeout(() => breakOff(socket, plan.by), part.length > 0 ? 5 : 0));
        return;
      }
      case 'drip':
        return drip(socket, await deliver(), plan);
      case 'deliver-twice': {
        const first = deliver();
        if (plan.second === 'afterwards') await first;
        const answers = await Promise.all([first, deliver()]);
        socket.write(plan.answer === 'first' ? answers[0] : answers[1]);
        return;
      }
      case 'remembered-answer': {
        const key = request.toString('latin1');
        const answer = this.#answers.get(key) ?? (await deliver());
        const isNew = !this.#answers.has(key);
        this.#answers.set(key, answer);
        if (isNew) breakOff(socket, 'reset');
        else socket.write(answer);
        return;
      }
      case 'forward':
        socket.write(await deliver());
    }
  }

  /** Over a connection of its own, which the client's hanging up does not touch. */
  #deliver(request: Buffer): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const { hostname, port } = new URL(this.#options.target);
    const upstream = dial(Number(port), hostname, () => upstream.write(request));
    this.#watch(upstream);
    let received = Buffer.alloc(0);
    upstream.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = wholeMessage(received);
      if (answer === undefined) return;
      resolve(answer);
      upstream.destroy();
    });
    upstream.once('close', () => reject(new Error('the server closed the connection before its answer was whole')));
    return promise;
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }
}

export interface ProxyOptions {
  /** Origin of the server behind. */
  readonly target: string;
  /** The client's side speaks TLS with this certificate, the server's does not. PEM. */
  readonly tls?: ServerCertificate;
}

export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

function breakOff(socket: Socket, by: Break): void {
  if (by === 'reset') socket.resetAndDestroy();
  else if (by === 'close') socket.destroySoon();
  else socket.end();
}

async function drip(socket: Socket, answer: Buffer, plan: { readonly bytes: number; readonly everyMs: number }): Promise<void> {
  for (let at = 0; at < answer.length && !socket.destroyed; at += plan.bytes) {
    socket.write(answer.subarray(at, at + plan.bytes));
    await new Promise((resolve) => setTimeout(resolve, plan.everyMs));
  }
}
