import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import {
  emulatedSalesforce,
  extraHosts,
  newRefreshToken,
  QUICK,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import { historyOf, violations, wasLost } from '../support/ledger-history.ts';
import { sized } from '../support/length.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const DURATIONS = { ...QUICK, unknownWaitMs: 1_000, leaseMs: 1_200 };
/** The wait counts from the intent, whose commit may take a moment; by the time of the repetition the request must be past its own deadline. */
const LEAST_WAIT_MS = QUICK.exchangeDeadlineMs ?? 0;
const CONNECTIONS = 4;
const KILLS = sized(64, 1_024);
const LONGEST_LIFE_MS = 250;
/** How long the server works on a request, and for how long it may still be at work on one of a process that is dead. */
const SERVER_MS = { before: 8, after: 12, atMost: 300 };

interface Tally {
  kills: number;
  inFlight: number;
  unknown: number;
  lost: number;
  unsentTwice: number;
}

/** Two processes renew one connection without pause; one of them, by turns, is killed and replaced. */
class Lane {
  readonly #t: TestContext;
  readonly #emulator: Emulator;
  readonly #home: string;
  readonly #name: string;
  readonly #operator: Forcemint;
  readonly #tally: Tally;
  readonly #adopted: string[] = [];
  /** What went wrong beside the killing. */
  readonly #broken: unknown[] = [];
  #authorizing: Promise<void> = Promise.resolve();

  constructor(t: TestContext, emulator: Emulator, home: string, name: string, operator: Forcemint, tally: Tally) {
    this.#t = t;
    this.#emulator = emulator;
    this.#home = home;
    this.#name = name;
    this.#operator = operator;
    this.#tally = tally;
  }

  async run(kills: number, random: () => number): Promise<void> {
    const connection = refreshTokenConnection(this.#emulator);
    this.#adopted.push(fingerprint(connection.refreshToken));
    await this.#operator.administration.connect(this.#name, connection);
    const pair = await Promise.all([this.#start(), this.#start()]);
    for (let kill = 0; kill < kills && this.#broken.length === 0; kill += 1) {
      const victim = kill % 2;
      await pair[victim]?.event('renewing');
      await sleep(random() * LONGEST_LIFE_MS);
      this.#tally.inFlight += this.#isInFlight() ? 1 : 0;
      await pair[victim]?.kill();
      this.#tally.kills += 1;
      const { row } = await readStoredRow(this.#home, this.#name);
      if (row.exchange.phase === 'unknown') this.#tally.unknown += 1;
      pair[victim] = await this.#start();
    }
    for (const child of pair) await child.kill();
    if (this.#broken.length > 0) throw this.#broken[0];
    await until(`${this.#name} to come to rest`, () => this.#serves());
    await this.#judge();
  }

  async #start(): Promise<ForcemintProcess> {
    const child = await ForcemintProcess.start(this.#t);
    await child.ask({ do: 'open', home: this.#home, extraHosts: extraHosts(this.#emulator), durations: DURATIONS });
    this.#keepRenewing(child).catch((error: unknown) => this.#broken.push(error));
    return child;
  }

  async #keepRenewing(child: ForcemintProcess): Promise<void> {
    for (;;) {
      const ending = await child.ask({ do: 'keep-renewing', name: this.#name }).catch((error: unknown) => {
        if (error instanceof ToldFailure) throw error;
        return 'killed';
      });
      if (ending !== 'needs-login') return;
      await this.#authorizeAgain();
    }
  }

  #isInFlight(): boolean {
    const history = historyOf(this.#emulator.ledger(), this.#adopted.at(-1) ?? '');
    return history.requests.at(-1)?.endedAtMs === null;
  }

  /** One at a time: both processes may find that a human is needed. */
  #authorizeAgain(): Promise<void> {
    this.#authorizing = this.#authorizing.then(() => this.#authorizeIfNeeded());
    return this.#authorizing;
  }

  /** What a person would do; but a grant that is given up must be one that the server has ended, or one whose two intents may never have left. */
  async #authorizeIfNeeded(): Promise<void> {
    const stored = await readStoredRow(this.#home, this.#name);
    if (stored.row.exchange.phase !== 'reauthorization-required') return;
    await sleep(SERVER_MS.atMost);
    const history = historyOf(this.#emulator.ledger(), this.#adopted.at(-1) ?? '');
    if (wasLost(history, stored.refreshToken ?? '')) this.#tally.lost += 1;
    else {
      const [last] = await this.#operator.events(this.#name, 1);
      assert.equal(`${last?.type} after ${last?.detail['after']}`, 'reauthorization-required after crash', 'a living grant');
      this.#tally.unsentTwice += 1;
    }
    const refreshToken = newRefreshToken(this.#emulator, 'rotating');
    this.#adopted.push(fingerprint(refreshToken));
    await this.#operator.administration.update(this.#name, { settings: {}, secrets: {}, refreshToken });
  }

  async #serves(): Promise<boolean> {
    try {
      await this.#operator.renew(this.#name);
      return true;
    } catch (error) {
      const { phase } = (await readStoredRow(this.#home, this.#name)).row.exchange;
      if (phase === 'reauthorization-required') await this.#authorizeAgain();
      else if (!(error instanceof Error && 'retryable' in error && error.retryable === true)) throw error;
      return false;
    }
  }

  async #judge(): Promise<void> {
    const ledger = this.#emulator.ledger();
    const stored = await readStoredRow(this.#home, this.#name);
    const histories = this.#adopted.map((adopted) => historyOf(ledger, adopted));
    assert.deepEqual(
      histories.flatMap((history) => violations(history, LEAST_WAIT_MS)),
      [],
    );
    assert.equal(stored.row.exchange.phase, 'idle');
    assert.equal(stored.refreshToken, histories.at(-1)?.issued.at(-1), 'the store has the newest refresh token');
  }
}

test(`${KILLS} SIGKILLs at random moments of renewals that rotate: no refresh token is presented wrongly, none is lost that came`, async (t) => {
  const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 1_000_000_007);
  const emulator = await emulatedSalesforce(t);
  emulator.fault({ action: { delayBeforeMs: SERVER_MS.before, delayMs: SERVER_MS.after }, times: 'always' });
  const home = temporaryHome(t);
  await using operator = await openForcemint({ home, extraHosts: extraHosts(emulator), durations: DURATIONS, env: {} });
  const tally: Tally = { kills: 0, inFlight: 0, unknown: 0, lost: 0, unsentTwice: 0 };
  const lanes = Array.from({ length: CONNECTIONS }, (_, lane) => new Lane(t, emulator, home, `acme-${lane}`, operator, tally));
  const runs = await Promise.allSettled(lanes.map((lane, index) => lane.run(KILLS / CONNECTIONS, seededRandom(seed + index))));
  for (const run of runs) if (run.status === 'rejected') throw run.reason;

  const { kills, inFlight, lost, unsentTwice } = tally;
  const requests = emulator.ledger().length;
  t.diagnostic(
    `seed ${seed}: ${kills} kills (${inFlight} with a request in flight), ${requests} requests; lost with an answer: ${lost} ` +
      `(${((100 * lost) / kills).toFixed(1)} % of kills); given up unsent: ${unsentTwice}; found unknown at once: ${tally.unknown}`,
  );
  assert.equal(kills, KILLS);
  assert.ok(inFlight > 0, 'no kill hit a request: the run proves nothing');
});
