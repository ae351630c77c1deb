import { StoreError } from './errors.ts';
import type { StoreAddress, StoreCondition } from './ports.ts';

/**
 * What a write does, as far as the store's condition cares.
 * - `begin`: starts something new (connections, revocations, leased writes, new keys);
 * - `settle`: brings to its end what was begun before;
 * - `fill`: is part of copying another store into this one.
 */
export type WriteKind = 'begin' | 'settle' | 'fill';

/** Why a store in this condition refuses a write; `undefined`: it does not. */
export function writeRefusal(condition: StoreCondition, kind: WriteKind): StoreError | undefined {
  switch (condition.is) {
    case 'moving':
      return kind === 'settle' ? undefined : movedError(condition.to, 'is being moved');
    case 'moved':
      return movedError(condition.to, 'has moved');
    case 'filling':
      return kind === 'fill' ? undefined : fillingError(condition.from);
    case 'active':
    case 'quarantined':
    case 'failed-over':
      return kind === 'fill' ? notFillingError() : undefined;
  }
}

/** @param has `is being moved` or `has moved` */
export function movedError(to: StoreAddress, has: 'is being moved' | 'has moved'): StoreError {
  return new StoreError(
    'store_moved',
    `This store ${has} to ${to.url}; stored tokens are still handed out, nothing new begins here.`,
    {
      diagnosis: {
        cause: 'An operator has copied the store to another place with `forcemint store copy`.',
        fix: [
          `Point FORCEMINT_STORE of this process to ${to.url}.`,
          'A copy that was given up is taken back with `forcemint store copy FROM TO --abort`.',
        ],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}

/** Not everything is in this store yet. */
export function fillingError(from: StoreAddress): StoreError {
  return new StoreError('store_filling', `${from.url} is being copied into this store; it is not used until that is done.`, {
    diagnosis: {
      cause: '`forcemint store copy` is at work, or was interrupted.',
      fix: ['Wait for it, or run the same `forcemint store copy` again: it goes on where it stopped.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function notFillingError(): StoreError {
  return new StoreError('store_unavailable', 'This store is not being filled from another one.', {
    diagnosis: {
      cause: 'Another process has finished or given up the copy meanwhile.',
      fix: ['Look at both stores with `forcemint store status`.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}
