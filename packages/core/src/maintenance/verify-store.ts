import { StoreError } from '../errors.ts';
import type { PendingRevocation, StoredRow } from '../ports.ts';
import { dataKeysFor, type OpenedKeys } from '../seal/stored-keys.ts';
import type { StoreSize } from '../store-maintenance.ts';
import { grantPlace } from '../tokens/revocations.ts';
import type { Report } from './progress.ts';
import { type SealedField, sealedFields } from './sealed-fields.ts';
import { PAGE, paged, type WholeStore } from './whole-store.ts';

/** Something that is wrong with a store. */
export interface Finding {
  /** Name of the connection, or the id of one that is gone; absent for what concerns the whole store. */
  readonly connection?: string;
  readonly field?: SealedField['name'] | 'revocation';
  /** Without secrets. */
  readonly problem: string;
}

export interface Verification {
  readonly size: StoreSize;
  /** Sealed values that were opened. */
  readonly opened: number;
  readonly findings: readonly Finding[];
}

export interface VerificationPorts {
  readonly store: WholeStore;
  readonly keys: Pick<OpenedKeys, 'seal' | 'master'>;
  readonly report: Report;
}

const UNKNOWN_KEY = 'is sealed by a key that this store does not have';
const UNREADABLE = 'does not open: its bytes were changed, or it belongs to another row or store';

/** Looks at everything: the files, that each sealed value opens at its place, and that rows belong together. Changes nothing. @throws StoreError */
export async function verifyStore({ store, keys, report }: VerificationPorts): Promise<Verification> {
  const size = await store.size();
  const { tokens: total } = size;
  report({ step: 'checking the files', done: 0, total });
  const findings: Finding[] = (await store.checkIntegrity()).map((problem) => ({ problem }));
  let [opened, done] = [0, 0];

  /** `undefined`: it opens. */
  async function problemOf({ place, sealed }: Pick<SealedField, 'place' | 'sealed'>): Promise<string | undefined> {
    const { seal, master } = keys;
    if (!seal.knows(sealed)) seal.learn(dataKeysFor(store.storeId, await store.readKeys(), master));
    if (!seal.knows(sealed)) return UNKNOWN_KEY;
    try {
      seal.open(place, sealed);
      opened += 1;
      return undefined;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unsealing_failed') return UNREADABLE;
      throw error;
    }
  }

  async function lookAtRows(): Promise<void> {
    for await (const page of paged<StoredRow>((after) => store.pageRows(after?.token.connectionId, PAGE))) {
      for (const row of page) {
        const { connection: owner, token } = row;
        const connection = owner?.name ?? token.connectionId;
        if (owner === undefined && token.exchange.phase !== 'deleted')
          findings.push({ connection, problem: 'has tokens, but is gone' });
        for (const field of sealedFields(row)) {
          const problem = await problemOf(field);
          if (problem !== undefined) findings.push({ connection, field: field.name, problem });
        }
      }
      done += page.length;
      report({ step: 'verifying', done, total });
    }
  }

  async function lookAtRevocations(): Promise<void> {
    for await (const page of paged<PendingRevocation>((after) => store.pageRevocations(after?.id, PAGE))) {
      for (const { id, connectionId, sealed } of page) {
        const problem = await problemOf({ place: grantPlace(id), sealed });
        if (problem !== undefined) findings.push({ connection: connectionId, field: 'revocation', problem });
      }
    }
  }

  for (const look of [lookAtRows, lookAtRevocations]) {
    try {
      await look();
    } catch (error) {
      // Rows that can't even be read end the look at their kind; the files' check has named them.
      if (!(error instanceof StoreError) || error.code !== 'store_corrupt') throw error;
      findings.push({ problem: `what comes after could not be looked at: ${error.message}` });
    }
  }
  return { size, opened, findings };
}
