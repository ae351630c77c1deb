import type { ExchangePorts } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import type { Forcemint } from '@forcemint/node';
import type { Faults } from './faults.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import type { Counters, Happening, Show } from './report.ts';

const REMEMBERED = 50;

/** What everybody in a run shares: the server, its judge, the store, the counters. */
export class Stage {
  readonly emulator: Emulator;
  readonly watch: LedgerWatch;
  readonly faults: Faults;
  readonly ports: ExchangePorts;
  readonly operator: Forcemint;
  readonly counters: Counters = {
    kills: 0,
    killsInFlight: 0,
    stops: 0,
    faults: 0,
    requests: 0,
    rotations: 0,
    adopted: 0,
    unknown: 0,
    lostToKills: 0,
    lostToFaults: 0,
    violations: 0,
  };
  readonly happenings: Happening[] = [];
  readonly #show: Show;
  readonly #violations: string[] = [];
  readonly #told = new Set<string>();
  #beganMs = performance.now();

  constructor(parts: Pick<Stage, 'emulator' | 'watch' | 'faults' | 'ports' | 'operator'>, show: Show) {
    this.emulator = parts.emulator;
    this.watch = parts.watch;
    this.faults = parts.faults;
    this.ports = parts.ports;
    this.operator = parts.operator;
    this.#show = show;
  }

  /** The clock of the run begins now. */
  begin(): void {
    this.#beganMs = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#beganMs;
  }

  happened(type: Happening['type'], text: string): void {
    const happening = { type, text, elapsedMs: this.elapsedMs };
    this.happenings.push(happening);
    if (this.happenings.length > REMEMBERED) this.happenings.shift();
    this.#show.happened(happening);
  }

  /** Something that must never be, found outside the ledger. */
  violated(text: string): void {
    this.#violations.push(text);
    this.#tell();
  }

  get violations(): readonly string[] {
    return [...this.#violations, ...this.watch.violations];
  }

  /** Reads on in the ledger, and judges. */
  look(): void {
    const { watch, counters, emulator } = this;
    watch.look(emulator.ledger(watch.afterSeq));
    counters.requests = watch.requests;
    counters.rotations = watch.rotations;
    for (const { connection, words } of this.faults.look()) {
      counters.faults += 1;
      this.happened('fault', `${connection}: the server ${words}`);
    }
    this.#tell();
  }

  #tell(): void {
    const { violations } = this;
    this.counters.violations = violations.length;
    for (const text of violations) {
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      this.happened('violation', text);
    }
  }
}
