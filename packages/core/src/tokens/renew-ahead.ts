import type { ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { AuthError } from '../errors.ts';
import type { Pick } from '../ports.ts';
import { mayRotate, probeAtMs } from './exchange.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import { awaitedUntilMs, type ExchangeRunner } from './exchange-runner.ts';
import type { InUse } from './in-use.ts';
import { Pauses } from './pauses.ts';
import { type Renewals, settledRow } from './renewals.ts';
import type { Revocations } from './revocations.ts';
import { livesUntilMs } from './token-seals.ts';

/** Connections that one look at the store brings at most, beside those that pause. */
const PAGE = 100;
/** Between two looks for refresh tokens that lie idle. */
const IDLE_LOOK_MS = 600_000;
const RENEWING = 'renewing ahead of time';
const REVOKING = 'revoking superfluous grants';

interface Job {
  readonly name: string;
  readonly loginUrl: string;
  run(): Promise<void>;
}

/** The parts that it drives. */
export interface RenewAheadParts {
  readonly runner: ExchangeRunner;
  readonly renewals: Renewals;
  readonly inUse: InUse;
  readonly revocations: Revocations;
}

/**
 * What a process that runs long does without being asked: renews tokens that are in use before they expire, uses refresh tokens before they have been idle
 * for too long, takes up what dead processes left, repeats an unanswered renewal once when that can do no harm, and revokes superfluous grants. It uses half
 * of the exchanges that may be under way with a login host at a time; the other half is for callers.
 */
export class RenewAhead {
  readonly #ports: ExchangePorts;
  readonly #parts: RenewAheadParts;
  readonly #pauses: Pauses;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, string>();
  #waiting: Job[] = [];
  #idleLookAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** What was told last of what is held up. */
  readonly #warned = new Map<string, string>();
  #isRevoking = false;

  constructor(ports: ExchangePorts, parts: RenewAheadParts) {
    this.#ports = ports;
    this.#parts = parts;
    this.#pauses = new Pauses(ports.clock);
  }

  /** Begins, until `stop`; does not keep the process alive. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Begins nothing more; what is under way goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, durations } = this.#ports;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await clock.rest(durations.renewalTickMs, signal).catch(() => undefined);
    }
  }

  /** What cannot be found out now is found out next time; a reason is told once. */
  async #look(): Promise<void> {
    try {
      const jobs = [...this.#renewals(), ...(await this.#unsettled()), ...(await this.#idle())];
      if (this.#stopping.signal.aborted) return;
      this.#waiting = jobs.filter(({ name }) => !this.#busy.has(name) && !this.#pauses.has(name));
      this.#launch();
      this.#revoke();
      this.#warned.delete(RENEWING);
    } catch (error) {
      this.#warn(RENEWING, error);
    }
  }

  #warn(what: string, error: unknown): void {
    const why = error instanceof AuthError ? error.message : `unexpected ${error instanceof Error ? error.name : typeof error}`;
    if (this.#warned.get(what) !== why) this.#ports.warn(`${what} is held up: ${why}`);
    this.#warned.set(what, why);
  }

  /** Beside the renewals: a host that does not answer must not hold them up. */
  #revoke(): void {
    if (this.#isRevoking) return;
    this.#isRevoking = true;
    this.#ports.underway
      .run(() => this.#parts.revocations.runDue())
      .then(
        () => this.#warned.delete(REVOKING),
        (error: unknown) => this.#warn(REVOKING, error),
      )
      .finally(() => {
        this.#isRevoking = false;
      });
  }

  /** Begins what is waiting, as far as there is room. */
  #launch(): void {
    const room = Math.max(1, Math.floor(this.#ports.durations.exchangesAtOncePerHost / 2));
    const taken = new Map<string, number>();
    for (const host of this.#busy.values()) taken.set(host, (taken.get(host) ?? 0) + 1);
    const still: Job[] = [];
    for (const job of this.#waiting) {
      const busy = taken.get(job.loginUrl) ?? 0;
      if (busy >= room || this.#busy.has(job.name)) {
        still.push(job);
        continue;
      }
      taken.set(job.loginUrl, busy + 1);
      this.#begin(job);
    }
    this.#waiting = still;
  }

  #begin(job: Job): void {
    this.#busy.set(job.name, job.loginUrl);
    const ended = this.#ports.underway
      .run(() => job.run())
      .then(
        () => this.#pauses.clear(job.name),
        (error: unknown) => {
          // The reason of an AuthError stands in the store, and is told to whoever needs the token.
          if (!(error instanceof AuthError)) this.#ports.warn(`renewing ${job.name} ahead of time failed unexpectedly`);
          this.#pauses.after(job.name, error);
        },
      );
    void ended.finally(() => {
      this.#busy.delete(job.name);
      this.#launch();
    });
  }

  #renewals(): Job[] {
    return this.#parts.inUse
      .due(this.#ports.clock.nowMs())
      .map(({ name, loginUrl, generation }) => ({ name, loginUrl, run: () => this.#renew(name, generation) }));
  }

  async #unsettled(): Promise<Job[]> {
    const names = await this.#ports.store.listUnsettled(PAGE + this.#pauses.size, this.#pick());
    return this.#jobs(names, (connection) => this.#settle(connection));
  }

  /** Refresh tokens that nobody has used for so long that Salesforce would soon let them expire. */
  async #idle(): Promise<Job[]> {
    const { clock, durations, store } = this.#ports;
    if (clock.monotonicMs() < this.#idleLookAtMs) return [];
    const limit = PAGE + this.#pauses.size;
    const issuedBefore = (clock.nowMs() - durations.keepAliveAfterMs) / 1000;
    const names = await store.listIdle(issuedBefore, limit, this.#pick());
    if (names.length < limit) this.#idleLookAtMs = clock.monotonicMs() + IDLE_LOOK_MS;
    return this.#jobs(names, async ({ name, id }) => {
      const row = await store.getToken(id);
      // Another process may have been quicker.
      if (row?.details !== undefined && row.details.issuedAt < issuedBefore) await this.#renew(name, row.generation);
    });
  }

  /** So that replicas share what is to be done. */
  #pick(): Pick | undefined {
    const { replicas, durations } = this.#ports;
    return replicas && { replicaId: replicas.ownId, forMs: durations.renewalTickMs * 3 };
  }

  async #jobs(names: readonly string[], run: (connection: ConnectionRow) => Promise<void>): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const name of names) {
      if (this.#busy.has(name) || this.#pauses.has(name)) continue;
      const connection = await this.#ports.store.getConnection(name);
      if (connection === undefined || this.#parts.renewals.isUnderway(connection.id)) continue;
      jobs.push({ name, loginUrl: connection.settings.loginUrl, run: () => run(connection) });
    }
    return jobs;
  }

  /** One renewal, unless another process brings a newer token than `generation` first. */
  async #renew(name: string, generation: number): Promise<void> {
    const { inUse, renewals } = this.#parts;
    const found = await this.#ports.store.getRow(name);
    if (found === undefined) return inUse.forget(name);
    const { connection, token } = found;
    const satisfied = (row: { generation: number; accessToken?: Uint8Array }): boolean =>
      row.generation > generation && row.accessToken !== undefined;
    const row = settledRow(await renewals.join(connection, { forced: false, satisfied }, token));
    if (row.details !== undefined) inUse.note(connection, row, row.details, false);
  }

  /** Takes up what a dead process left; an unanswered renewal is repeated when its time has come. */
  async #settle(connection: ConnectionRow): Promise<void> {
    const { clock, durations } = this.#ports;
    const row = await this.#parts.runner.takeUp(connection);
    if (row?.exchange.phase !== 'unknown' && row?.exchange.phase !== 'intent') return;
    const { rotates } = connection.settings;
    const repeatsAtMs = probeAtMs(row.exchange, {
      usesRefreshToken: usesRefreshToken(connection.settings),
      mayRotate: mayRotate(rotates, row.exchange.rotation),
      livesUntilMs: livesUntilMs(row, clock.nowMs()),
      awaitedUntilMs: await awaitedUntilMs(this.#ports, row),
      durations,
    });
    if (repeatsAtMs > clock.nowMs()) return this.#pauses.until(connection.name, repeatsAtMs);
    await this.#renew(connection.name, row.generation);
  }
}
