import type { Clock, Random } from '@forcemint/core/ports';
import type { Client } from 'pg';
import { shardOf } from './change-marks.ts';
import type { Database } from './database.ts';

const CHANNEL = 'forcemint';
/** Between a write and the word of it, so that many writes need one. */
const GATHER_MS = 50;
const RECONNECT_MS = { first: 500, last: 30_000 };

export interface HintsOptions {
  /** Where the word goes out: among the other statements. */
  readonly database: Database;
  /** A connection of its own, not through a pooler. */
  readonly newListener: () => Client;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Word that something changed, so that others look sooner than they would. Never more than a hint: it is sent after the commit, off the path of any caller,
 * and may be lost with a connection or in a pooler. It names rows of `changes`, never a connection, never a secret.
 */
export class Hints implements AsyncDisposable {
  readonly #options: HintsOptions;
  /** So that a process doesn't listen to itself. */
  readonly #name: string;
  readonly #hearers = new Set<() => void>();
  readonly #closed = new AbortController();
  #shards = new Set<number>();
  #isGathering = false;
  #listening: Promise<void> | undefined;

  constructor(options: HintsOptions) {
    this.#options = options;
    this.#name = Buffer.from(options.random.bytes(6)).toString('hex');
  }

  /** Something of these connections was committed. */
  tell(connectionIds: readonly string[]): void {
    for (const id of connectionIds) this.#shards.add(shardOf(id));
    if (this.#isGathering || this.#shards.size === 0) return;
    this.#isGathering = true;
    this.#options.clock.rest(GATHER_MS, this.#closed.signal).then(
      () => this.#send(),
      () => {},
    );
  }

  hear(hearer: () => void): Disposable {
    this.#hearers.add(hearer);
    this.#listening ??= this.#listen();
    return { [Symbol.dispose]: () => this.#hearers.delete(hearer) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#listening;
  }

  #send(): void {
    const shards = [...this.#shards].sort((a, b) => a - b);
    this.#shards = new Set();
    this.#isGathering = false;
    this.#options.database.send('SELECT pg_notify($1, $2)', [CHANNEL, `${this.#name} ${shards.join(',')}`]).catch(() => {});
  }

  /** Until closed, or until it turns out that a pooler stands between: it would take the words and pass none on. */
  async #listen(): Promise<void> {
    const { clock, random } = this.#options;
    for (let failures = 0; !this.#closed.signal.aborted; failures += 1) {
      const client = this.#options.newListener();
      const outcome = await this.#listenOver(client).catch(() => 'failed' as const);
      client.end().catch(() => {});
      if (outcome === 'pooled') return;
      if (outcome === 'cut') failures = 0;
      const backOffMs = Math.min(RECONNECT_MS.last, RECONNECT_MS.first * 2 ** Math.min(failures, 10));
      const jitter = 0.5 + (random.bytes(1)[0] ?? 0) / 512;
      await clock.rest(backOffMs * jitter, this.#closed.signal).catch(() => {});
    }
  }

  async #listenOver(client: Client): Promise<'pooled' | 'cut'> {
    const over = new Promise<'cut'>((resolve) => {
      client.on('error', () => resolve('cut'));
      client.on('end', () => resolve('cut'));
      this.#closed.signal.addEventListener('abort', () => resolve('cut'), { once: true });
    });
    client.on('notification', ({ payload = '' }) => {
      if (!payload.startsWith(`${this.#name} `)) this.#wake();
    });
    // What waits for hints doesn't keep a process alive; so nobody who closes may wait for an answer over this connection.
    const isPooled = async (): Promise<boolean> => {
      await client.connect();
      (client as Client & { unref(): void }).unref();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      // A pooler makes up a process id of its own for what it tells its clients.
      if (rows[0]?.pid !== (client as Client & { readonly processID?: number | null }).processID) return true;
      await client.query(`LISTEN ${CHANNEL}`);
      return false;
    };
    const asked = isPooled();
    asked.catch(() => {});
    const outcome = await Promise.race([asked, over]);
    if (outcome === 'cut') return 'cut';
    if (outcome) return 'pooled';
    this.#wake();
    return over;
  }

  #wake(): void {
    for (const hearer of this.#hearers) hearer();
  }
}
