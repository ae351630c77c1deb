import type { RotatesSetting } from '../../src/connections/connection.ts';
import { TransportError } from '../../src/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { AccessToken } from '../../src/tokens/access-token.ts';
import type { Durations } from '../../src/tokens/durations.ts';
import { mayRotate } from '../../src/tokens/exchange.ts';
import type { TokenRow } from '../../src/tokens/token-row.ts';
import type { MachineTime } from './machine-time.ts';
import { type Outcome, type Presentation, readAnswer, sinceLastAnswer } from './presentation.ts';
import { wrongBetween, wrongWith } from './record-invariants.ts';
import { AWAITED_MS } from './replicated.ts';
import type { SharedStore } from './shared-store.ts';
import type { SimulatedGrant } from './simulated-grants.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** As long as no time passes but what requests take, in milliseconds. */
const SOON_MS = 1_000;

/** Where a refresh token that Salesforce issued has been. */
interface Whereabouts {
  stored: boolean;
  staged: boolean;
}

/**
 * Sees every request leave and every write land, and knows what the simulated Salesforce knows: judges the protocol from outside, by the two ends and not by
 * what the code says of itself.
 */
export class Witness {
  readonly violations: string[] = [];
  readonly presentations = new Map<string, Presentation[]>();
  /** An administrator has asked for a revocation or a removal. */
  mayRevoke = false;
  /** How many intents for a refresh token were left behind unsettled, but for those whose requests went unanswered. */
  readonly leftBehind = new Map<string, number>();
  readonly issues = new Map<string, Whereabouts>();
  /** Grants whose spent refresh token was presented where nobody who could be heard had its successor. */
  readonly #lostBlindly = new Set<SimulatedGrant>();
  readonly #world: World;
  readonly #time: MachineTime;
  readonly #durations: Durations;
  readonly #rotates: RotatesSetting;
  readonly #shared: SharedStore | undefined;
  readonly #latest = new Map<SimulatedProcess, Presentation>();
  /** The refresh token that came with the last answer of a process. */
  readonly #carries = new Map<SimulatedProcess, string>();
  /** Requests that have left and whose end their process has not seen, since when, in true time. */
  readonly #inFlight = new Map<SimulatedProcess, number>();
  #departuresMs: number[] = [];
  #answeredMs = Number.NEGATIVE_INFINITY;
  #wentBackMs = Number.NEGATIVE_INFINITY;
  #seen: TokenRow | undefined;
  #intent: { readonly id: string; readonly holder: unknown; readonly token: string; readonly presentations: number } | undefined;

  /** @param rotates whether the app rotates, as the connection's settings say */
  constructor(
    world: World,
    time: MachineTime,
    {
      durations,
      rotates,
      shared,
    }: { readonly durations: Durations; readonly rotates: RotatesSetting; readonly shared: SharedStore | undefined },
  ) {
    this.#world = world;
    this.#rotates = rotates;
    this.#time = time;
    this.#durations = durations;
    this.#shared = shared;
  }

  violated(rule: string): void {
    this.violations.push(rule);
  }

  /** A request leaves a process now; `send` sends it. */
  async watches(process: SimulatedProcess, request: HttpRequest, send: () => Promise<HttpResponse>): Promise<HttpResponse> {
    const form = new URLSearchParams(request.body);
    if (request.url.endsWith('/revoke')) this.#revokes(form.get('token') ?? '');
    if (!request.url.endsWith('/token')) return send();
    const presented = form.get('refresh_token') ?? undefined;
    const postsBefore = this.#world.salesforce.posts.length;
    const answer = send();
    if (this.#world.salesforce.posts.length === postsBefore) return answer;
    if ([...this.#inFlight.values()].some((sinceMs) => this.#isStillUnderWay(sinceMs)))
      this.violated('two requests of living processes are in flight for one connection');
    this.#inFlight.set(process, this.#time.trueMs);
    const presentation = presented === undefined ? undefined : this.#presents(process, presented);
    if (presentation === undefined) this.#latest.delete(process);
    else this.#latest.set(process, presentation);
    const ended = (outcome: Outcome, issued?: string): void => {
      if (!process.alive) return;
      this.#inFlight.delete(process);
      if (issued !== undefined && !this.issues.has(issued)) this.issues.set(issued, { stored: false, staged: false });
      if (presentation === undefined) return;
      presentation.outcome = outcome;
      presentation.issued = issued;
      this.#ends(presentation);
    };
    try {
      const response = await answer;
      const { outcome, issued } = readAnswer(response, presented);
      if (presentation !== undefined) presentation.answered = outcome;
      ended(outcome, issued);
      this.#carries.set(process, issued ?? '');
      return response;
    } catch (error) {
      ended(error instanceof TransportError && error.sent === 'no' ? 'harmless' : 'ambiguous');
      throw error;
    }
  }

  /**
   * On one machine until its process has seen its end. Among several, who stood still for longer than its lease has lost it: what it sent is over by
   * then, or as good as after the death of its process.
   */
  #isStillUnderWay(sinceMs: number): boolean {
    return this.#shared === undefined || this.#time.trueMs - sinceMs < this.#durations.exchangeDeadlineMs;
  }

  staged(process: SimulatedProcess): void {
    const presentation = this.#latest.get(process);
    if (presentation !== undefined) {
      presentation.settled = true;
      // Its process may have died in the very call that staged it.
      presentation.outcome = presentation.answered ?? presentation.outcome;
    }
    const carried = this.#carries.get(process) ?? '';
    process.machine?.has(carried);
    const issue = this.issues.get(carried);
    if (issue !== undefined) issue.staged = true;
    this.#answeredMs = this.#time.trueMs;
  }

  /** What a dead process had not made durable, nobody knows any more. */
  died(process: SimulatedProcess): void {
    this.#inFlight.delete(process);
    const last = this.#latest.get(process);
    if (last === undefined) return;
    const issue = this.issues.get(last.issued ?? '');
    const isKept = issue !== undefined && (issue.stored || issue.staged);
    // An answer that lay in the socket of a machine that stood still, and that others have given up meanwhile.
    const isUnread = this.#shared !== undefined && last.outcome === 'same' && !last.settled;
    if (
      isUnread ||
      last.outcome === 'pending' ||
      (last.outcome === 'new' && !isKept) ||
      (last.outcome === 'dead' && !last.buried)
    ) {
      // What was answered had ended by then, whether or not its process could write that down.
      if (last.outcome === 'pending') this.#ends(last);
      last.outcome = 'ambiguous';
    }
  }

  #ends(presentation: Presentation): void {
    presentation.endedMs = this.#time.trueMs;
    presentation.endedJumpsMs = this.#time.jumpedForwardMs;
  }

  /** The store is what it was some time ago: what came to it since is forgotten, and how often something was presented, too. */
  wentBack(): void {
    this.#seen = this.#world.row();
    this.#intent = undefined;
    this.#wentBackMs = this.#time.trueMs;
    this.#time.disturbedMs = this.#time.trueMs;
    for (const presentation of [...this.presentations.values()].flat()) {
      presentation.isForgotten = true;
      presentation.buried = false;
    }
    const { attempt } = this.#seen.exchange;
    if (attempt !== undefined) this.#leftBehind(this.#seen, attempt.kind === 'probe' ? 2 : 1);
  }

  #leftBehind(row: TokenRow, requests: number): void {
    const token = this.#world.storedRefreshToken(row) ?? '';
    this.leftBehind.set(token, (this.leftBehind.get(token) ?? 0) + requests);
  }

  /** An operator has adopted a restored store: its refresh token counts as presented without an answer. */
  adopted(): void {
    if (this.#world.row() !== this.#seen) this.#leftBehind(this.#world.row(), 1);
    this.looksAtTheStore();
  }

  /**
   * Called after each write of the store.
   * @param isGiven a human has given something else in the place of what was there
   */
  looksAtTheStore(isGiven = false): void {
    const row = this.#world.row();
    const before = this.#seen;
    if (row === before) return;
    this.#seen = row;
    for (const rule of wrongWith(row.exchange, this.#durations)) this.violated(`the record is wrong: ${rule}`);
    if (row.exchange.phase === 'reauthorization-required') {
      const ofThisToken = this.presentations.get(this.#world.storedRefreshToken(row) ?? '') ?? [];
      for (const last of this.#latest.values()) if (last.outcome === 'dead' && ofThisToken.includes(last)) last.buried = true;
      this.#isGivenUp(row);
    }
    if (before === undefined) return;
    // Who removes a connection, or gives it another refresh token, writes over what came late from somebody whose lease had run out.
    const isOver = this.#shared !== undefined && (isGiven || row.exchange.phase === 'deleted');
    for (const rule of isOver ? [] : wrongBetween(before.exchange, row.exchange)) this.violated(`between two writes: ${rule}`);
    if (row.version < before.version) this.violated('the version fell');
    if (row.generation < before.generation && !isOver) this.violated('the generation fell');
    if (row.revision !== before.revision + 1) this.violated('the revision did not rise by one');
    if (row.exchange.phase === 'unknown' && !mayRotate(this.#rotates, before.exchange.rotation)) {
      this.violated('an outcome is unknown although the app does not rotate');
    }
    this.#followsTheIntent(row);
    if (row.generation > before.generation) this.#answeredMs = this.#time.trueMs;
    // Whoever's lease it is by now: the version decides, so an answer is stored by who brings it.
    if (this.#shared !== undefined && row.generation > before.generation) {
      for (const last of this.#latest.values()) {
        if (last.outcome === 'same') last.settled = true;
        // Its intent is gone with that answer: what it comes to is not noted any more.
        if (last.outcome === 'pending') last.isOvertaken = true;
      }
    }
    if (row.version > before.version) {
      const issue = this.issues.get(this.#world.storedRefreshToken(row) ?? '');
      if (issue !== undefined) issue.stored = true;
    }
  }

  /** Whether an intent was settled by who announced it, or left behind although its request was answered or never left: nobody else can know that. */
  #followsTheIntent(row: TokenRow): void {
    const { attempt, phase } = row.exchange;
    const holder = this.#world.holderOf(row.connectionId);
    const token = this.#world.storedRefreshToken(row) ?? '';
    const open = this.#intent;
    if (open !== undefined && (phase !== 'intent' || attempt?.id !== open.id)) {
      const presentation = this.presentations.get(open.token)?.[open.presentations];
      if (holder === open.holder && presentation !== undefined) presentation.settled = true;
      if (holder !== open.holder && presentation?.outcome !== 'ambiguous')
        this.leftBehind.set(open.token, (this.leftBehind.get(open.token) ?? 0) + 1);
      this.#intent = undefined;
    }
    if (phase === 'intent' && attempt !== undefined && this.#intent === undefined) {
      this.#intent = { id: attempt.id, holder, token, presentations: this.presentations.get(token)?.length ?? 0 };
    }
  }

  #revokes(token: string): void {
    const { grants } = this.#world.salesforce;
    const isInUse = grants.of(token) === grants.of(this.#world.storedRefreshToken() ?? '');
    if (isInUse && !this.mayRevoke) this.violated('the grant in use is revoked');
  }

  #presents(process: SimulatedProcess, token: string): Presentation {
    const row = this.#world.row();
    const { exchange } = row;
    this.#budget();
    const earlier = this.presentations.get(token) ?? [];
    const isOvertaken = earlier.some((one) => this.#cameTooLate(one));
    if (!this.#isForgotten && !isOvertaken) this.#isAnnounced(process, token, row);
    this.#mayLeave(token, earlier, mayRotate(this.#rotates, exchange.rotation));
    const presentation: Presentation = {
      by: process,
      outcome: 'pending',
      issued: undefined,
      leftMs: this.#time.trueMs,
      endedMs: Number.POSITIVE_INFINITY,
      endedJumpsMs: 0,
      isForgotten: false,
      isOvertaken,
      buried: false,
      settled: false,
    };
    this.presentations.set(token, [...earlier, presentation]);
    return presentation;
  }

  /** A store that has just gone back does not know what was under way any more; nothing else begins meanwhile. */
  get #isForgotten(): boolean {
    return this.#time.trueMs - this.#wentBackMs < this.#durations.leaseMs;
  }

  /**
   * The answer of a machine that nobody could wait for any longer was staged or stored in the very moment between the intent and the request of who took over. Without
   * it the request would have left all the same, and would have been the one repetition.
   */
  #cameTooLate({ leftMs }: Presentation): boolean {
    const { trueMs } = this.#time;
    return this.#shared !== undefined && trueMs - leftMs >= AWAITED_MS && trueMs - this.#answeredMs < SOON_MS;
  }

  #isAnnounced(process: SimulatedProcess, token: string, row: TokenRow): void {
    const { exchange, connectionId: id } = row;
    if (process.held.get(id) === undefined || this.#world.holderOf(id) !== process.held.get(id)) {
      this.violated('a refresh token leaves without the lock');
    }
    if (exchange.phase !== 'intent' || exchange.attempt === undefined) this.violated('a refresh token leaves without an intent');
    if (exchange.attempt?.version !== row.version) this.violated('the intent is for another version');
    if (this.#world.storedRefreshToken(row) !== token) this.violated('the refresh token that leaves is not the stored one');
  }

  #mayLeave(token: string, earlier: readonly Presentation[], isRisky: boolean): void {
    const last = earlier.at(-1);
    if (last === undefined) return;
    if (last.outcome === 'dead' && last.buried) this.violated(`${token} is presented again after its death was written down`);
    if (!this.#cameTooLate(last)) this.#isNotReplaced(token, last);
    else this.#isLostBlindly(token);
    const unanswered = sinceLastAnswer(earlier).filter(
      (one) => one.outcome !== 'harmless' && !one.isOvertaken && this.#isOver(one),
    );
    if (!isRisky || unanswered.length === 0) return;
    if (unanswered.filter(({ isForgotten }) => !isForgotten).length > 1)
      this.violated(`${token} is presented a third time without an answer`);
    const { leftMs, endedMs, endedJumpsMs } = unanswered.at(-1) ?? last;
    const sinceMs = Math.min(endedMs, this.#shared === undefined ? endedMs : leftMs + this.#durations.exchangeDeadlineMs);
    const waitedMs = this.#time.trueMs - sinceMs + this.#time.jumpedForwardMs - endedJumpsMs;
    if (waitedMs < this.#durations.unknownWaitMs) this.violated(`${token} is presented again after only ${waitedMs} ms`);
  }

  /** Its process knows the end, or stood still for so long that others need not wait for it any more. */
  #isOver({ outcome, leftMs }: Presentation): boolean {
    return outcome !== 'pending' || (this.#shared !== undefined && !this.#isStillUnderWay(leftMs));
  }

  /** A refresh token has no successor that anybody has who can be heard. */
  #isNotReplaced(token: string, last: Presentation): void {
    if (this.#shared === undefined) {
      const issue = this.issues.get(last.issued ?? '');
      if (last.outcome === 'new' && (issue?.staged === true || issue?.stored === true))
        this.violated(`${token} is presented again although its successor arrived and was kept`);
      return;
    }
    const grant = this.#world.salesforce.grants.of(token);
    if (grant === undefined || grant.current === token) return;
    if (this.#shared.canBeHad(grant.current)) this.violated(`${token} is presented again although ${grant.current} can be had`);
    this.#isLostBlindly(token);
  }

  /** Among several machines: whoever has the answer was awaited, and did not come. */
  #isGivenUp(row: TokenRow): void {
    const stored = this.#world.storedRefreshToken(row) ?? '';
    const grant = this.#world.salesforce.grants.of(stored);
    if (this.#shared === undefined || grant === undefined || this.#shared.canBeHad(grant.current)) return;
    const last = this.presentations.get(stored)?.at(-1);
    // It has the answer, or will find it in its socket when it is heard of again.
    const mayHaveIt = last?.outcome === 'pending' || last?.outcome === 'same';
    const isAnsweredElsewhere = mayHaveIt && !this.#shared.isAwaited(last.by.machine?.id ?? '');
    if (this.#shared.isSpooled(grant.current) || isAnsweredElsewhere) this.#isLostBlindly(stored);
  }

  /** Nobody could know better: what comes of it is the loss that no client can rule out. */
  #isLostBlindly(token: string): void {
    const grant = this.#world.salesforce.grants.of(token);
    if (grant !== undefined) this.#lostBlindly.add(grant);
  }

  /** Not more than the budget within its window, as long as nothing disturbed the clocks. */
  #budget(): void {
    const { budgetRequests, budgetWindowMs } = this.#durations;
    const nowMs = this.#time.trueMs;
    this.#departuresMs = [
      ...this.#departuresMs.filter((at) => at > nowMs - budgetWindowMs && at > this.#time.disturbedMs),
      nowMs,
    ];
    if (this.#departuresMs.length > budgetRequests)
      this.violated(`${this.#departuresMs.length} requests left within the budget's window`);
  }

  /** Whether a grant's newest refresh token was lost where nobody could help it. */
  isLost(grant: SimulatedGrant): boolean {
    if (this.#lostBlindly.has(grant)) return true;
    if (this.#shared === undefined) return false;
    // What no spool could take, only the store had.
    const isForgotten = this.#shared.wentBack && !this.#shared.canBeHad(grant.current);
    return isForgotten || this.#shared.isGone(grant.current);
  }

  /** How many requests with a refresh token went unanswered in a row. */
  unanswered(token: string): number {
    return sinceLastAnswer(this.presentations.get(token) ?? []).filter(({ outcome }) => outcome === 'ambiguous').length;
  }

  /** Called when nobody has anything to do: the newest refresh token is stored, or staged, or the connection says that it is not. */
  looksAtTheQuiet(): void {
    const { salesforce } = this.#world;
    const row = this.#world.row();
    const { phase } = row.exchange;
    if (this.#world.isLocked || this.#shared?.wentBack === true || (phase !== 'idle' && phase !== 'held')) return;
    const stored = this.#world.storedRefreshToken(row);
    const grant = salesforce.grants.of(stored ?? '');
    if (grant === undefined || grant.revoked === true || this.issues.get(grant.current)?.staged === true) return;
    if (grant.current !== stored)
      this.violated(`a refresh token is lost and the connection is ${phase} as if nothing had happened`);
  }

  /** An access token was handed out: all of it from one answer, and that answer's refresh token is safe. */
  handedOut({ value, instanceUrl, issuedAt, expiresAt, expirySource }: AccessToken): void {
    const issued = this.#world.salesforce.access.get(value);
    if (issued === undefined) {
      this.violated(`a token that Salesforce never issued: ${value}`);
      return;
    }
    if (instanceUrl !== issued.instanceUrl) this.violated('token and instance URL are of different answers');
    if (expirySource === 'expires_in' && expiresAt - issuedAt !== issued.expiresIn)
      this.violated('token and expiry are of different answers');
    const { refreshToken } = issued;
    if (refreshToken !== undefined && this.issues.get(refreshToken)?.stored !== true)
      this.violated('an access token is handed out before the refresh token that came with it is stored');
  }
}
