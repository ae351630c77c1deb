import { createHmac } from 'node:crypto';
import { TransportError } from '../../src/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { ManualClock } from './manual-clock.ts';
import { SimulatedGrants } from './simulated-grants.ts';

export const ORIGIN = 'https://acme.my.salesforce.com';
export const SECRET = 'synthetic-client-secret';

/** What happens to one request to the token endpoint. `…-after`: it is carried out all the same; `late`: answered after every deadline. */
export type Weather =
  | 'fair'
  | 'refused-connection'
  | 'lost-before'
  | 'lost-after'
  | 'slow'
  | 'late'
  | 'late-after'
  | 'html'
  | 'html-after'
  | 'empty'
  | 'error-500'
  | 'error-500-after'
  | 'busy'
  | 'rate-limited'
  | { readonly error: string; readonly description: string }
  | { readonly tamper: Readonly<Record<string, string | undefined>> };

/** When a request is carried out, and how long after that its answer is there, in milliseconds; everything else: after the latency, at once. */
const DELAYS: ReadonlyMap<Weather, readonly [workMs: number, answerMs: number]> = new Map<Weather, readonly [number, number]>([
  ['slow', [60_000, 0]],
  ['late', [100_000, 60_000]],
  ['late-after', [50, 150_000]],
]);

export interface Post {
  readonly grantType: string;
  readonly presented: string | undefined;
  readonly startedAtMs: number;
  endedAtMs: number;
  issued: string | undefined;
  /** The client was told, well-formed, that the request was refused. */
  refused: boolean;
}

/** What came with an access token: who uses one with the other's parts has mixed two answers. */
export interface IssuedAccess {
  readonly instanceUrl: string;
  /** Seconds; `undefined`: the answer did not say. */
  readonly expiresIn: number | undefined;
  readonly refreshToken: string | undefined;
}

/** A token endpoint in memory that behaves as Salesforce documents it: single-use refresh tokens, re-use kills the family. */
export class SimulatedSalesforce implements Http {
  readonly posts: Post[] = [];
  readonly revoked: string[] = [];
  /** What becomes of revocations. */
  revocation: 'done' | 'unreachable' | 'unavailable' = 'done';
  readonly introspected: string[] = [];
  /** What happens to the next requests, first come first served; then `fair`. */
  readonly weather: Weather[] = [];
  readonly grants = new SimulatedGrants('rt-1');
  readonly access = new Map<string, IssuedAccess>();
  rotation = true;
  latencyMs = 50;
  /** Until a connection to the token endpoint stands. */
  connectMs = 0;
  /** Each access token gets an instance URL and a lifetime of its own. */
  distinctAnswers = false;
  /** While a request with a refresh token is worked on, another one with the same token is told so. */
  refusesSimultaneous = false;
  /** A token that every successful answer brings instead of a new one. */
  sameToken: string | undefined;
  introspectionExp: number | undefined;
  readonly #clock: ManualClock;
  readonly #inWork = new Set<string>();
  #issued = 0;
  inFlight = 0;
  mostInFlight = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get currentRefreshToken(): string {
    return this.grants.newest.current;
  }

  get familyAlive(): boolean {
    return this.grants.newest.alive;
  }

  set familyAlive(alive: boolean) {
    this.grants.newest.alive = alive;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const path = new URL(request.url).pathname;
    const form = new URLSearchParams(request.body);
    if (path.endsWith('/token')) return this.#token(form, request.mayLeave);
    if (path.endsWith('/revoke')) {
      if (this.revocation === 'unreachable') throw new TransportError('unreachable', 'no', 'nobody listens');
      if (this.revocation === 'unavailable') return json(503, { error: 'temporarily_unavailable' });
      this.revoked.push(form.get('token') ?? '');
      this.grants.revoke(form.get('token') ?? '');
      return json(200, {});
    }
    if (path.endsWith('/introspect')) {
      this.introspected.push(form.get('token') ?? '');
      return json(200, this.introspectionExp === undefined ? { active: false } : { active: true, exp: this.introspectionExp });
    }
    return json(404, {});
  }

  async #token(form: URLSearchParams, mayLeave?: () => void): Promise<HttpResponse> {
    if (this.connectMs > 0) await this.#clock.sleep(this.connectMs);
    mayLeave?.();
    const weather = this.weather.shift() ?? 'fair';
    if (weather === 'refused-connection') {
      await this.#clock.sleep(this.latencyMs);
      throw new TransportError('unreachable', 'no', 'nobody listens');
    }
    const post: Post = {
      grantType: form.get('grant_type') ?? '',
      presented: form.get('refresh_token') ?? undefined,
      startedAtMs: this.#clock.nowMs(),
      endedAtMs: Number.POSITIVE_INFINITY,
      issued: undefined,
      refused: false,
    };
    this.posts.push(post);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const [workMs, answerMs] = DELAYS.get(weather) ?? [this.latencyMs, 0];
    try {
      const answer = await this.#carriedOut(weather, post, workMs);
      if (answerMs > 0) await this.#clock.sleep(answerMs);
      post.refused = answer.status === 400 && weather !== 'busy';
      return answer;
    } finally {
      this.inFlight -= 1;
      post.endedAtMs = this.#clock.nowMs();
    }
  }

  async #carriedOut(weather: Weather, post: Post, workMs: number): Promise<HttpResponse> {
    const { presented } = post;
    const isTaken = this.refusesSimultaneous && presented !== undefined && this.#inWork.has(presented);
    if (presented !== undefined && !isTaken) this.#inWork.add(presented);
    await this.#clock.sleep(workMs);
    if (presented !== undefined && !isTaken) this.#inWork.delete(presented);
    return this.#answer(isTaken ? 'busy' : weather, presented, post);
  }

  #answer(weather: Weather, presented: string | undefined, post: Post): HttpResponse {
    if (weather === 'lost-before') throw new TransportError('connection_lost', 'maybe', 'reset before the answer');
    if (weather === 'html') return html(200);
    if (weather === 'empty') return { status: 200, headers: {}, body: new Uint8Array() };
    if (weather === 'error-500') return html(500);
    if (weather === 'busy') return refusal('invalid_grant', 'token request is already being processed');
    if (weather === 'rate-limited') return refusal('rate_limit_exceeded', 'login rate exceeded');
    if (typeof weather === 'object' && 'error' in weather) return refusal(weather.error, weather.description);
    const answer = this.#issue(presented, post);
    if (weather === 'lost-after') throw new TransportError('connection_lost', 'maybe', 'reset after the request');
    if (weather === 'html-after') return html(200);
    if (weather === 'error-500-after') return html(500);
    if (answer === undefined) return refusal('invalid_grant', 'expired access/refresh token');
    return json(200, typeof weather === 'object' ? { ...answer, ...weather.tamper } : answer);
  }

  /** The members of a token answer; `undefined`: the refresh token that was presented is of no use. */
  #issue(presented: string | undefined, post: Post): Record<string, unknown> | undefined {
    const nowMs = this.#clock.monotonicMs();
    const number = this.#issued + 1;
    if (presented !== undefined) {
      const outcome = this.grants.present(presented, this.rotation ? `rt-${number + 1}` : undefined, nowMs);
      if (outcome === undefined) return undefined;
      post.issued = outcome.issued;
    } else if (post.grantType === 'authorization_code') {
      post.issued = this.grants.begin(`rt-login-${number}`).current;
    }
    this.#issued = number;
    const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000EMUAA2`;
    const issuedAt = String(nowMs);
    const accessToken = this.sameToken ?? `00D000000000EMU!at-${number}`;
    const instanceUrl = this.distinctAnswers ? ORIGIN.replace('acme', `acme-${number}`) : ORIGIN;
    const expiresIn = this.distinctAnswers ? 7_200 + number : undefined;
    this.access.set(accessToken, { instanceUrl, expiresIn, refreshToken: post.issued });
    return {
      access_token: accessToken,
      refresh_token: post.issued,
      instance_url: instanceUrl,
      expires_in: expiresIn,
      id,
      token_type: 'Bearer',
      scope: 'api refresh_token',
      issued_at: issuedAt,
      signature: createHmac('sha256', SECRET)
        .update(id + issuedAt)
        .digest('base64'),
    };
  }
}

function json(status: number, body: object): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

function html(status: number): HttpResponse {
  return { status, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>maintenance</html>') };
}

function refusal(error: string, description: string): HttpResponse {
  return json(400, { error, error_description: description });
}
