import { fingerprint } from '@forcemint/core';
import type { Emulator, FaultAction } from '@forcemint/emulator';
import type { Answer } from './commands.ts';

/** Requests of one user that may come between two calls of `prepare`. */
const AHEAD = 12;
const FIRST_LIFETIME_SECONDS = 7_200;
const INSTANCES = Array.from({ length: 16 }, (_, index) => `http://127.0.0.1:${index + 1}`);

/** Origins that numbered tokens may name. */
export const NUMBERED_INSTANCES: readonly string[] = INSTANCES;

/**
 * Makes every token answer for one user unlike the others in value, instance URL and lifetime, and knows which belong together: parts of two answers in one
 * would be seen.
 */
export class NumberedTokens {
  readonly #emulator: Emulator;
  readonly #username: string;
  readonly #delays: Pick<FaultAction, 'delayBeforeMs' | 'delayMs'>;
  readonly #parts = new Map<string, { readonly instanceUrl: string; readonly lifetimeSeconds: number }>();
  #count = 0;

  constructor(emulator: Emulator, username: string, delays: Pick<FaultAction, 'delayBeforeMs' | 'delayMs'>) {
    this.#emulator = emulator;
    this.#username = username;
    this.#delays = delays;
  }

  /** Numbers the next answers. */
  prepare(): void {
    const waiting = this.#emulator.faults().filter(({ match }) => match?.username === this.#username).length;
    for (let ready = waiting; ready < AHEAD; ready += 1) {
      this.#count += 1;
      const value = `00D000000000EMU!${this.#username}.${this.#count}`;
      const instanceUrl = INSTANCES[this.#count % INSTANCES.length] ?? '';
      const lifetimeSeconds = FIRST_LIFETIME_SECONDS + this.#count;
      this.#parts.set(fingerprint(value), { instanceUrl, lifetimeSeconds });
      const jsonPatch = { access_token: value, instance_url: instanceUrl, expires_in: lifetimeSeconds };
      const match = { grantType: 'refresh_token', username: this.#username };
      this.#emulator.fault({ match, action: { ...this.#delays, tamper: { jsonPatch } } });
    }
  }

  /** What is wrong with an answer that a caller got; empty = nothing. */
  faultsOf({ token, instanceUrl, issuedAt, expiresAt, atMs }: Answer): string[] {
    const found: string[] = [];
    const parts = this.#parts.get(token);
    if (parts === undefined) found.push(`token ${token} was never issued`);
    else {
      if (instanceUrl !== parts.instanceUrl) found.push(`token ${token} came with another token's instance URL`);
      if (expiresAt - issuedAt !== parts.lifetimeSeconds) found.push(`token ${token} came with another token's expiry`);
    }
    if (expiresAt * 1000 <= atMs) found.push(`token ${token} was handed out expired`);
    return found;
  }
}
