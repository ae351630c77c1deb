import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { jsonObject } from '../oauth/answer.ts';
import type { Endpoints } from '../oauth/authorization-server.ts';
import { MAX_ANSWER_BYTES } from '../oauth/form-post.ts';
import type { Clock, Http } from '../ports.ts';

/** Tolerance for the server's clock, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 180;

export interface IdTokenCheck {
  readonly idToken: string;
  readonly endpoints: Endpoints;
  readonly clientId: string;
  readonly http: Http;
  readonly clock: Clock;
}

/**
 * Verifies an ID token with the keys at `/id/keys`: RS256 signature, audience, life (OpenID Connect Core §3.1.3.7; RFC 7517). Done after the tokens
 * are stored and published; the outcome is a warning, never a reason to drop anything.
 * @returns `undefined` when all is well, else one sentence about what is not
 */
export async function idTokenProblem(check: IdTokenCheck): Promise<string | undefined> {
  const { idToken, endpoints, clientId, http, clock } = check;
  const answer = await http.request({
    method: 'GET',
    url: endpoints.jwks,
    headers: { accept: 'application/json' },
    freshConnection: false,
    deadlineMs: 10_000,
    maxResponseBytes: MAX_ANSWER_BYTES,
  });
  const keys = answer.status === 200 ? jsonObject(answer.body) : undefined;
  if (!isKeySet(keys)) return `the signing keys at ${endpoints.jwks} could not be read`;
  try {
    await jwtVerify(idToken, createLocalJWKSet(keys), {
      algorithms: ['RS256'],
      audience: clientId,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.nowMs()),
    });
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? `it was refused: ${String(error.code)}` : 'it could not be verified';
  }
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
}
