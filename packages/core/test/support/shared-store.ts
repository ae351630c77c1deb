import type { Clock, StoreCondition } from '../../src/ports.ts';
import { mayRotate } from '../../src/tokens/exchange.ts';
import type { ExchangePorts } from '../../src/tokens/exchange-ports.ts';
import type { Script, StoreStep } from './exchange-script.ts';
import { AWAITED_MS, Replicated } from './replicated.ts';
import type { World } from './world.ts';

/** Between two signs of life of a machine, and some more, in milliseconds. */
const HEARD_AFTER_MS = 20_000;
/**
 * After a failover no refresh token is used for this long, in milliseconds, whoever has brought back what: for as long as a lease that was forgotten may be
 * believed in, and then as after any request that may be under way.
 */
const FAILED_OVER_MS = 300_000;
const ADDRESS = { storeId: 'another-store', url: 'postgres://elsewhere.example/forcemint' };
const ACTIVE: StoreCondition = { is: 'active' };

/** One of the machines that share a store. */
export interface Machine {
  readonly id: string;
  /** Milliseconds by which it rests longer than others between two looks. */
  readonly restsLongerMs: number;
  portsOf(clock: Clock): Pick<ExchangePorts, 'lock' | 'spool' | 'replicas'>;
  isHeard(): void;
  fallsSilent(): void;
  /** The refresh token that its spool has; '': an answer without one. */
  has(refreshToken: string): void;
  hasNothing(): void;
}

/** A store that several machines share: who of them is there, what their spools have, and what becomes of the store itself. */
export class SharedStore {
  readonly #world: World;
  readonly #script: Script;
  readonly #replicated: Replicated;
  readonly #machines = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #heardSinceMs = new Map<string, number>();
  /** Refresh tokens in answers that lie in spools, by machine, and in the database. */
  readonly #spooled = new Map<string, string>();
  #backup: (() => void) | undefined;
  #backupSpooled: string | undefined;
  #wentBackAtMs = Number.NEGATIVE_INFINITY;
  /** Who has brought back what it had since the store went back. */
  readonly #replayed = new Set<string>();
  wentBack = false;

  constructor(world: World, script: Script) {
    this.#world = world;
    this.#script = script;
    this.#replicated = new Replicated(world.disk, world.databaseClock);
    this.#replicated.stagesInDatabase = script.replicas?.staging === true;
  }

  get #nowMs(): number {
    return this.#world.databaseClock.nowMs();
  }

  machine(index: number): Machine {
    const id = `replica-${index}`;
    this.#machines.add(id);
    return {
      id,
      restsLongerMs: 1_700 * index,
      portsOf: (clock) => this.#replicated.portsOf(id, clock),
      isHeard: () => {
        this.#replicated.isHeard(id);
        if (!this.#heardSinceMs.has(id)) this.#heardSinceMs.set(id, this.#nowMs);
      },
      fallsSilent: () => {
        this.#replicated.fallsSilent(id);
        this.#heardSinceMs.delete(id);
      },
      has: (refreshToken) => {
        this.#spooled.set(id, refreshToken);
        if (this.#replicated.stagesInDatabase) this.#spooled.set('database', refreshToken);
      },
      hasNothing: () => {
        this.#spooled.delete(id);
        this.#spooled.delete('database');
      },
    };
  }

  isLost(index: number): boolean {
    return this.#lost.has(`replica-${index}`);
  }

  /** Whether somebody has a refresh token in a spool who is there, or may be expected to come. */
  canBeHad(refreshToken: string): boolean {
    return [...this.#spooled].some(([id, token]) => token === refreshToken && (id === 'database' || this.isAwaited(id)));
  }

  /** Whether a refresh token lies in the spool of any machine, there or not. */
  isSpooled(refreshToken: string): boolean {
    return [...this.#spooled.values()].includes(refreshToken);
  }

  /** Whether a refresh token went with the spool of a machine that does not come back. */
  isGone(refreshToken: string): boolean {
    return [...this.#lost].some((id) => this.#spooled.get(id) === refreshToken);
  }

  /** Whether a machine is there, or may still come. */
  isAwaited(id: string): boolean {
    const sinceMs = this.#heardSinceMs.get(id);
    if (sinceMs !== undefined) return this.#nowMs - sinceMs >= HEARD_AFTER_MS;
    return this.#replicated.answersForMs(id) > 0;
  }

  /** What a step does to machines and store; processes are the caller's. `went-back`: the store is another one now. */
  act(step: StoreStep): 'went-back' | 'done' {
    const { disk } = this.#world;
    switch (step.do) {
      case 'lose':
        this.#lost.add(`replica-${step.process}`);
        return 'done';
      case 'return':
        this.#lost.delete(`replica-${step.process}`);
        return 'done';
      case 'moving':
      case 'moved':
        if (['active', 'moving', 'moved'].includes(disk.condition.is)) disk.condition = { is: step.do, to: ADDRESS };
        return 'done';
      case 'not-moved':
        if (disk.condition.is === 'moving' || disk.condition.is === 'moved') disk.condition = ACTIVE;
        return 'done';
      case 'backup':
        this.#backup = disk.snapshot();
        this.#backupSpooled = this.#spooled.get('database');
        return 'done';
      case 'fail-over':
      case 'restore':
        return this.#goBack(step.do);
      case 'adopt':
        this.adopt();
        return 'done';
      case 'cut':
        return 'done';
    }
  }

  #goBack(how: 'fail-over' | 'restore'): 'went-back' | 'done' {
    const { disk } = this.#world;
    if (this.#backup === undefined || disk.condition.is !== 'active') return 'done';
    this.#backup();
    if (this.#backupSpooled === undefined) this.#spooled.delete('database');
    else this.#spooled.set('database', this.#backupSpooled);
    this.wentBack = true;
    this.#wentBackAtMs = this.#nowMs;
    this.#replayed.clear();
    disk.condition =
      how === 'restore'
        ? { is: 'quarantined', why: 'restored', evidence: 'synthetic', sinceMs: this.#nowMs }
        : { is: 'failed-over', untilMs: this.#nowMs + AWAITED_MS };
    return 'went-back';
  }

  /** Whether that machine has yet to bring back what it has, since the store went back. */
  mustReplay(id: string): boolean {
    return this.wentBack && !this.#replayed.has(id);
  }

  hasReplayed(id: string): void {
    this.#replayed.add(id);
  }

  /**
   * After a failover: whether those who may have something have brought it.
   * @param isWritable else nobody could, and the time for it has not begun
   */
  looksAtFailover(isWritable: boolean): void {
    const { disk } = this.#world;
    if (disk.condition.is !== 'failed-over') return;
    if (!isWritable) this.#wentBackAtMs = this.#nowMs;
    if (this.#nowMs - this.#wentBackAtMs >= AWAITED_MS || this.#isBroughtBack) disk.condition = ACTIVE;
  }

  /** Whether a restored store has been looked at by everybody who may have what it lacks, so that its operator may adopt it. */
  get mayBeAdopted(): boolean {
    return this.#world.disk.condition.is === 'quarantined' && this.#isBroughtBack;
  }

  get #isBroughtBack(): boolean {
    if (this.#nowMs - this.#wentBackAtMs < FAILED_OVER_MS) return false;
    return [...this.#machines].every((id) => this.#replayed.has(id) || this.#replicated.answersForMs(id) === 0);
  }

  /** What `forcemint store adopt --restored` does: a refresh token that may be spent counts as if its last renewal had no answer. */
  adopt(): void {
    const { disk, clock } = this.#world;
    if (!this.mayBeAdopted) return;
    const row = this.#world.row();
    const { exchange, version } = row;
    if (exchange.phase === 'idle' && row.refreshToken !== undefined && mayRotate(this.#script.rotates, exchange.rotation)) {
      const startedAtMs = clock.nowMs();
      disk.tokens.set(row.connectionId, {
        ...row,
        revision: row.revision + 1,
        exchange: {
          ...exchange,
          phase: 'unknown',
          epoch: exchange.epoch + 1,
          settled: exchange.settled + 1,
          attempt: { id: `restored-${exchange.epoch}`, kind: 'renewal', startedAtMs, version },
          login: undefined,
          unknownSinceMs: startedAtMs,
        },
      });
    }
    disk.condition = ACTIVE;
  }

  /** The end of every trouble but of what is gone for good. */
  mend(): void {
    const { disk } = this.#world;
    if (disk.condition.is === 'moving' || disk.condition.is === 'moved') disk.condition = ACTIVE;
    if (this.#script.replicas?.returns === true) this.#lost.clear();
  }
}
