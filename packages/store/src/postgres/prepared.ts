import { createHash } from 'node:crypto';
import { sqlState } from './postgres-errors.ts';

/** Texts whose names are remembered; a store has some thirty. */
const MAX_NAMES = 256;

/**
 * The server doesn't know a statement of that name (26000), has it already (42P05), or its tables have changed since (0A000). Each comes before anything of
 * the statement is carried out.
 */
const NOT_AS_PREPARED: ReadonlySet<string | undefined> = new Set(['26000', '42P05', '0A000']);

/**
 * Names for prepared statements: the server then parses each once for a connection, which otherwise takes it longer than carrying it out. A pooler that
 * gives each transaction another connection (PgBouncer before 1.21) loses them; the first one that is lost ends the naming. A name is made of its text, so
 * that programs of several versions which share connections can't get each other's.
 */
export class Prepared {
  readonly #names = new Map<string, string>();
  #isOn = true;

  /** `undefined`: to be sent without a name. */
  nameOf(text: string): string | undefined {
    if (!this.#isOn) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES) return undefined;
    const name = `fm_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
    this.#names.set(text, name);
    return name;
  }

  /** Whether a named statement failed for its name only: then nothing was done, and no statement is named any more. */
  wasLost(error: unknown): boolean {
    if (!NOT_AS_PREPARED.has(sqlState(error))) return false;
    this.#isOn = false;
    return true;
  }
}
