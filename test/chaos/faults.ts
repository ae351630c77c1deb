import type { Emulator, FaultAction } from '@forcemint/emulator';

interface FaultKind {
  readonly words: string;
  readonly action: FaultAction;
  /** Whether the client gets a usable answer after all. */
  readonly isAnswered: boolean;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
}

/** What servers and networks do. Some use the refresh token up and lose the answer: that grant is lost for any client. */
const KINDS: readonly FaultKind[] = [
  { words: 'answers late', action: { delayMs: 250 }, isAnswered: true, weight: 6 },
  { words: 'cuts the connection before it works', action: { dropBefore: true }, isAnswered: false, weight: 3 },
  { words: 'never answers', action: { hang: true }, isAnswered: false, weight: 2 },
  { words: 'answers 503, nothing done', action: { status: 503, body: 'Service Unavailable' }, isAnswered: false, weight: 3 },
  { words: 'says it is busy with this token', action: { row: 'R3' }, isAnswered: false, weight: 3 },
  { words: 'works, then cuts the connection', action: { dropAfter: true }, isAnswered: false, weight: 1 },
  { words: 'works, and half the answer comes', action: { truncateAtByte: 40 }, isAnswered: false, weight: 1 },
  { words: 'works, and a gateway answers 504', action: { status: 504, body: '', processed: true }, isAnswered: false, weight: 1 },
];

/** A fault that met its request. */
export interface MetFault {
  readonly connection: string;
  readonly words: string;
}

/** Lays faults in the way of connections, at most one at a time for each, and notices when they were met. */
export class Faults {
  readonly #emulator: Emulator;
  readonly #random: () => number;
  readonly #waiting = new Map<string, { readonly kind: FaultKind; readonly username: string }>();
  readonly #lastUnanswered = new Map<string, number>();

  constructor(emulator: Emulator, random: () => number) {
    this.#emulator = emulator;
    this.#random = random;
  }

  lay(connection: string, username: string): void {
    if (this.#waiting.has(connection)) return;
    const kind = this.#choose();
    this.#emulator.fault({ match: { username, grantType: 'refresh_token' }, action: kind.action });
    this.#waiting.set(connection, { kind, username });
  }

  #choose(): FaultKind {
    let left = this.#random() * KINDS.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = KINDS.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return chosen ?? (KINDS[0] as FaultKind);
  }

  /** The faults that were met since the last look. */
  look(): readonly MetFault[] {
    const usernames = new Set(this.#emulator.faults().map(({ match }) => match?.username));
    const met: MetFault[] = [];
    for (const [connection, { kind, username }] of this.#waiting) {
      if (usernames.has(username)) continue;
      this.#waiting.delete(connection);
      if (!kind.isAnswered) this.#lastUnanswered.set(connection, Date.now());
      met.push({ connection, words: kind.words });
    }
    return met;
  }

  /** Whether a fault has cost this connection an answer since then (epoch milliseconds). */
  costAnAnswer(connection: string, sinceMs: number): boolean {
    return (this.#lastUnanswered.get(connection) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }

  /** Takes away those that nobody has met. */
  clear(): void {
    this.look();
    this.#emulator.clearFaults();
    this.#waiting.clear();
  }
}
