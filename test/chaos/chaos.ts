import { setTimeout as sleep } from 'node:timers/promises';
import type { Durations } from '@forcemint/core';
import { assembleForcemint } from '@forcemint/node/assemble';
import { openPorts } from '@forcemint/node/open-ports';
import { emulatedSalesforce, extraHosts, QUICK } from '../support/emulated-salesforce.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Ending, temporaryHome } from '../support/temporary-home.ts';
import { ChaosConnection } from './connection.ts';
import { Faults } from './faults.ts';
import { isSound } from './judge.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { ChaosOptions } from './options.ts';
import type { Show, Snapshot, Summary } from './report.ts';
import { Stage } from './stage.ts';
import { Worker } from './worker.ts';

/** The protocol's order, made so short that unknown outcomes are lived through while somebody watches. */
const DURATIONS: Partial<Durations> = { ...QUICK, unknownWaitMs: 2_000, leaseMs: 2_500 };
/** The wait counts from the intent; by the time of the repetition the request must be past its own deadline. */
const LEAST_WAIT_MS = QUICK.exchangeDeadlineMs ?? 0;
const ROTATING_APP = { public: true, scopes: ['api', 'refresh_token'], isRefreshTokenRotationEnabled: true } as const;
/** How long the server holds a token that it has used up before it answers. */
const PROCESSING_MS = 20;
const LOOK_MS = 200;
const SETTLE_MS = 60_000;
const BLOW_MS = { least: 100, most: 700 };
const FAULT_MS = { least: 300, most: 1_200 };
const STOP_MS = { least: 200, most: 3_000 };
/** Of all blows: so many kill; of the rest, which stop, so many kill in the end. */
const KILL_SHARE = 0.7;
const KILL_STOPPED_SHARE = 0.4;

/** Kills, stops and fails what it can until `signal`, or for as long as the options say; then brings everything to rest, and judges. */
export async function runChaos(options: ChaosOptions, show: Show, t: Ending, signal: AbortSignal): Promise<Summary> {
  const users = Array.from({ length: options.connections }, (_, index) => ({
    username: `acme-${index + 1}@emulator.example`,
    password: `emulator-password-${index + 1}`,
  }));
  const emulator = await emulatedSalesforce(t, {
    config: { users, apps: { rotating: ROTATING_APP }, switches: { processingMs: PROCESSING_MS } },
  });
  const home = temporaryHome(t);
  const { ports, close } = await openPorts({ home, extraHosts: extraHosts(emulator), durations: DURATIONS, env: {} });
  await using operator = assembleForcemint({ ports, close, renewAhead: false });
  const faults = new Faults(emulator, seededRandom(options.seed));
  const stage = new Stage({ emulator, watch: new LedgerWatch(LEAST_WAIT_MS), faults, ports, operator }, show);
  const connections = users.map(({ username }) => new ChaosConnection(stage, username.split('@')[0] ?? '', username));
  for (const connection of connections) await connection.connect();
  const workers = Array.from(
    { length: options.workers },
    (_, index) =>
      new Worker(index + 1, {
        home,
        extraHosts: extraHosts(emulator),
        durations: DURATIONS,
        connections,
        random: seededRandom(options.seed + 3 + index),
        broken: (text) => stage.violated(text),
      }),
  );
  t.after(() => workers.forEach((worker) => void worker.abandon()));
  const run = new Run(options, stage, connections, workers, show);
  return await run.toItsEnd(signal);
}

class Run {
  readonly #options: ChaosOptions;
  readonly #stage: Stage;
  readonly #connections: readonly ChaosConnection[];
  readonly #workers: readonly Worker[];
  readonly #show: Show;
  readonly #random: () => number;
  #phase: Snapshot['phase'] = 'starting';

  constructor(
    options: ChaosOptions,
    stage: Stage,
    connections: readonly ChaosConnection[],
    workers: readonly Worker[],
    show: Show,
  ) {
    this.#options = options;
    this.#stage = stage;
    this.#connections = connections;
    this.#workers = workers;
    this.#show = show;
    this.#random = seededRandom(options.seed + 1);
  }

  async toItsEnd(interrupted: AbortSignal): Promise<Summary> {
    const stage = this.#stage;
    const watching = new AbortController();
    const watch = this.#keepLooking(watching.signal);
    await Promise.all(this.#workers.map((worker) => worker.start()));
    this.#phase = 'killing';
    stage.begin();
    const { seconds } = this.#options;
    const over = seconds === undefined ? interrupted : AbortSignal.any([interrupted, AbortSignal.timeout(seconds * 1_000)]);
    await Promise.all([this.#strike(over), this.#layFaults(over)]);
    this.#phase = 'settling';
    stage.faults.clear();
    await Promise.all(this.#workers.map((worker) => this.#kill(worker)));
    const giveUp = AbortSignal.timeout(SETTLE_MS);
    await Promise.all(this.#connections.map((connection) => connection.settle(giveUp)));
    watching.abort();
    await watch;
    return await this.#summary();
  }

  /** Shows how everything stands, several times a second. */
  async #keepLooking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#show.stands(await this.#snapshot());
      await pause(LOOK_MS, signal);
    }
  }

  async #snapshot(): Promise<Snapshot> {
    this.#stage.look();
    const connections = await Promise.all(this.#connections.map((connection) => connection.view()));
    const { counters, elapsedMs, happenings } = this.#stage;
    const workers = this.#workers.map(({ view }) => view);
    return { phase: this.#phase, seed: this.#options.seed, elapsedMs, counters, workers, connections, happenings };
  }

  async #strike(over: AbortSignal): Promise<void> {
    const underway = new Set<Promise<void>>();
    for (let blow = 0; !over.aborted; blow += 1) {
      await pause(this.#between(BLOW_MS), over);
      const standing = this.#workers.filter(({ view }) => view.state === 'renewing');
      const victim = standing[Math.floor(this.#random() * standing.length)];
      if (victim === undefined || over.aborted) continue;
      const struck = blow === 0 || this.#random() < KILL_SHARE ? this.#replace(victim) : this.#stop(victim, over);
      underway.add(struck);
      struck.finally(() => underway.delete(struck));
    }
    await Promise.all(underway);
  }

  async #kill(worker: Worker): Promise<void> {
    const { counters } = this.#stage;
    const { pid, state } = worker.view;
    this.#stage.look();
    const inFlight = this.#stage.watch.inFlight();
    await worker.kill();
    counters.kills += 1;
    if (inFlight.length > 0) counters.killsInFlight += 1;
    const how = state === 'stopped' ? ' while it was stopped' : '';
    const under = inFlight.length === 0 ? 'nothing under way' : `under way: ${inFlight.join(', ')}`;
    this.#stage.happened('kill', `worker ${worker.number} (${pid}) killed${how}; ${under}`);
  }

  async #replace(worker: Worker): Promise<void> {
    await this.#kill(worker);
    await worker.start();
  }

  async #stop(worker: Worker, over: AbortSignal): Promise<void> {
    const durationMs = this.#between(STOP_MS);
    const isKilled = this.#random() < KILL_STOPPED_SHARE;
    this.#stage.counters.stops += 1;
    this.#stage.happened('stop', `worker ${worker.number} (${worker.view.pid}) stopped for ${(durationMs / 1_000).toFixed(1)} s`);
    await worker.stop(durationMs, over);
    if (isKilled) {
      await this.#replace(worker);
      return;
    }
    worker.continue();
    this.#stage.happened('continue', `worker ${worker.number} goes on`);
  }

  async #layFaults(over: AbortSignal): Promise<void> {
    const random = seededRandom(this.#options.seed + 2);
    while (!over.aborted) {
      await pause(FAULT_MS.least + random() * (FAULT_MS.most - FAULT_MS.least), over);
      const chosen = this.#connections[Math.floor(random() * this.#connections.length)];
      if (chosen !== undefined && !over.aborted) this.#stage.faults.lay(chosen.name, chosen.username);
    }
  }

  #between({ least, most }: { readonly least: number; readonly most: number }): number {
    return least + this.#random() * (most - least);
  }

  async #summary(): Promise<Summary> {
    const { seed } = this.#options;
    await this.#snapshot();
    const connections = await Promise.all(this.#connections.map((connection) => connection.final()));
    const { violations, elapsedMs, counters } = this.#stage;
    return { seed, elapsedMs, counters, connections, violations, sound: isSound(connections, violations) };
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => undefined);
}
