import assert from 'node:assert/strict';
import { type Action, act, type Holdings, noHoldings } from './differential-actions.ts';
import type { DifferentialServer } from './differential-server.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

type Pair = readonly [emulator: DifferentialServer, foreign: DifferentialServer];

/** What a script came to: the verdicts of both servers at each action, and what each of them issued. */
export interface Comparison {
  readonly verdicts: readonly (readonly [emulator: string, foreign: string])[];
  readonly held: readonly [emulator: Holdings, foreign: Holdings];
}

/** Plays the whole script to both servers, and leaves it to the caller what to think of it. */
export async function playBoth([emulator, foreign]: Pair, script: readonly Action[]): Promise<Comparison> {
  const held = [noHoldings(), noHoldings()] as const;
  const verdicts: (readonly [string, string])[] = [];
  for (const action of script) {
    verdicts.push(await Promise.all([act(emulator, held[0], action), act(foreign, held[1], action)]));
  }
  return { verdicts, held };
}

const SUCCESSES = new Set(['issued', 'code', 'claims', 'active', 'inactive', 'revoked']);

/**
 * Plays the script to both servers as long as they hold the same things; fails where they say something different that is
 * no known difference. Returns how many actions were compared.
 */
export async function agree([emulator, foreign]: Pair, script: readonly Action[]): Promise<number> {
  const held = [noHoldings(), noHoldings()] as const;
  for (const [index, action] of script.entries()) {
    const before = structuredClone(held[0]);
    const [ours, theirs] = await Promise.all([act(emulator, held[0], action), act(foreign, held[1], action)]);
    if (ours !== theirs) {
      const areRefusals = !SUCCESSES.has(ours) && !SUCCESSES.has(theirs);
      // Which of several faults is named is nobody's promise.
      const isExplained = (areRefusals && faults(action, before) > 1) || isKnown(action, before, ours, theirs);
      assert.ok(isExplained, `${JSON.stringify(script.slice(0, index + 1))}\nemulator: ${ours}, oidc-provider: ${theirs}`);
      if (!areRefusals) return index + 1;
    }
    if (KNOWN_DIFFERENCES.some(({ parts }) => parts?.(action, before))) return index + 1;
  }
  return script.length;
}

function isKnown(action: Action, held: Holdings, ours: string, theirs: string): boolean {
  return KNOWN_DIFFERENCES.some(
    (row) => row.emulator === ours && row.foreign === theirs && (row.explains?.(action, held) ?? false),
  );
}

/** How many things are wrong with a request; of other kinds one at most is. */
function faults(action: Action, held: Holdings): number {
  const good =
    action.do === 'exchange' ? exchangeParts(action, held) : action.do === 'authorize' ? authorizeParts(action) : [false];
  return good.filter((one) => !one).length;
}

function exchangeParts(action: Extract<Action, { do: 'exchange' }>, held: Holdings): readonly boolean[] {
  const { client, proof } = action;
  const code = held.codes[action.code];
  const isProofGood = client === 'public' ? proof === 'none' : proof === 'post' || proof === 'basic';
  const isVerifierGood = action.verifier === (code?.hasChallenge === false ? 'missing' : 'right');
  const isVerifierShort = code?.verifier !== 'of 171' || action.verifier !== 'right';
  return [isProofGood, code?.uses === 0, code?.client === client, action.redirectUri === 'own', isVerifierGood, isVerifierShort];
}

function authorizeParts(action: Extract<Action, { do: 'authorize' }>): readonly boolean[] {
  const { challenge, client, responseType = 'code', scope = '', decision } = action;
  const isChallengeGood = challenge === 'S256' || (challenge === 'none' && client !== 'public');
  return [isChallengeGood, responseType === 'code', !scope.includes('wave_api'), decision === 'allow'];
}
