import type { HttpResponse } from '../../src/ports.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/**
 * How a request with a refresh token ended for who sent it. `harmless`: nothing was done, and that is known. `same`: answered without another refresh token.
 * `new`: answered with one. `dead`: refused for good. `ambiguous`: nobody can tell.
 */
export type Outcome = 'pending' | 'harmless' | 'same' | 'new' | 'dead' | 'ambiguous';

/** A refresh token that left in a request. */
export interface Presentation {
  readonly by: SimulatedProcess;
  outcome: Outcome;
  issued: string | undefined;
  /** What the answer said that reached its process. */
  answered?: Outcome;
  /** In true time. */
  readonly leftMs: number;
  /** The store that knew of it has gone back to an older state. */
  isForgotten: boolean;
  /** An answer that came late, to an earlier request, has taken the place of its intent. */
  isOvertaken: boolean;
  /** Of the machine and of its wall clock's jumps, when the sender knew its end or died. */
  endedMs: number;
  endedJumpsMs: number;
  /** The refusal stands in the store. */
  buried: boolean;
  /** How it ended is written down, or staged to be. */
  settled: boolean;
}

/** An answer without another refresh token, once staged or written down, shows that this one works: what was before does not count any more. */
export function sinceLastAnswer(presentations: readonly Presentation[]): readonly Presentation[] {
  return presentations.slice(presentations.findLastIndex(({ outcome, settled }) => outcome === 'same' && settled) + 1);
}

/** What an answer says of the refresh token that was presented, and the one that it brings. */
export function readAnswer({ status, body }: HttpResponse, presented: string | undefined): { outcome: Outcome; issued?: string } {
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
