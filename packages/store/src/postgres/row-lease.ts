import type { Clock, ExchangeLease, ExchangeLock, Random, StoreCondition } from '@forcemint/core/ports';
import { Batch } from './batch.ts';
import type { Database } from './database.ts';
import { HASTILY } from './durability.ts';
import { conditionColumns, effectiveCondition } from './failover.ts';

/** The wall clock went this much further than the monotonic one: the machine slept, and its monotonic clock with it. */
const SUSPENDED_MS = 5_000;

/**
 * One try for each of several connections. Who finds the lease taken writes nothing, not even a lock on its row. Its end is counted by the server's clock from
 * when the statement runs. Sent again, because its connection was cut, it finds its own lease.
 *
 * Nothing waits for it to reach the disk. A server that crashes and forgets it may give it to another, but then it has forgotten no durable write that
 * came after it either: the log is written in order. So the intent that the first holder had committed is there for the second to see, or, not
 * yet written, finds no lease of its id any more.
 */
const claimAll = (timeline: string) => `WITH claimed AS (
    INSERT INTO forcemint.leases AS l (connection_id, lease_id, replica_id, until)
    SELECT w.connection_id, w.lease_id, $4::text, clock_timestamp() + w.for_ms * interval '1 millisecond'
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w (connection_id, lease_id, for_ms)
    WHERE NOT EXISTS (SELECT FROM forcemint.leases h WHERE h.connection_id = w.connection_id AND h.until >= clock_timestamp() AND h.lease_id <> w.lease_id)
      AND ${HASTILY}
    -- In one order for everybody, so that no two wait for each other.
    ORDER BY w.connection_id
    ON CONFLICT (connection_id) DO UPDATE SET lease_id = excluded.lease_id, replica_id = excluded.replica_id, until = excluded.until
    WHERE l.until < clock_timestamp() OR l.lease_id = excluded.lease_id
    RETURNING lease_id)
  SELECT (SELECT array_agg(lease_id) FROM claimed) AS claimed, ${conditionColumns(timeline)} FROM forcemint.meta m WHERE m.id = 1`;

const RELEASE = `UPDATE forcemint.leases l SET until = '-infinity' FROM unnest($1::text[], $2::text[]) AS w (connection_id, lease_id)
  WHERE l.connection_id = w.connection_id AND l.lease_id = w.lease_id AND ${HASTILY}`;

export interface RowLeaseOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** What asks the server for its timeline. */
  readonly timeline: string;
  readonly replicaId: string;
}

/** Leases as rows of the database, taken by compare-and-set with its clock. */
export class RowLeases implements ExchangeLock {
  readonly #options: RowLeaseOptions;
  readonly #claims: Batch<Claim, StoreCondition | undefined>;
  readonly #releases: Batch<Pick<Claim, 'connectionId' | 'id'>, undefined>;

  constructor(options: RowLeaseOptions) {
    this.#options = options;
    this.#claims = new Batch((claims) => this.#claim(claims), options.clock);
    this.#releases = new Batch((leases) => this.#release(leases), options.clock);
  }

  /** @throws StoreError */
  async tryAcquire(connectionId: string, forMs: number): Promise<ExchangeLease | undefined> {
    const { clock, random } = this.#options;
    const id = Buffer.from(random.bytes(12)).toString('hex');
    const claimedAt = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    const condition = await this.#claims.call({ connectionId, id, forMs });
    if (condition === undefined) return undefined;
    const giveBack = () => this.#releases.call({ connectionId, id });
    return new RowLease({ clock, giveBack, id, forMs, claimedAt, condition });
  }

  /** Of two that want the same connection at once, the second finds it taken. */
  async #claim(claims: readonly Claim[]): Promise<(StoreCondition | undefined)[]> {
    const wanted = new Map(claims.map((claim) => [claim.connectionId, claim] as const).reverse());
    const all = [...wanted.values()];
    try {
      return await this.#claimed(claims, all);
    } catch (error) {
      // It may have been carried out all the same: nobody would hold these leases, for as long as they last.
      void this.#release(all).catch(() => {});
      throw error;
    }
  }

  async #claimed(claims: readonly Claim[], all: readonly Claim[]): Promise<(StoreCondition | undefined)[]> {
    const { database, timeline, replicaId } = this.#options;
    const [row] = await database.send(claimAll(timeline), [
      all.map(({ connectionId }) => connectionId),
      all.map(({ id }) => id),
      all.map(({ forMs }) => Math.trunc(forMs)),
      replicaId,
    ]);
    const claimed: unknown = row?.['claimed'];
    if (!Array.isArray(claimed)) return claims.map(() => undefined);
    const condition = await effectiveCondition(database, timeline, row);
    const ids = new Set<unknown>(claimed);
    return claims.map(({ id }) => (ids.has(id) ? condition : undefined));
  }

  async #release(leases: readonly Pick<Claim, 'connectionId' | 'id'>[]): Promise<undefined[]> {
    await this.#options.database.send(RELEASE, [leases.map(({ connectionId }) => connectionId), leases.map(({ id }) => id)]);
    return leases.map(() => undefined);
  }
}

interface Claim {
  readonly connectionId: string;
  readonly id: string;
  readonly forMs: number;
}

interface HeldLease {
  readonly clock: Clock;
  readonly giveBack: () => Promise<void>;
  readonly id: string;
  readonly forMs: number;
  /** From before the claim was sent. */
  readonly claimedAt: { readonly wallMs: number; readonly monotonicMs: number };
  readonly condition: StoreCondition;
}

class RowLease implements ExchangeLease {
  readonly id: string;
  readonly condition: StoreCondition;
  readonly #held: HeldLease;
  #isOver = false;

  constructor(held: HeldLease) {
    this.id = held.id;
    this.condition = held.condition;
    this.#held = held;
  }

  remainingMs(): number {
    const { clock, claimedAt, forMs } = this.#held;
    const passedMs = clock.monotonicMs() - claimedAt.monotonicMs;
    if (clock.nowMs() - claimedAt.wallMs - passedMs >= SUSPENDED_MS || passedMs >= forMs) this.#isOver = true;
    return this.#isOver ? 0 : forMs - passedMs;
  }

  /** Gives back what is still its own. A lease that can't be given back runs out by itself, so nothing is thrown. */
  async release(): Promise<void> {
    this.#isOver = true;
    await this.#held.giveBack().catch(() => {});
  }
}
