import { asObject, type Check, hasShape, isBoolean, isInteger, isText, matches } from '../config/validation.ts';
import type { GrantSpec, RevokeSpec } from './operations.ts';

const isNumber: Check = (value, place) => {
  if (typeof value !== 'number') throw new TypeError(`${place}: expected a number, found ${JSON.stringify(value)}`);
};

/** Throws a `TypeError` that names the first wrong place. */
export function validateClockSpec(spec: unknown): asserts spec is { readonly advanceSeconds: number } {
  hasShape({ advanceSeconds: isNumber }, ['advanceSeconds'])(spec, 'clock');
}

/** Throws a `TypeError` that names the first wrong place. */
export function validateGrantSpec(spec: unknown): asserts spec is GrantSpec {
  hasShape({ app: isText, user: isText, count: isInteger(1, 1_000_000) }, ['app', 'user'])(spec, 'grant');
}

/** Throws a `TypeError` that names the first wrong place, or says that nothing is named. */
export function validateRevokeSpec(spec: unknown): asserts spec is RevokeSpec {
  const isFingerprint = matches(/^[0-9a-f]{16}$/, '16 hex digits');
  const shape = { token: isText, fingerprint: isFingerprint, app: isText, user: isText, accessTokensOnly: isBoolean };
  hasShape(shape)(spec, 'revoke');
  if (!Object.keys(asObject(spec, 'revoke')).some((name) => name !== 'accessTokensOnly'))
    throw new TypeError('revoke: expected token, fingerprint, app or user');
}
