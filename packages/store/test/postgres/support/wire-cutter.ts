import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';

interface Plan {
  /** Cut when this appears in what the client sends. */
  readonly at: string;
  /** `request`: the server never sees it; `answer`: the server has done it, and nobody hears. */
  readonly lose: 'request' | 'answer';
  /** Between the request or its answer and the cut. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Stands between a client and PostgreSQL, and cuts a connection in the middle of one statement when told to. */
export class WireCutter implements AsyncDisposable {
  readonly port: number;
  /** Where new connections go. */
  target: number;
  readonly #close: () => Promise<void>;
  readonly #plans: Plan[] = [];
  /** Connections that were cut. */
  cuts = 0;

  private constructor(port: number, target: number, close: () => Promise<void>) {
    this.port = port;
    this.target = target;
    this.#close = close;
  }

  static async start(serverPort: number): Promise<WireCutter> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = dial(cutter.target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        socket.on('error', () => {});
      }
      cutter.#relay(client, upstream);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const cutter = new WireCutter(address.port, serverPort, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return cutter;
  }

  /** The next statement that fits; several plans are followed one after the other. */
  plan(plan: Plan): void {
    this.#plans.push(plan);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #relay(client: Socket, upstream: Socket): void {
    let cutting: Plan | undefined;
    const cut = () => {
      this.cuts += 1;
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (chunk: Buffer) => {
      const plan = this.#plans[0];
      if (cutting === undefined && plan !== undefined && chunk.includes(plan.at)) {
        this.#plans.shift();
        cutting = plan;
        if (plan.lose === 'request') return void Promise.resolve(plan.meanwhile?.()).then(cut);
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (cutting === undefined) return void client.write(chunk);
      // ReadyForQuery: the transaction is over.
      if (chunk.at(-6) === 0x5a) void Promise.resolve(cutting.meanwhile?.()).then(cut);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }
}
