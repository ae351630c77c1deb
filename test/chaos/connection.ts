import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError, type EventRow, fingerprint } from '@forcemint/core';
import { openRefreshToken } from '@forcemint/core/tokens/token-seals';
import { newRefreshToken, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { mayBeGivenUp, type Stored, standing } from './judge.ts';
import type { ConnectionView, FinalConnection } from './report.ts';
import type { Stage } from './stage.ts';

/** For how long the server may still be at work on a request of a process that is dead, in milliseconds. */
const SERVER_AT_MOST_MS = 400;
const APP = 'rotating';
const RETRY_MS = 20;

/** One connection, its grants one after the other, and the person who authorizes it again. */
export class ChaosConnection {
  readonly name: string;
  readonly username: string;
  readonly #stage: Stage;
  #id = '';
  #grants = 0;
  #adoptedAtMs = 0;
  #lastEvent: EventRow | undefined;
  #authorizing: Promise<void> = Promise.resolve();

  constructor(stage: Stage, name: string, username: string) {
    this.name = name;
    this.username = username;
    this.#stage = stage;
  }

  async connect(): Promise<void> {
    const { emulator, operator } = this.#stage;
    const connection = refreshTokenConnection(emulator, APP, {}, this.username);
    this.#tellJudge(connection.refreshToken);
    this.#id = (await operator.administration.connect(this.name, connection)).id;
  }

  /** The judge is told before anybody can present it. */
  #tellJudge(refreshToken: string): void {
    this.#stage.look();
    this.#stage.watch.adopt(this.name, fingerprint(refreshToken));
    this.#grants += 1;
    this.#adoptedAtMs = Date.now();
  }

  /** One at a time: several processes may find that a person is needed. */
  authorizeAgain(): Promise<void> {
    const before = this.#authorizing.catch(() => undefined);
    this.#authorizing = before.then(() => this.#authorizeIfNeeded());
    return this.#authorizing;
  }

  async #authorizeIfNeeded(): Promise<void> {
    const { watch, counters, faults } = this.#stage;
    const stored = await this.#stored();
    if (stored.phase !== 'reauthorization-required') return;
    await sleep(SERVER_AT_MOST_MS);
    this.#stage.look();
    const history = watch.history(this.name);
    if (!mayBeGivenUp(stored, history)) this.#stage.violated(`${this.name}: a living grant was given up`);
    const issuedAtMs = history.requests.find(({ issued }) => issued === stored.refreshToken)?.startedAtMs ?? this.#adoptedAtMs;
    const byFault = faults.costAnAnswer(this.name, issuedAtMs);
    if (byFault) counters.lostToFaults += 1;
    else counters.lostToKills += 1;
    this.#stage.happened('lost', `${this.name}: its grant is lost, by a ${byFault ? 'fault' : 'kill'}, and it says so`);
    await this.#adopt(newRefreshToken(this.#stage.emulator, APP, this.username));
    this.#stage.happened('authorized', `${this.name}: authorized again`);
  }

  /** A stopped process may hold the connection for a while: whoever authorizes tries again. */
  async #adopt(refreshToken: string): Promise<void> {
    this.#tellJudge(refreshToken);
    for (;;) {
      try {
        await this.#stage.operator.administration.update(this.name, { settings: {}, secrets: {}, refreshToken });
        return;
      } catch (error) {
        if (!(error instanceof AuthError && error.retryable)) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  async #stored(): Promise<Stored & { readonly version: number }> {
    const { store, seal } = this.#stage.ports;
    const row = await store.getToken(this.#id);
    if (row === undefined) throw new TypeError(`${this.name} is gone`);
    const refreshToken = openRefreshToken(row, seal);
    const { phase, reauthorization } = row.exchange;
    return { phase, reauthorization, refreshToken: refreshToken && fingerprint(refreshToken), version: row.version };
  }

  /** How it stands, and its new events counted. */
  async view(): Promise<ConnectionView> {
    const { operator, counters } = this.#stage;
    const { state, version } = await operator.status(this.name);
    const events = await operator.events(this.name);
    const lastSeq = this.#lastEvent?.seq ?? 0;
    for (const { seq, type } of events) {
      if (seq <= lastSeq) continue;
      if (type === 'adopted') counters.adopted += 1;
      if (type === 'outcome-unknown') counters.unknown += 1;
    }
    this.#lastEvent = events[0] ?? this.#lastEvent;
    const last = this.#lastEvent;
    return {
      connection: this.name,
      version,
      state,
      lastEvent: last?.type ?? 'none',
      lastEventAgoMs: last === undefined ? 0 : Math.max(0, Date.now() - last.atMs),
    };
  }

  /** Renews until that works, as somebody who waits would; a person authorizes again where one is needed. */
  async settle(giveUp: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#stage.operator.renew(this.name);
        return;
      } catch (error) {
        if (!(error instanceof AuthError)) throw error;
        if (error.name === 'ReauthorizationRequired') await this.authorizeAgain();
        else if (!error.retryable || giveUp.aborted) {
          this.#stage.violated(`${this.name}: did not come to rest: ${error.message}`);
          return;
        } else await sleep(RETRY_MS);
      }
    }
  }

  async final(): Promise<FinalConnection> {
    const stored = await this.#stored();
    const { name: connection } = this;
    return {
      connection,
      version: stored.version,
      grants: this.#grants,
      standing: standing(stored, this.#stage.watch.history(connection)),
    };
  }
}
