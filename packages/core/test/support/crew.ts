import { PROCESSES, type StoreStep } from './exchange-script.ts';
import type { Interleaving } from './interleaving.ts';
import type { SharedStore } from './shared-store.ts';
import { type DiskFaults, SimulatedProcess } from './simulated-process.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

export interface CrewOptions {
  readonly world: World;
  readonly turns: Interleaving;
  readonly witness: Witness;
  readonly renewAhead: boolean;
  /** Where each process is on a machine of its own. */
  readonly shared: SharedStore | undefined;
}

/** The processes of a schedule: who has died is followed by another, if its machine is there. */
export class Crew {
  readonly processes: SimulatedProcess[] = [];
  readonly faults: DiskFaults = { store: false, spool: false, cuts: [] };
  readonly #world: World;
  readonly #turns: Interleaving;
  readonly #witness: Witness;
  readonly #renewAhead: boolean;
  readonly #shared: SharedStore | undefined;
  readonly #replaying = new Set<SimulatedProcess>();

  constructor({ world, turns, witness, renewAhead, shared }: CrewOptions) {
    this.#world = world;
    this.#turns = turns;
    this.#witness = witness;
    this.#renewAhead = renewAhead;
    this.#shared = shared;
  }

  /** Disks take writes again. */
  mend(): void {
    this.faults.store = false;
    this.faults.spool = false;
    this.faults.cuts.length = 0;
  }

  /** All of them begin. */
  start(): void {
    for (let i = 0; i < PROCESSES; i += 1) this.processes.push(this.spawn(i));
  }

  /** A new process of that index. */
  spawn(index: number): SimulatedProcess {
    const machine = this.#shared?.machine(index);
    const options = { faults: this.faults, renewAhead: this.#renewAhead, ...(machine && { machine }) };
    const process = new SimulatedProcess(this.#world, this.#turns, this.#witness, options);
    if (machine !== undefined && this.processes.length === PROCESSES) this.#takesUpItsOwn(process, machine.id);
    return process;
  }

  /** Before it serves, a machine takes up what it had begun when it died. */
  #takesUpItsOwn(process: SimulatedProcess, id: string): void {
    const { attempt, login } = this.#world.row().exchange;
    if (attempt?.replica === id || login?.replica === id) this.#takeUp(process).catch(() => undefined);
  }

  async #takeUp({ process }: SimulatedProcess): Promise<unknown> {
    const connection = await process.ports.store.getConnection('acme');
    return connection && process.runner.takeUp(connection);
  }

  /** The process of that index, if its machine is there. */
  at(index: number): SimulatedProcess | undefined {
    const known = this.processes[index];
    if (known?.alive === true) return known;
    if (this.#shared?.isLost(index) === true) return undefined;
    const fresh = this.spawn(index);
    this.processes[index] = fresh;
    return fresh;
  }

  /** Any process whose machine is there. */
  living(): SimulatedProcess {
    for (let i = 0; i < PROCESSES; i += 1) {
      const process = this.at(i);
      if (process !== undefined) return process;
    }
    return this.spawn(PROCESSES);
  }

  /** Who lives brings back what the store has lost; a connection that is busy is tried again. */
  replay(): void {
    for (const process of this.processes) {
      const id = process.machine?.id;
      if (id === undefined || !process.alive || process.stopped || this.#shared?.mustReplay(id) !== true) continue;
      if (this.#replaying.has(process)) continue;
      this.#replaying.add(process);
      const ended = (row: unknown): void => {
        this.#replaying.delete(process);
        if (row !== undefined) this.#shared?.hasReplayed(id);
      };
      this.#takeUp(process).then(ended, () => ended(undefined));
    }
    this.#shared?.looksAtFailover(!this.faults.store);
  }

  /** What a step does to machines and to the store that they share. */
  async act(step: StoreStep, settle: () => Promise<void>): Promise<'went-back' | 'done' | undefined> {
    if (step.do === 'cut') this.faults.cuts.push(...step.commits);
    if (step.do === 'lose' && this.#shared?.isLost(step.process) === false) this.processes[step.process]?.mortal.kill();
    // Whoever restores a backup ends what uses the store.
    if (step.do === 'restore') for (const { mortal } of this.processes) mortal.kill();
    if (step.do === 'adopt' && this.#world.disk.condition.is === 'quarantined') {
      for (let i = 0; i < PROCESSES; i += 1) this.at(i);
      await settle();
    }
    return this.#shared?.act(step);
  }
}
