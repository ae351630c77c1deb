import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@forcemint/core/errors';
import type { Clock, Random, TokenStore } from '@forcemint/core/ports';
import type { StoreMaintenance, StoreStanding } from '@forcemint/core/store-maintenance';
import { asFileError, ensurePrivateDirectory } from '@forcemint/store/sqlite/private-files';
import { systemClock } from './clock.ts';
import type { Paths } from './paths.ts';
import { systemRandom } from './random.ts';

/** Processes that start within this time of one another share a generation, in milliseconds. */
const SHARED_FOR_MS = 60_000;

export interface StoreGuardOptions {
  readonly store: Pick<TokenStore, 'storeId'> & StoreMaintenance;
  /** Where the mirrors of this machine lie: outside every database. */
  readonly directory: string;
  /** `FORCEMINT_STORE_LABEL`. */
  readonly label: string | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
  readonly warn: (text: string) => void;
}

export interface GuardedStore extends Pick<StoreGuardOptions, 'store' | 'warn'> {
  readonly paths: Pick<Paths, 'configDir'>;
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

interface Mirror {
  readonly generation: number;
  readonly label?: string;
}

/**
 * Notices that a store is an older copy of itself (restored from a backup), or a copy of another one (a clone): its generation rises with the processes that
 * open it and is mirrored in a file outside it, and the operator may give it a label. What is noticed is written into the store as its condition, so that
 * nobody uses its refresh tokens before an operator has said what it is. A missing mirror proves nothing.
 */
export class StoreGuard {
  readonly #options: StoreGuardOptions;
  #seen = 0;

  /** The guard of a store that this machine uses by these settings. */
  static for({ store, paths, env, warn }: GuardedStore): StoreGuard {
    const directory = join(paths.configDir, 'generations');
    const label = env['FORCEMINT_STORE_LABEL'] || undefined;
    return new StoreGuard({ store, directory, label, clock: systemClock, random: systemRandom, warn });
  }

  constructor(options: StoreGuardOptions) {
    this.#options = options;
  }

  /** On opening. @throws StoreError `store_label_taken` */
  async check(): Promise<void> {
    const { store } = this.#options;
    // Before the store is looked at: what another process raises in between is written into the store first, then into the mirror.
    this.#seen = this.#mirror(store.storeId)?.generation ?? 0;
    const standing = await store.standing();
    await this.#checkLabel(standing);
    await this.noticed(standing.generation);
    if (!this.#isFresh(standing.storeId)) await this.raise();
  }

  /** What a look at the store said its generation is. Once seen, it never falls but in an older copy. @returns whether the store has gone back */
  async noticed(generation: number): Promise<boolean> {
    if (generation >= this.#seen) {
      this.#seen = generation;
      return false;
    }
    const evidence = `its generation is ${generation}, and on this machine it was ${this.#seen} before`;
    await this.#quarantine('restored', evidence);
    return true;
  }

  /** Raises the generation, here and in the mirror. What can't be written is not held against the store: it may be read-only, or moved. */
  async raise(): Promise<void> {
    const { store, label, warn } = this.#options;
    try {
      this.#seen = Math.max(this.#seen, await store.raiseGeneration(this.#seen));
      this.#write(store.storeId, { generation: this.#seen, ...(label === undefined ? {} : { label }) });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code !== 'store_read_only' && error.code !== 'store_moved') {
        warn(`the generation of the store could not be raised, so a restored copy may go unnoticed: ${error.message}`);
      }
    }
  }

  async #checkLabel({ storeId, label: stored }: StoreStanding): Promise<void> {
    const { store, label } = this.#options;
    if (label === undefined || label === stored) return;
    if (stored !== undefined) {
      await this.#quarantine('clone', `it is labelled ${stored}, and FORCEMINT_STORE_LABEL says ${label}`);
      return;
    }
    const other = this.#storesLabelled(label).find((id) => id !== storeId);
    if (other !== undefined) throw labelTaken(label, other);
    await store.setLabel(label);
  }

  async #quarantine(why: 'restored' | 'clone', evidence: string): Promise<void> {
    const { store, clock } = this.#options;
    const { condition } = await store.standing();
    // A database that was recovered to a point in time is on another timeline, as after a failover; the first raise would hide that it is older.
    if (condition.is !== 'active' && condition.is !== 'failed-over') return;
    await store.setCondition({ is: 'quarantined', why, evidence, sinceMs: clock.nowMs() }, condition);
  }

  #path(storeId: string): string {
    return join(this.#options.directory, `${storeId}.json`);
  }

  #mirror(storeId: string): Mirror | undefined {
    try {
      const { generation, label }: Partial<Mirror> = JSON.parse(readFileSync(this.#path(storeId), 'utf8'));
      return typeof generation === 'number' ? { generation, ...(typeof label === 'string' ? { label } : {}) } : undefined;
    } catch {
      // Missing or damaged: no evidence.
      return undefined;
    }
  }

  #isFresh(storeId: string): boolean {
    const writtenAtMs = statSync(this.#path(storeId), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // The file's time has fractions of a millisecond; the clock has not.
    const ageMs = this.#options.clock.nowMs() - Math.floor(writtenAtMs);
    return ageMs >= 0 && ageMs < SHARED_FOR_MS;
  }

  #storesLabelled(label: string): string[] {
    let names: string[];
    try {
      names = readdirSync(this.#options.directory);
    } catch {
      return [];
    }
    return names.map((name) => name.replace(/\.json$/, '')).filter((storeId) => this.#mirror(storeId)?.label === label);
  }

  #write(storeId: string, mirror: Mirror): void {
    const { directory, random } = this.#options;
    const path = this.#path(storeId);
    const draft = `${path}.${Buffer.from(random.bytes(8)).toString('hex')}.new`;
    ensurePrivateDirectory(directory);
    try {
      writeFileSync(draft, `${JSON.stringify(mirror)}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(draft, path);
    } catch (error) {
      throw asFileError(error, path);
    }
  }
}

function labelTaken(label: string, storeId: string): StoreError {
  return new StoreError('store_label_taken', `Another store on this machine is labelled ${label} (store ${storeId}).`, {
    diagnosis: {
      cause: 'FORCEMINT_STORE names another store than before, and FORCEMINT_STORE_LABEL was kept.',
      fix: [
        'Point FORCEMINT_STORE to the store that has this label, or give this one a label of its own.',
        'To move a store, label and all: forcemint store copy FROM TO',
      ],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}
