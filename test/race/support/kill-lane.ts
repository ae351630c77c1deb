import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Durations, fingerprint } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import type { Forcemint } from '@forcemint/node';
import type { Settled } from '../../support/commands.ts';
import { extraHosts, newRefreshToken, refreshTokenConnection } from '../../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../../support/forcemint-process.ts';
import { type Found, KILL_POINTS, type KillPointName } from '../../support/kill-points.ts';
import { historyOf, misplaced, overlaps, violations, wasBusy } from '../../support/ledger-history.ts';
import { NUMBERED_INSTANCES, NumberedTokens } from '../../support/numbered-tokens.ts';
import { type RotationMode, usernameOf } from '../../support/rotation-modes.ts';
import type { StorePlace } from '../../support/store-kinds.ts';
import { expireStoredToken, readStagedAnswer, readStoredRow, type StoredRow, type StoreHome } from '../../support/stored-row.ts';
import { until } from '../../support/until.ts';
import { type Course, expectedCourse } from './expected-course.ts';

/** Callers of each process; they get the same. */
const CALLERS = 3;
/** The server at work on a request: time to kill before and after it rotates. */
const SERVER_DELAYS = { delayBeforeMs: 30, delayMs: 30 };

export interface LaneSetup {
  readonly t: TestContext;
  readonly mode: RotationMode;
  readonly emulator: Emulator;
  readonly place: StorePlace;
  readonly operator: Forcemint;
  readonly durations: Partial<Durations>;
  /** Of the processes. */
  readonly env: NodeJS.ProcessEnv;
  /** The least time between a request and its one repetition, milliseconds. */
  readonly leastWaitMs: number;
}

export interface Round {
  /** Processes die at these points, one after the other; the next one settles. */
  readonly points: readonly KillPointName[];
  readonly by: 'renew' | 'get-token';
  /** `elsewhere`: on another machine, to which what the dead one's spool has is out of reach. */
  readonly heirs: 'here' | 'elsewhere';
}

/** What the kills of a round led to. */
export interface RoundResult extends Round, Pick<Course, 'fate' | 'isUnknownMet'> {}

/** One connection, whose processes are killed at points and replaced, and judged by the ledger after each round. */
export class KillLane {
  readonly #setup: LaneSetup;
  readonly #name: string;
  readonly #tokens: NumberedTokens;
  readonly #adopted: string[] = [];
  /** The machine that the lane's process runs on, and its other one. */
  #machines: readonly [string, string];
  #process: ForcemintProcess | undefined;
  #standby: Promise<ForcemintProcess>;

  constructor(setup: LaneSetup, name: string) {
    this.#setup = setup;
    this.#name = name;
    this.#machines = [`${name}-a`, `${name}-b`];
    this.#tokens = new NumberedTokens(setup.emulator, usernameOf(name), SERVER_DELAYS);
    this.#standby = this.#spawn();
  }

  async run(rounds: readonly Round[]): Promise<RoundResult[]> {
    const { emulator, mode, operator } = this.#setup;
    const connection = refreshTokenConnection(emulator, mode.app, {}, usernameOf(this.#name));
    this.#adopted.push(fingerprint(connection.refreshToken));
    await operator.administration.connect(this.#name, connection);
    this.#process = await this.#openedHeir();
    await this.#bringToken();
    const results: RoundResult[] = [];
    for (const round of rounds) results.push(await this.#round(round));
    await this.#process?.kill();
    await (await this.#standby).kill();
    return results;
  }

  async #round({ points, by, heirs }: Round): Promise<RoundResult> {
    const { mode, place } = this.#setup;
    const what = `${mode.name}, ${points.join(', then ')}, ${by}, heirs ${heirs}`;
    const startedAtMs = Date.now();
    const seq = this.#setup.emulator.ledger().at(-1)?.seq ?? 0;
    if (by === 'get-token') await expireStoredToken(this.#here(), this.#name);
    const before = await readStoredRow(this.#here(), this.#name);
    this.#tokens.prepare();
    for (const point of points) {
      await this.#killAt(point, by, what);
      assert.equal(await this.#found(before), KILL_POINTS[point].found, `${what}: what ${point} leaves behind`);
      const [dead, other] = this.#machines;
      await place.letLeaseRunOut(dead);
      if (heirs === 'elsewhere') {
        await place.letFallSilent(dead);
        this.#machines = [other, dead];
      }
      this.#process = await this.#openedHeir();
    }
    const expected = expectedCourse(points, { rotates: mode.rotates, by });
    const last = points.at(-1);
    if (by === 'renew') await this.#expectLivingToken(before, last !== undefined && KILL_POINTS[last].found === 'stored', what);
    const settled = await this.#heir().settle(this.#name, by, this.#callers(by));
    const result: RoundResult = { points, by, heirs, ...(await this.#judge(settled, expected, { seq, startedAtMs, what })) };
    if (settled.needsLogin) await this.#authorizeAgain();
    return result;
  }

  /** The process dies there by its own hand; at s5 by ours, when the ledger shows that the server is there. */
  async #killAt(point: KillPointName, by: Round['by'], what: string): Promise<void> {
    const victim = this.#heir();
    const isServers = point === 's5 before' || point === 's5 after';
    if (!isServers) await victim.ask({ do: 'die-at', point });
    const reply = victim.settle(this.#name, by, this.#callers(by)).then(
      (settled) => ({ settled }),
      (error: unknown) => ({ error }),
    );
    if (isServers) {
      await until(`${what}: ${point}`, () => this.#isAtServer(point));
      await victim.kill();
    }
    const told = await reply;
    const settled = 'settled' in told ? told.settled : undefined;
    if (settled !== undefined) assert.equal(point, 's10 after', `${what}: never reached; ${JSON.stringify(settled)}`);
    assert.equal(await victim.ended, 'SIGKILL', `${what}: ${victim.output}`);
    if (settled !== undefined) await this.#judgeLastWords(settled, what);
  }

  /** What callers got a moment before the end is stored: nobody has a token that only a dead process knew. */
  async #judgeLastWords(settled: Settled, what: string): Promise<void> {
    this.#judgeAnswers(settled, what);
    const { accessToken } = await readStoredRow(this.#here(), this.#name);
    assert.equal(settled.answers[0]?.token, accessToken, `${what}: handed out, so stored`);
  }

  #isAtServer(point: 's5 before' | 's5 after'): boolean {
    const last = this.#history().requests.at(-1);
    return last?.endedAtMs === null && last.outcome === (point === 's5 before' ? 'pending' : 'ok');
  }

  async #found(before: StoredRow): Promise<Found> {
    const { row, refreshToken } = await readStoredRow(this.#here(), this.#name);
    const staged = await readStagedAnswer(this.#here(), this.#name);
    if (row.generation > before.row.generation) return 'stored';
    assert.equal(refreshToken, before.refreshToken, 'an old access token with a new refresh token');
    if (row.exchange.phase !== 'intent') return 'nothing';
    if (staged === undefined) return 'intent';
    const newest = this.#history().issued.at(-1);
    if (this.#setup.mode.rotates) assert.equal(staged.refreshToken, newest, 'what is staged is the newest refresh token');
    return 'staged';
  }

  /** Whatever became of the renewal, a token that lives is served at once. */
  async #expectLivingToken(before: StoredRow, isReplaced: boolean, what: string): Promise<void> {
    const settled = await this.#heir().settle(this.#name, 'get-token', CALLERS);
    assert.deepEqual(settled.refusals, [], `${what}: the living token is served`);
    this.#judgeAnswers(settled, what);
    const living = isReplaced ? (await readStoredRow(this.#here(), this.#name)).accessToken : before.accessToken;
    assert.equal(settled.answers[0]?.token, living, `${what}: the living token`);
  }

  async #judge(
    settled: Settled,
    expected: Course,
    { seq, startedAtMs, what }: { readonly seq: number; readonly startedAtMs: number; readonly what: string },
  ): Promise<Pick<Course, 'fate' | 'isUnknownMet'>> {
    const { mode, operator, leastWaitMs } = this.#setup;
    const history = this.#history();
    // A grant that does not rotate may be told that the dead process's request is still at work, and asks again.
    const requests = history.requests.filter((request) => request.seq > seq && (mode.rotates || !wasBusy(request)));
    assert.deepEqual(mode.rotates ? violations(history, leastWaitMs) : overlaps(history.requests), [], what);
    assert.deepEqual(
      requests.map(({ outcome }) => outcome),
      expected.outcomes,
      `${what}: the ledger`,
    );
    const events = (await operator.events(this.#name, 100)).filter(({ atMs }) => atMs >= startedAtMs);
    const has = (type: string): boolean => events.some((event) => event.type === type);
    const stored = await readStoredRow(this.#here(), this.#name);
    const isNamed = stored.row.exchange.phase === 'reauthorization-required' && has('reauthorization-required');
    assert.deepEqual(misplaced(history, { stored: stored.refreshToken, isNamed }), [], what);
    assert.equal(settled.needsLogin, expected.fate !== 'kept', `${what}: whether a human is needed`);
    assert.equal(isNamed, settled.needsLogin, `${what}: its state says so`);
    assert.equal(has('outcome-unknown'), expected.isUnknownMet, `${what}: whether the outcome was unknown`);
    this.#judgeAnswers(settled, what);
    if (!settled.needsLogin) this.#judgeStored(settled, stored, what);
    const isSpent = requests.some(({ consumed }) => consumed);
    return { fate: settled.needsLogin ? (isSpent ? 'lost' : 'given up') : 'kept', isUnknownMet: has('outcome-unknown') };
  }

  /** The callers of one process got the same token, with what belongs to it, alive. */
  #judgeAnswers({ answers }: Settled, what: string): void {
    assert.deepEqual(
      answers.flatMap((answer) => this.#tokens.faultsOf(answer)),
      [],
      what,
    );
    assert.ok(new Set(answers.map(({ token }) => token)).size <= 1, `${what}: the callers got different tokens`);
  }

  #judgeStored({ answers }: Settled, { row, accessToken }: StoredRow, what: string): void {
    const [answer] = answers;
    assert.equal(row.exchange.phase, 'idle', what);
    assert.deepEqual(
      { token: answer?.token, instanceUrl: answer?.instanceUrl, issuedAt: answer?.issuedAt, expiresAt: answer?.expiresAt },
      {
        token: accessToken,
        instanceUrl: row.details?.instanceUrl,
        issuedAt: row.details?.issuedAt,
        expiresAt: row.details?.expiresAt,
      },
      `${what}: what was handed out is what is stored`,
    );
    assert.equal(accessToken, row.details?.fingerprint, `${what}: one generation in the store`);
  }

  /** What a person would do. */
  async #authorizeAgain(): Promise<void> {
    const { emulator, mode, operator } = this.#setup;
    const refreshToken = newRefreshToken(emulator, mode.app, usernameOf(this.#name));
    this.#adopted.push(fingerprint(refreshToken));
    await operator.administration.update(this.#name, { settings: {}, secrets: {}, refreshToken });
    await this.#bringToken();
  }

  /** A token that lives; from its answer it is known whether the app rotates. */
  async #bringToken(): Promise<void> {
    this.#tokens.prepare();
    const settled = await this.#heir().settle(this.#name, 'renew');
    assert.equal(settled.needsLogin, false, 'a new grant works');
  }

  /** Of one renewal that is forced on a database one: each looks over a connection of its own, and who looks late has asked for another. */
  #callers(by: Round['by']): number {
    return by === 'renew' && this.#here().store !== undefined ? 1 : CALLERS;
  }

  #history() {
    return historyOf(this.#setup.emulator.ledger(), this.#adopted.at(-1) ?? '');
  }

  /** Where the lane's process has its store. */
  #here(): StoreHome {
    return this.#setup.place.machine(this.#machines[0]);
  }

  #heir(): ForcemintProcess {
    assert.ok(this.#process);
    return this.#process;
  }

  /** Loaded ahead of time, so that a kill does not have to wait for it; it sees the home only when it is opened, after the kill. */
  async #openedHeir(): Promise<ForcemintProcess> {
    const heir = await this.#standby;
    this.#standby = this.#spawn();
    const { emulator, durations } = this.#setup;
    const hosts = [...extraHosts(emulator), ...NUMBERED_INSTANCES];
    await heir.ask({ do: 'open', ...this.#here(), extraHosts: hosts, durations, isMortal: true });
    return heir;
  }

  #spawn(): Promise<ForcemintProcess> {
    const started = ForcemintProcess.start(this.#setup.t, { env: this.#setup.env });
    started.catch(() => 'told to who awaits it');
    return started;
  }
}
