import { BoundedMap } from '../org/bounded-map.ts';
import { opaqueText, type Random } from '../org/opaque-text.ts';
import type { User } from '../org/users.ts';

const LIFETIME_MS = 60_000;

/** Leave to open a browser session, once. */
export interface FrontdoorPass {
  readonly user: User;
  /** Where the browser goes then; empty = the home page. */
  readonly target: string;
  readonly issuedAtMs: number;
}

/** The one-time passwords in the URLs of `singleaccess`: one use within a minute. */
export class FrontdoorPasses {
  readonly #passes = new BoundedMap<FrontdoorPass>(10_000);
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  issue(user: User, target: string, nowMs: number): string {
    const otp = `otpEmu.${opaqueText(this.#random, 30)}`;
    this.#passes.set(otp, { user, target, issuedAtMs: nowMs });
    return otp;
  }

  /** The pass, which is used up by that. */
  take(otp: string, nowMs: number): FrontdoorPass | undefined {
    const pass = this.find(otp, nowMs);
    this.#passes.delete(otp);
    return pass;
  }

  find(otp: string, nowMs: number): FrontdoorPass | undefined {
    const pass = this.#passes.get(otp);
    return pass !== undefined && nowMs - pass.issuedAtMs <= LIFETIME_MS ? pass : undefined;
  }
}
