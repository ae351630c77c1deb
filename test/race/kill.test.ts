import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import { extraHosts, newRefreshToken, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import { type GrantHistory, historyOf, overlaps, violations, wasLost } from '../support/ledger-history.ts';
import { IS_LONG, sized } from '../support/length.ts';
import { quickStart } from '../support/quick-start.ts';
import { emulatedMode, ROTATION_MODES, type RotationMode } from '../support/rotation-modes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type StoreKind, type StorePlace, storeKinds } from '../support/store-kinds.ts';
import { readStoredRow } from '../support/stored-row.ts';

const UNKNOWN_WAIT_MS = 1_000;
/** Requests are unanswered only because a process died: those who live have all the time that a loaded machine needs. */
const DURATIONS = { ...PATIENT, unknownWaitMs: UNKNOWN_WAIT_MS };
/** The other process may find the dead one before a busy server has noted that its request arrived. */
const LEAST_WAIT_MS = UNKNOWN_WAIT_MS - 400;
const LONGEST_LIFE_MS = 250;
/** How long the server works on a request, and for how long it may still be at work on one of a process that is dead. */
/** What comes after a killed process: of a database, on the same machine, or, its machine gone with it, on a new one. */
type Heirs = 'here' | 'elsewhere';
/** Of the lanes of each mode. */
const HEIRS: readonly Heirs[] = ['here', 'elsewhere'];

const SERVER_MS = { before: 20, after: 40, atMost: 300 };

interface Tally {
  kills: number;
  inFlight: number;
  unknown: number;
  lost: number;
  unsentTwice: number;
}

interface Setup {
  readonly t: TestContext;
  readonly mode: RotationMode;
  readonly emulator: Emulator;
  readonly place: StorePlace;
  readonly heirs: Heirs;
  readonly hosts: readonly string[];
  readonly operator: Forcemint;
  readonly env: NodeJS.ProcessEnv;
  readonly tally: Tally;
}

/** Two processes renew one connection without pause; one of them, by turns, is killed and replaced. */
class Lane {
  readonly #setup: Setup;
  readonly #name: string;
  readonly #adopted: string[] = [];
  /** What went wrong beside the killing. */
  readonly #broken: unknown[] = [];
  #authorizing: Promise<void> = Promise.resolve();
  #lastEvent = 0;
  /** Of the two processes; each is alone on its own. */
  readonly #machines: string[];

  constructor(setup: Setup, name: string) {
    this.#setup = setup;
    this.#name = name;
    this.#machines = [`${name}-a0`, `${name}-b0`];
  }

  async run(kills: number, random: () => number): Promise<void> {
    const { mode, emulator, operator, tally } = this.#setup;
    const connection = refreshTokenConnection(emulator, mode.app);
    this.#adopted.push(fingerprint(connection.refreshToken));
    await operator.administration.connect(this.#name, connection);
    // From its answer it is known whether the app rotates; until then every app is taken to.
    await operator.getToken(this.#name);
    const pair = await Promise.all([this.#start(0), this.#start(1)]);
    for (let kill = 0; kill < kills && this.#broken.length === 0; kill += 1) {
      const victim = kill % 2;
      await pair[victim]?.event('renewing');
      await sleep(random() * LONGEST_LIFE_MS);
      tally.inFlight += this.#isInFlight() ? 1 : 0;
      await pair[victim]?.kill();
      tally.kills += 1;
      await this.#countUnknown();
      pair[victim] = await this.#start(victim, () => this.#outlive(victim, kill));
    }
    for (const child of pair) await child.kill();
    if (this.#broken.length > 0) throw this.#broken[0];
    await this.#bringToRest();
    await this.#countUnknown();
    await this.#judge();
  }

  async #outlive(victim: number, kill: number): Promise<void> {
    const { place, heirs } = this.#setup;
    const dead = this.#machines[victim] ?? '';
    await place.letLeaseRunOut(dead);
    if (heirs === 'here') return;
    await place.letFallSilent(dead);
    this.#machines[victim] = `${dead.replace(/\d+$/, '')}${kill + 1}`;
  }

  /** @param outlive done as late as can be: what a dead process has sent to a database may still be carried out there after its death */
  async #start(index: number, outlive: () => Promise<void> = async () => {}): Promise<ForcemintProcess> {
    const { t, place, hosts, env } = this.#setup;
    const child = await ForcemintProcess.start(t, { env });
    await outlive();
    await child.ask({
      do: 'open',
      ...place.machine(this.#machines[index]),
      extraHosts: hosts,
      durations: DURATIONS,
      isMortal: true,
    });
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

  /** Outcomes that were found unknown since the last call; histories are not kept for ever. */
  async #countUnknown(): Promise<void> {
    const events = (await this.#setup.operator.events(this.#name, 200)).filter(({ seq }) => seq > this.#lastEvent);
    this.#setup.tally.unknown += events.filter(({ type }) => type === 'outcome-unknown').length;
    this.#lastEvent = events[0]?.seq ?? this.#lastEvent;
  }

  #isInFlight(): boolean {
    return this.#history().requests.at(-1)?.endedAtMs === null;
  }

  /** One at a time: both processes may find that a human is needed. */
  #authorizeAgain(): Promise<void> {
    this.#authorizing = this.#authorizing.then(() => this.#authorizeIfNeeded());
    return this.#authorizing;
  }

  /** What a person would do; but a grant that is given up must be one that the server has ended, or one whose two intents may never have left. */
  async #authorizeIfNeeded(): Promise<void> {
    const { mode, emulator, place, operator, tally } = this.#setup;
    const stored = await readStoredRow(place.machine(), this.#name);
    if (stored.row.exchange.phase !== 'reauthorization-required') return;
    assert.ok(mode.rotates, 'a refresh token that can be used again is never lost');
    await sleep(SERVER_MS.atMost);
    if (wasLost(this.#history(), stored.refreshToken ?? '')) tally.lost += 1;
    else {
      const [last] = await operator.events(this.#name, 1);
      assert.equal(`${last?.type} after ${last?.detail['after']}`, 'reauthorization-required after crash', 'a living grant');
      tally.unsentTwice += 1;
    }
    const refreshToken = newRefreshToken(emulator, mode.app);
    this.#adopted.push(fingerprint(refreshToken));
    await operator.administration.update(this.#name, { settings: {}, secrets: {}, refreshToken });
  }

  /** By a process that lives, once nobody else does. */
  async #bringToRest(): Promise<void> {
    const { t, place, hosts, env } = this.#setup;
    const child = await ForcemintProcess.start(t, { env });
    for (const machine of this.#machines) {
      await place.letLeaseRunOut(machine);
      await place.letFallSilent(machine);
    }
    const home = place.machine(`${this.#name}-last`);
    await child.ask({ do: 'open', ...home, extraHosts: hosts, durations: DURATIONS, isMortal: true });
    while ((await child.settle(this.#name, 'renew')).needsLogin) await this.#authorizeAgain();
    await child.kill();
  }

  #history(): GrantHistory {
    return historyOf(this.#setup.emulator.ledger(), this.#adopted.at(-1) ?? '');
  }

  async #judge(): Promise<void> {
    const { mode, emulator, place } = this.#setup;
    const ledger = emulator.ledger();
    const stored = await readStoredRow(place.machine(), this.#name);
    const histories = this.#adopted.map((adopted) => historyOf(ledger, adopted));
    const found = histories.flatMap((history) =>
      mode.rotates ? violations(history, LEAST_WAIT_MS) : overlaps(history.requests),
    );
    assert.deepEqual(found, [], `${mode.name}, ${this.#name}`);
    assert.equal(stored.row.exchange.phase, 'idle');
    assert.equal(stored.refreshToken, histories.at(-1)?.issued.at(-1), 'the store has the newest refresh token');
  }
}

for (const kind of storeKinds()) {
  const isWhole = IS_LONG || kind.name === 'SQLite';
  // In `npm test` a database has the one mode in which every mistake costs a grant.
  const modes = ROTATION_MODES.filter(({ rotates, reuseCascade }) => isWhole || (rotates && reuseCascade));
  const kills = kind.name === 'SQLite' ? sized(66, 1_026) : sized(16, 504);
  const heirs = kind.name === 'SQLite' ? '' : ', replaced on the same machine or on another';
  test(
    `${kind.name}: ${kills} SIGKILLs at random moments of renewals${heirs}, ${modes.map(({ name }) => name).join(', ')}: no refresh token is presented wrongly, none is lost that came`,
    {
      skip: kind.skip,
    },
    (t) => killAtRandom(t, kind, modes, kills),
  );
}

async function killAtRandom(
  t: TestContext,
  kind: StoreKind,
  modes: readonly RotationMode[],
  expectedKills: number,
): Promise<void> {
  const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 1_000_000_007);
  const emulators = await Promise.all(modes.map((mode) => emulatedMode(t, mode, ['user'])));
  for (const emulator of emulators) {
    emulator.fault({ action: { delayBeforeMs: SERVER_MS.before, delayMs: SERVER_MS.after }, times: 'always' });
  }
  const hosts = emulators.flatMap(extraHosts);
  const place = await kind.place(t);
  await using operator = await openForcemint({ ...place.machine(), extraHosts: hosts, durations: PATIENT, env: {} });
  const env = await quickStart(t);
  const tallies = modes.map((): Tally => ({ kills: 0, inFlight: 0, unknown: 0, lost: 0, unsentTwice: 0 }));
  const lanes = modes.flatMap((mode, index) => {
    const [emulator, tally] = [emulators[index], tallies[index]];
    assert.ok(emulator !== undefined && tally !== undefined);
    return HEIRS.map((heirs, lane) => {
      const setup = { t, mode, emulator, place, heirs, hosts, operator, env, tally };
      return new Lane(setup, `acme-${index}-${lane}`);
    });
  });
  const runs = await Promise.allSettled(
    lanes.map((lane, index) => lane.run(expectedKills / lanes.length, seededRandom(seed + index))),
  );
  for (const run of runs) if (run.status === 'rejected') throw run.reason;

  modes.forEach((mode, index) => {
    const { kills = 0, inFlight, unknown = 0, lost = 0, unsentTwice } = tallies[index] ?? {};
    const share = (count: number) => `${((100 * count) / kills).toFixed(1)} % of kills`;
    t.diagnostic(
      `${kind.name}, ${mode.name}, seed ${seed}: ${kills} kills (${inFlight} with a request in flight), ${emulators[index]?.ledger().length} requests; ` +
        `outcome unknown: ${unknown} (${share(unknown)}), lost with an answer: ${lost} (${share(lost)}), given up unsent: ${unsentTwice}`,
    );
  });
  const all = (count: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + count(tally), 0);
  assert.equal(
    all(({ kills }) => kills),
    expectedKills,
  );
  assert.ok(all(({ inFlight }) => inFlight) > 0, 'no kill hit a request: the run proves nothing');
}
