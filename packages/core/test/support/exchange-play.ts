import { AuthError, ReauthorizationRequired } from '../../src/errors.ts';
import type { AccessToken } from '../../src/tokens/access-token.ts';
import { durationsWith } from '../../src/tokens/durations.ts';
import { Crew } from './crew.ts';
import { type Outcome, wrongAtTheEnd } from './exchange-judge.ts';
import { isOfTheStore, PROCESSES, type Script, type Step, type StoreStep } from './exchange-script.ts';
import { Interleaving } from './interleaving.ts';
import { MachineTime } from './machine-time.ts';
import { ManualClock } from './manual-clock.ts';
import { SharedStore } from './shared-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { ORIGIN, SECRET } from './simulated-salesforce.ts';
import { Witness } from './witness.ts';
import { World } from './world.ts';

/** Waiters, and who renews ahead of time, look less often than in life: it changes nothing but how long a schedule takes to play. */
const DURATIONS = durationsWith({ pollMs: 2_000, renewalTickMs: 1_000_000 });
/** A caller is answered this long after its wait at the latest, in milliseconds. */
const GRACE_MS = 1_000;

interface Call {
  readonly process: SimulatedProcess;
  readonly startedMs: number;
  readonly forbidden: ReadonlySet<string>;
}

interface Report {
  readonly by: SimulatedProcess;
  readonly value: string;
  readonly atMs: number;
}

/** A schedule that was played: what broke the protocol (empty: nothing), and what was left. */
interface Played {
  readonly violations: readonly string[];
  readonly world: World;
}

/** One schedule, played by the real code over a simulated machine and a simulated Salesforce. */
export class ExchangePlay implements Played {
  readonly world: World;
  readonly #witness: Witness;
  readonly #time: MachineTime;
  readonly #script: Script;
  readonly #turns: Interleaving;
  readonly #crew: Crew;
  /** Where several machines share the store. */
  readonly #shared: SharedStore | undefined;
  readonly #waiting = new Set<Call>();
  readonly #reports: Report[] = [];
  /** Until then callers may have been kept waiting by a machine that stood still. */
  #stillUntilMs = 0;
  #given = 0;
  #served = 0;

  private constructor(script: Script) {
    const salesforceClock = new ManualClock();
    this.#script = script;
    this.world = new World({ seed: 'play', durations: DURATIONS, salesforceClock });
    this.#time = new MachineTime(this.world.clock, salesforceClock);
    this.#shared = script.replicas && new SharedStore(this.world, script);
    this.#witness = new Witness(this.world, this.#time, { durations: DURATIONS, rotates: script.rotates, shared: this.#shared });
    this.#turns = new Interleaving(script.order);
    this.#crew = new Crew({
      world: this.world,
      turns: this.#turns,
      witness: this.#witness,
      renewAhead: script.renewAhead,
      shared: this.#shared,
    });
    const { salesforce } = this.world;
    salesforce.rotation = script.server !== 'static';
    salesforce.grants.cascades = script.server !== 'rotating';
    salesforce.grants.graceMs = script.server === 'grace' ? 600_000 : 0;
    salesforce.distinctAnswers = true;
    salesforce.refusesSimultaneous = true;
  }

  /** Plays a schedule to its end, lets everything heal, and judges what is left. */
  static async of(script: Script): Promise<Played> {
    const play = await ExchangePlay.untilItsEnd(script);
    if (play.violations.length > 0) return play;
    await play.#heal();
    const outcome = await play.#outcome();
    for (const rule of wrongAtTheEnd(play.world, play.#witness, script, outcome)) play.#witness.violated(rule);
    return play;
  }

  /** Plays a schedule to its end and leaves everything as it is then. */
  static async untilItsEnd(script: Script): Promise<ExchangePlay> {
    const play = new ExchangePlay(script);
    await play.#connect();
    for (const step of script.steps) {
      await play.#step(step);
      if (play.violations.length > 0) break;
    }
    return play;
  }

  /** What broke the protocol; empty: nothing. */
  get violations(): readonly string[] {
    return this.#witness.violations;
  }

  /** Callers in living processes that have no answer yet. */
  get waiting(): number {
    return [...this.#waiting].filter(({ process }) => process.alive).length;
  }

  /** Callers that were given a token. */
  get served(): number {
    return this.#served;
  }

  /** Everything that was wrong is mended, and time passes until every token is over. */
  async #heal(): Promise<void> {
    this.world.salesforce.weather.length = 0;
    this.#crew.mend();
    for (const process of this.#crew.processes) {
      process.mortal.dieAtCall(Number.POSITIVE_INFINITY);
      process.onRelease = undefined;
      this.#continue(process);
    }
    this.#shared?.mend();
    if (this.#shared !== undefined) this.#everybodyLooks();
    await this.#settle();
    await this.#time.pass(20_000, () => this.#settle());
    await this.#time.pass(400_000, () => this.#settle());
    if (this.world.disk.condition.is === 'quarantined') await this.#time.pass(600_000, () => this.#settle());
    this.#adopt();
    const wasWrong = this.#script.steps.some((step) => step.do === 'jump');
    this.#time.jump(-this.#time.wrongByMs);
    await this.#time.pass((wasWrong ? 75 : 3) * 3_600_000, () => this.#settle());
  }

  /** Each machine that is there runs, and renews ahead of time: who is heard of also looks after what it has begun. */
  #everybodyLooks(): void {
    for (let i = 0; i < PROCESSES; i += 1) this.#crew.at(i)?.process.renewAhead.start();
  }

  #adopt(): void {
    this.#shared?.adopt();
    this.#witness.adopted();
  }

  /** What a new process gets that asks for a token, with the patience of somebody who reads what he is told. */
  async #outcome(): Promise<Outcome> {
    const { manager } = (this.#shared === undefined ? this.#crew.spawn(0) : this.#crew.living()).process;
    let outcome: Outcome = 'served';
    for (let tries = 0; tries < 8; tries += 1) {
      outcome = await this.#finished(outcome === 'answer_held' ? manager.renew('acme') : manager.getToken('acme'));
      if (outcome === 'served' || outcome === 'reauthorize' || outcome === 'connection_not_found') return outcome;
      await this.#time.pass(125_000, () => this.#settle());
    }
    return outcome;
  }

  async #finished(call: Promise<AccessToken>): Promise<Outcome> {
    let outcome: Outcome | undefined;
    call.then(
      (token) => {
        this.#witness.handedOut(token);
        outcome = 'served';
      },
      (error: unknown) => {
        outcome =
          error instanceof ReauthorizationRequired ? 'reauthorize' : error instanceof AuthError ? error.code : String(error);
      },
    );
    for (let waits = 0; waits < 10; waits += 1) {
      await this.#settle();
      if (outcome !== undefined) return outcome;
      await this.#time.pass(2_000, () => this.#settle());
    }
    return 'hangs';
  }

  async #connect(): Promise<void> {
    const { rotates, introspect } = this.#script;
    await this.world.process().administration.connect('acme', {
      settings: {
        grant: 'authorization-code',
        loginUrl: ORIGIN,
        clientId: 'synthetic-consumer-key',
        introspect: introspect ? 'auto' : 'off',
        rotates,
      },
      secrets: { clientSecret: SECRET },
      refreshToken: this.world.salesforce.currentRefreshToken,
    });
    this.#witness.looksAtTheStore();
    this.#crew.start();
  }

  async #step(step: Step): Promise<void> {
    await this.#act(step);
    await this.#settle(step.hurry);
  }

  async #act(step: Step): Promise<void> {
    if (isOfTheStore(step)) return this.#actOnCrew(step);
    switch (step.do) {
      case 'pass':
      case 'suspend':
      case 'jump':
        await this.#moveTime(step);
        break;
      case 'weather':
        for (let i = 0; i < (step.times ?? 1); i += 1) this.world.salesforce.weather.push(step.weather);
        break;
      case 'disk':
        this.#crew.faults.store = step.store;
        this.#crew.faults.spool = step.spool;
        break;
      case 'insist':
        await this.#insist(this.#crew.at(step.process));
        break;
      case 'end-grant':
        this.world.salesforce.grants.revoke(this.world.storedRefreshToken() ?? '');
        break;
      default:
        this.#actIn(this.#crew.at(step.process), step);
    }
  }

  async #actOnCrew(step: StoreStep): Promise<void> {
    if ((await this.#crew.act(step, () => this.#settle())) === 'went-back') {
      this.#witness.wentBack();
      this.#reports.length = 0;
    }
    if (step.do === 'adopt') this.#witness.adopted();
  }

  #actIn(
    process: SimulatedProcess | undefined,
    step: Exclude<Extract<Step, { readonly process: number }>, StoreStep | { readonly do: 'insist' }>,
  ): void {
    if (process === undefined) return;
    const { administration } = process.process;
    switch (step.do) {
      case 'get':
      case 'renew':
        this.#call(process, step.do);
        break;
      case 'herd':
        for (let i = 0; i < step.callers; i += 1) this.#call(process, 'get');
        break;
      case 'report':
        this.#report(process);
        break;
      case 'gap':
        this.#callInTheGap(process, step.call, step.after);
        break;
      case 'login':
        this.#login(process);
        break;
      case 'update':
        this.#update(process);
        break;
      case 'revoke':
        this.#witness.mayRevoke = true;
        ignore(administration.revoke('acme'));
        break;
      case 'remove':
        this.#witness.mayRevoke = true;
        ignore(administration.remove('acme', { keepGrant: false }));
        break;
      case 'die':
        process.mortal.dieAtCall(step.calls);
        break;
      case 'kill':
        process.mortal.kill();
        break;
      case 'stop':
      case 'nap':
        process.stop(step.do === 'nap');
        break;
      case 'continue':
        this.#continue(process);
    }
  }

  async #moveTime(step: Extract<Step, { readonly do: 'pass' | 'suspend' | 'jump' }>): Promise<void> {
    if (step.do === 'pass' && step.hurry === undefined) {
      await this.#settle();
      await this.#time.pass(step.ms, () => this.#settle());
      return;
    }
    if (step.do === 'jump') this.#time.jump(step.ms);
    else if (step.do === 'suspend') await this.#time.suspend(step.ms);
    // In a hurry, the whole machine stands still for as long: whoever is under way goes on afterwards.
    else await this.#time.pass(step.ms, async () => undefined);
    this.#standStill();
  }

  #standStill(): void {
    this.#time.disturbedMs = this.#time.trueMs;
    this.#stillUntilMs = this.world.clock.monotonicMs();
  }

  #continue(process: SimulatedProcess): void {
    if (!process.stopped) return;
    process.continue();
    this.#standStill();
  }

  /** Lets everything run that needs no time, or gives only some turns. */
  async #settle(turns?: number): Promise<void> {
    if (this.#shared !== undefined) this.#crew.replay();
    await this.#turns.run(turns);
    if (turns !== undefined) return;
    this.#witness.looksAtTheQuiet();
    const nowMs = this.world.clock.monotonicMs();
    const patienceMs = DURATIONS.callerWaitMs + GRACE_MS;
    for (const { process, startedMs } of this.#waiting) {
      if (!process.alive) continue;
      if (!process.stopped && nowMs > Math.max(startedMs, this.#stillUntilMs) + patienceMs) {
        this.#witness.violated('a caller hangs');
        return;
      }
    }
  }

  #call(process: SimulatedProcess, what: 'get' | 'renew'): void {
    const { manager } = process.process;
    const nowMs = this.world.clock.monotonicMs();
    // A machine that slept has lost what it would have heard meanwhile, and finds out within a second.
    const isHeard = (atMs: number): boolean => nowMs >= Math.max(atMs, process.wokeAtMs) + DURATIONS.cacheTrustMs;
    const reported = this.#reports.filter(({ by, atMs }) => by === process || isHeard(atMs));
    const call: Call = { process, startedMs: nowMs, forbidden: new Set(reported.map(({ value }) => value)) };
    this.#waiting.add(call);
    const answer = what === 'get' ? manager.getToken('acme') : manager.renew('acme');
    answer.then(
      (token) => this.#answered(call, token),
      (error: unknown) => this.#failed(call, error),
    );
  }

  #answered(call: Call, token: AccessToken): void {
    this.#waiting.delete(call);
    this.#served += 1;
    this.#witness.handedOut(token);
    if (call.forbidden.has(token.value)) this.#witness.violated('a token is handed out that was reported before the call');
    const isDisturbed = call.startedMs <= this.#stillUntilMs;
    if (!isDisturbed && token.expiresAt * 1000 <= this.world.clock.nowMs())
      this.#witness.violated('a token is handed out that is over');
  }

  #failed(call: Call, error: unknown): void {
    this.#waiting.delete(call);
    if (!(error instanceof AuthError)) this.#witness.violated(`a call fails with a defect: ${String(error)}`);
  }

  #report(process: SimulatedProcess): void {
    const { manager } = process.process;
    ignore(
      manager.getToken('acme').then(async ({ value }) => {
        await manager.reportInvalid('acme', value);
        this.#reports.push({ by: process, value, atMs: this.world.clock.monotonicMs() });
      }),
    );
  }

  async #insist(process: SimulatedProcess | undefined): Promise<void> {
    if (process === undefined) return;
    for (let i = 0; i < 6; i += 1) {
      this.#call(process, 'get');
      await this.#settle();
      await this.#time.pass(1_000, () => this.#settle());
    }
  }

  #callInTheGap(process: SimulatedProcess, call: 'get' | 'renew', after: number): void {
    process.onRelease = () => {
      let then = Promise.resolve();
      for (let i = 0; i < after; i += 1) then = then.then(() => undefined);
      then.then(() => this.#call(process, call));
    };
  }

  #login(process: SimulatedProcess): void {
    const { login } = process.process;
    ignore(
      login
        .begin('acme', { pkce: false })
        .then((attempt) => login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }))),
    );
  }

  #update(process: SimulatedProcess): void {
    this.#given += 1;
    const refreshToken = `rt-given-${this.#given}`;
    this.world.salesforce.grants.begin(refreshToken);
    ignore(process.process.administration.update('acme', { settings: {}, secrets: {}, refreshToken }));
  }
}

function ignore(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
