import type { ConnectionState } from '@forcemint/core';

export interface Counters {
  kills: number;
  /** Kills in whose moment the server had requests under way. */
  killsInFlight: number;
  stops: number;
  faults: number;
  requests: number;
  rotations: number;
  /** Answers that a dead process had staged and another took up. */
  adopted: number;
  /** Renewals after which nobody could know whether they were done. */
  unknown: number;
  /** Grants whose answer was lost with a process, or for which two processes died in a row, and which say so. */
  lostToKills: number;
  /** The same where a fault of server or network took the answer away. */
  lostToFaults: number;
  violations: number;
}

export type WorkerState = 'starting' | 'renewing' | 'stopped' | 'killed';

export interface WorkerView {
  readonly worker: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
}

export interface ConnectionView {
  readonly connection: string;
  /** Of the refresh token. */
  readonly version: number;
  readonly state: ConnectionState;
  readonly lastEvent: string;
  /** Milliseconds since then. */
  readonly lastEventAgoMs: number;
}

/** Something that happened, for whoever watches. */
export interface Happening {
  readonly type: 'kill' | 'stop' | 'continue' | 'fault' | 'lost' | 'authorized' | 'violation';
  readonly text: string;
  /** Since the first blow, or the start if that was later. Milliseconds. */
  readonly elapsedMs: number;
}

/** How everything stands. */
export interface Snapshot {
  readonly phase: 'starting' | 'killing' | 'settling';
  readonly seed: number;
  readonly elapsedMs: number;
  readonly counters: Readonly<Counters>;
  readonly workers: readonly WorkerView[];
  readonly connections: readonly ConnectionView[];
  /** The latest, newest last. */
  readonly happenings: readonly Happening[];
}

export type Standing = 'stored' | 'lost-and-named' | 'violated';

/** How a connection stands at the end. */
export interface FinalConnection {
  readonly connection: string;
  readonly version: number;
  /** Grants that it had, one after the other. */
  readonly grants: number;
  readonly standing: Standing;
}

export interface Summary {
  readonly seed: number;
  readonly elapsedMs: number;
  readonly counters: Readonly<Counters>;
  readonly connections: readonly FinalConnection[];
  readonly violations: readonly string[];
  readonly sound: boolean;
}

/** Whoever shows a run. */
export interface Show {
  happened(happening: Happening): void;
  /** Several times a second. */
  stands(snapshot: Snapshot): void;
  ended(summary: Summary): void;
}
