import { test } from 'node:test';
import type { TokenStore } from '@forcemint/core/ports';
import type { StoreMaintenance } from '@forcemint/core/store-maintenance';

export type WholeStore = TokenStore & StoreMaintenance;

/** One durable place; every call of `connect` gives another handle on it. */
export interface StorePlace {
  connect(): Promise<WholeStore>;
}

/** Makes a new, empty place and removes it after the test. */
export type MakePlace = (t: { after(done: () => unknown): void }) => StorePlace | Promise<StorePlace>;

/** Something every TokenStore promises, tried on a place of its own. */
export type Promised = (
  promise: string,
  body: (store: WholeStore, connect: () => Promise<WholeStore>) => Promise<void>,
) => unknown;

/** Tests of what the store `name` promises; every handle is closed afterwards. */
export function promisesOf(name: string, place: MakePlace): Promised {
  return (promise, body) =>
    test(`${name}: ${promise}`, async (t) => {
      const opened: WholeStore[] = [];
      const there = await place({ after: (done) => t.after(done) });
      const connect = async () => {
        const store = await there.connect();
        opened.push(store);
        return store;
      };
      try {
        await body(await connect(), connect);
      } finally {
        for (const store of opened) await store[Symbol.asyncDispose]();
      }
    });
}
