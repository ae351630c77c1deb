import type { RotatesSetting } from '../../src/connections/connection.ts';
import { TransportError } from '../../src/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { AccessToken } from '../../src/tokens/access-token.ts';
import type { Durations } from '../../src/tokens/durations.ts';
import { mayRotate } from '../../src/tokens/exchange.ts';
import type { TokenRow } from '../../src/tokens/token-row.ts';
import type { MachineTime } from './machine-time.ts';
import { wrongBetween, wrongWith } from './record-invariants.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/**
 * How a request with a refresh token ended for who sent it. `harmless`: nothing was done, and that is known. `same`: answered without another refresh token.
 * `new`: answered with one. `dead`: refused for good. `ambiguous`: nobody can tell.
 */
type Outcome = 'pending' | 'harmless' | 'same' | 'new' | 'dead' | 'ambiguous';

interface Presentation {
  readonly by: SimulatedProcess;
  outcome: Outcome;
  issued: string | undefined;
  /** Of the machine and of its wall clock's jumps, when the sender knew its end or died. */
  endedMs: number;
  endedJumpsMs: number;
  /** The refusal stands in the store. */
  buried: boolean;
  /** How it ended is written down, or staged to be. */
  settled: boolean;
}

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
  readonly #world: World;
  readonly #time: MachineTime;
  readonly #durations: Durations;
  readonly #rotates: RotatesSetting;
  readonly #latest = new Map<SimulatedProcess, Presentation>();
  /** The refresh token that came with the last answer of a process. */
  readonly #carries = new Map<SimulatedProcess, string>();
  readonly #inFlight = new Set<SimulatedProcess>();
  #departuresMs: number[] = [];
  #seen: TokenRow | undefined;
  #intent:
    | { readonly id: string; readonly holder: object | undefined; readonly token: string; readonly presentations: number }
    | undefined;

  /** @param rotates whether the app rotates, as the connection's settings say */
  constructor(world: World, time: MachineTime, durations: Durations, rotates: RotatesSetting) {
    this.#world = world;
    this.#rotates = rotates;
    this.#time = time;
    this.#durations = durations;
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
    if (this.#inFlight.size > 0) this.violated('two requests of living processes are in flight for one connection');
    this.#inFlight.add(process);
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
      ended(outcome, issued);
      this.#carries.set(process, issued ?? '');
      return response;
    } catch (error) {
      ended(error instanceof TransportError && error.sent === 'no' ? 'harmless' : 'ambiguous');
      throw error;
    }
  }

  staged(process: SimulatedProcess): void {
    const presentation = this.#latest.get(process);
    if (presentation !== undefined) presentation.settled = true;
    const issue = this.issues.get(this.#carries.get(process) ?? '');
    if (issue !== undefined) issue.staged = true;
  }

  /** What a dead process had not made durable, nobody knows any more. */
  died(process: SimulatedProcess): void {
    this.#inFlight.delete(process);
    const last = this.#latest.get(process);
    if (last === undefined) return;
    const issue = this.issues.get(last.issued ?? '');
    const isKept = issue !== undefined && (issue.stored || issue.staged);
    if (last.outcome === 'pending' || (last.outcome === 'new' && !isKept) || (last.outcome === 'dead' && !last.buried)) {
      // What was answered had ended by then, whether or not its process could write that down.
      if (last.outcome === 'pending') this.#ends(last);
      last.outcome = 'ambiguous';
    }
  }

  #ends(presentation: Presentation): void {
    presentation.endedMs = this.#time.trueMs;
    presentation.endedJumpsMs = this.#time.jumpedForwardMs;
  }

  /** Called after each write of the store. */
  looksAtTheStore(): void {
    const row = this.#world.row();
    const before = this.#seen;
    if (row === before) return;
    this.#seen = row;
    for (const rule of wrongWith(row.exchange, this.#durations)) this.violated(`the record is wrong: ${rule}`);
    if (row.exchange.phase === 'reauthorization-required') {
      for (const last of this.#latest.values()) if (last.outcome === 'dead') last.buried = true;
    }
    if (before === undefined) return;
    for (const rule of wrongBetween(before.exchange, row.exchange)) this.violated(`between two writes: ${rule}`);
    if (row.version < before.version) this.violated('the version fell');
    if (row.generation < before.generation) this.violated('the generation fell');
    if (row.revision !== before.revision + 1) this.violated('the revision did not rise by one');
    if (row.exchange.phase === 'unknown' && !mayRotate(this.#rotates, before.exchange.rotation)) {
      this.violated('an outcome is unknown although the app does not rotate');
    }
    this.#followsTheIntent(row);
    if (row.version > before.version) {
      const issue = this.issues.get(this.#world.storedRefreshToken(row) ?? '');
      if (issue !== undefined) issue.stored = true;
    }
  }

  /** Whether an intent was settled by who announced it, or left behind although its request was answered or never left: nobody else can know that. */
  #followsTheIntent(row: TokenRow): void {
    const { attempt, phase } = row.exchange;
    const holder = this.#world.disk.locks.get(row.connectionId);
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
    const id = row.connectionId;
    if (process.held.get(id) === undefined || this.#world.disk.locks.get(id) !== process.held.get(id)) {
      this.violated('a refresh token leaves without the lock');
    }
    if (exchange.phase !== 'intent' || exchange.attempt === undefined) this.violated('a refresh token leaves without an intent');
    if (exchange.attempt?.version !== row.version) this.violated('the intent is for another version');
    if (this.#world.storedRefreshToken(row) !== token) this.violated('the refresh token that leaves is not the stored one');
    this.#budget();
    const earlier = this.presentations.get(token) ?? [];
    this.#mayLeave(token, earlier, mayRotate(this.#rotates, exchange.rotation));
    const presentation: Presentation = {
      by: process,
      outcome: 'pending',
      issued: undefined,
      endedMs: Number.POSITIVE_INFINITY,
      endedJumpsMs: 0,
      buried: false,
      settled: false,
    };
    this.presentations.set(token, [...earlier, presentation]);
    return presentation;
  }

  #mayLeave(token: string, earlier: readonly Presentation[], isRisky: boolean): void {
    const last = earlier.at(-1);
    if (last === undefined) return;
    if (last.outcome === 'dead' && last.buried) this.violated(`${token} is presented again after its death was written down`);
    const issue = this.issues.get(last.issued ?? '');
    if (last.outcome === 'new' && (issue?.staged === true || issue?.stored === true)) {
      this.violated(`${token} is presented again although its successor arrived and was kept`);
    }
    const unanswered = sinceLastAnswer(earlier).filter(({ outcome }) => outcome !== 'harmless' && outcome !== 'pending');
    if (!isRisky || unanswered.length === 0) return;
    if (unanswered.length > 1) this.violated(`${token} is presented a third time without an answer`);
    const { endedMs, endedJumpsMs } = unanswered.at(-1) ?? last;
    const waitedMs = this.#time.trueMs - endedMs + this.#time.jumpedForwardMs - endedJumpsMs;
    if (waitedMs < this.#durations.unknownWaitMs) this.violated(`${token} is presented again after only ${waitedMs} ms`);
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

  /** How many requests with a refresh token went unanswered in a row. */
  unanswered(token: string): number {
    return sinceLastAnswer(this.presentations.get(token) ?? []).filter(({ outcome }) => outcome === 'ambiguous').length;
  }

  /** Called when nobody has anything to do: the newest refresh token is stored, or staged, or the connection says that it is not. */
  looksAtTheQuiet(): void {
    const { disk, salesforce } = this.#world;
    const row = this.#world.row();
    const { phase } = row.exchange;
    if (disk.locks.size > 0 || disk.spool.size > 0 || (phase !== 'idle' && phase !== 'held')) return;
    const stored = this.#world.storedRefreshToken(row);
    const grant = salesforce.grants.of(stored ?? '');
    if (grant !== undefined && grant.revoked !== true && grant.current !== stored)
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

/** An answer without another refresh token, once staged or written down, shows that this one works: what was before does not count any more. */
function sinceLastAnswer(presentations: readonly Presentation[]): readonly Presentation[] {
  return presentations.slice(presentations.findLastIndex(({ outcome, settled }) => outcome === 'same' && settled) + 1);
}

function readAnswer({ status, body }: HttpResponse, presented: string | undefined): { outcome: Outcome; issued?: string } {
  const text = Buffer.from(body).toString('utf8');
  if (!text.startsWith('{') || status >= 500) return { outcome: 'ambiguous' };
  const answer: { refresh_token?: string; error_description?: string } = JSON.parse(text);
  if (status === 200) {
    const { refresh_token: issued } = answer;
    return issued === undefined || issued === presented ? { outcome: 'same' } : { outcome: 'new', issued };
  }
  const description = answer.error_description ?? '';
  if (description.includes('already being processed')) return { outcome: 'ambiguous' };
  return { outcome: description.includes('expired access/refresh token') ? 'dead' : 'harmless' };
}
