import type { ConnectionRow } from '../connections/connection.ts';
import type { ExchangeRunner, Need } from './exchange-runner.ts';
import { shuttingDown } from './refusals.ts';
import type { TokenRow } from './token-row.ts';

interface Flight {
  readonly forced: boolean;
  readonly landed: Promise<Landing>;
}

/** How a flight ended; never a rejected promise, so that a flight nobody waits for any more is not an unhandled rejection. */
type Landing = { readonly row: TokenRow } | { readonly error: unknown };

/** The row a flight brought. @throws what it failed with */
export function settledRow(landing: Landing): TokenRow {
  if ('error' in landing) throw landing.error;
  return landing.row;
}

/** One renewal at a time for each connection in this process; everybody who needs it joins it, and it outlives them. */
export class Renewals {
  readonly #runner: ExchangeRunner;
  readonly #flights = new Map<string, Flight>();
  #isClosed = false;

  constructor(runner: ExchangeRunner) {
    this.#runner = runner;
  }

  /**
   * Joins the flight under way, or begins one. A forced need that the flight under way did not meet flies once more.
   * @param seen the row as it was when the need was found
   */
  async join(connection: ConnectionRow, need: Need, seen: TokenRow): Promise<Landing> {
    let latest = seen;
    for (;;) {
      const underway = this.#flights.get(connection.id);
      if (underway === undefined && this.#isClosed) return { error: shuttingDown(connection.name) };
      if (underway === undefined) return this.#begin(connection, need, latest).landed;
      const landing = await underway.landed;
      if ('error' in landing || underway.forced || !need.forced || need.satisfied(landing.row)) return landing;
      latest = landing.row;
    }
  }

  isUnderway(connectionId: string): boolean {
    return this.#flights.has(connectionId);
  }

  /** From now on none begins, and no request leaves; those that have left come to their end. */
  close(): void {
    this.#isClosed = true;
    this.#runner.close();
  }

  #begin(connection: ConnectionRow, need: Need, seen: TokenRow): Flight {
    const landed = this.#runner
      .run(connection, need, seen)
      .then(
        (row): Landing => ({ row }),
        (error: unknown): Landing => ({ error }),
      )
      .finally(() => this.#flights.delete(connection.id));
    const flight: Flight = { forced: need.forced, landed };
    this.#flights.set(connection.id, flight);
    return flight;
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#flights.size > 0) await Promise.all([...this.#flights.values()].map((flight) => flight.landed));
  }
}
