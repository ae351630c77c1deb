import { createHmac } from 'node:crypto';
import { TransportError } from '../../src/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { ManualClock } from './manual-clock.ts';

export const ORIGIN = 'https://acme.my.salesforce.com';
export const SECRET = 'synthetic-client-secret';

/** What happens to one request to the token endpoint. */
export type Weather =
  | 'fair'
  | 'refused-connection'
  | 'lost-before'
  | 'lost-after'
  | 'slow'
  | 'html'
  | 'empty'
  | 'error-500'
  | 'busy'
  | 'rate-limited'
  | { readonly error: string; readonly description: string }
  | { readonly tamper: Readonly<Record<string, string | undefined>> };

export interface Post {
  readonly grantType: string;
  readonly presented: string | undefined;
  readonly startedAtMs: number;
  endedAtMs: number;
  issued: string | undefined;
  /** The client was told, well-formed, that the request was refused. */
  refused: boolean;
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
  rotation = true;
  latencyMs = 50;
  /** A token that every successful answer brings instead of a new one. */
  sameToken: string | undefined;
  currentRefreshToken = 'rt-1';
  familyAlive = true;
  introspectionExp: number | undefined;
  readonly #spent = new Set<string>();
  readonly #clock: ManualClock;
  #issued = 0;
  inFlight = 0;
  mostInFlight = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const path = new URL(request.url).pathname;
    const form = new URLSearchParams(request.body);
    if (path.endsWith('/token')) return this.#token(form);
    if (path.endsWith('/revoke')) {
      if (this.revocation === 'unreachable') throw new TransportError('unreachable', 'no', 'nobody listens');
      if (this.revocation === 'unavailable') return json(503, { error: 'temporarily_unavailable' });
      this.revoked.push(form.get('token') ?? '');
      return json(200, {});
    }
    if (path.endsWith('/introspect')) {
      this.introspected.push(form.get('token') ?? '');
      return json(200, this.introspectionExp === undefined ? { active: false } : { active: true, exp: this.introspectionExp });
    }
    return json(404, {});
  }

  async #token(form: URLSearchParams): Promise<HttpResponse> {
    const weather = this.weather.shift() ?? 'fair';
    if (weather === 'refused-connection') throw new TransportError('unreachable', 'no', 'nobody listens');
    const presented = form.get('refresh_token') ?? undefined;
    const post: Post = {
      grantType: form.get('grant_type') ?? '',
      presented,
      startedAtMs: this.#clock.nowMs(),
      endedAtMs: Number.POSITIVE_INFINITY,
      issued: undefined,
      refused: false,
    };
    this.posts.push(post);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await this.#clock.sleep(weather === 'slow' ? 60_000 : this.latencyMs);
      const answer = this.#answer(weather, presented, post);
      post.refused = answer.status === 400 && weather !== 'busy';
      return answer;
    } finally {
      this.inFlight -= 1;
      post.endedAtMs = this.#clock.nowMs();
    }
  }

  #answer(weather: Weather, presented: string | undefined, post: Post): HttpResponse {
    if (weather === 'lost-before') throw new TransportError('connection_lost', 'maybe', 'reset before the answer');
    if (weather === 'html')
      return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>maintenance</html>') };
    if (weather === 'empty') return { status: 200, headers: {}, body: new Uint8Array() };
    if (weather === 'error-500') return { status: 500, headers: {}, body: Buffer.from('<html>oops</html>') };
    if (weather === 'busy') return refusal('invalid_grant', 'token request is already being processed');
    if (weather === 'rate-limited') return refusal('rate_limit_exceeded', 'login rate exceeded');
    if (typeof weather === 'object' && 'error' in weather) return refusal(weather.error, weather.description);
    if (presented !== undefined) {
      if (this.#spent.has(presented)) this.familyAlive = false;
      if (!this.familyAlive || presented !== this.currentRefreshToken)
        return refusal('invalid_grant', 'expired access/refresh token');
    }
    const answer = this.#issue(presented !== undefined, post);
    if (weather === 'lost-after') throw new TransportError('connection_lost', 'maybe', 'reset after the request');
    return json(200, typeof weather === 'object' ? { ...answer, ...weather.tamper } : answer);
  }

  #issue(refreshes: boolean, post: Post): Record<string, unknown> {
    this.#issued += 1;
    let refreshToken: string | undefined;
    if (refreshes && this.rotation) {
      this.#spent.add(this.currentRefreshToken);
      this.currentRefreshToken = `rt-${this.#issued + 1}`;
      refreshToken = this.currentRefreshToken;
    }
    if (post.grantType === 'authorization_code') {
      this.familyAlive = true;
      this.currentRefreshToken = `rt-login-${this.#issued}`;
      refreshToken = this.currentRefreshToken;
    }
    post.issued = refreshToken;
    const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000EMUAA2`;
    const issuedAt = String(this.#clock.monotonicMs());
    return {
      access_token: this.sameToken ?? `00D000000000EMU!at-${this.#issued}`,
      refresh_token: refreshToken,
      instance_url: ORIGIN,
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

function refusal(error: string, description: string): HttpResponse {
  return json(400, { error, error_description: description });
}
