import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenStore } from '../src/ports.ts';
import { type Process, World } from './support/world.ts';

interface Watched {
  readonly world: World;
  readonly process: Process;
  /** Of each connection. */
  readonly marks: Map<string, number>;
  /** How often the rows of a connection were read, and the marks looked at. */
  readonly reads: { rows: number; marks: number };
  /** Others changed something, says the store. */
  hint(): void;
}

/** A process with a token in memory, over a store that keeps a mark for each connection and gives hints. */
async function cached(): Promise<Watched> {
  const world = new World();
  const { id } = await world.adopt();
  const { store } = world.process().ports;
  const marks = new Map([[id, 1]]);
  const reads = { rows: 0, marks: 0 };
  let hear = (): void => undefined;
  const changed: Partial<TokenStore> = {
    changeMarks: async () => {
      reads.marks += 1;
      const now = new Map(marks);
      return { of: (connectionId) => now.get(connectionId) ?? 0 };
    },
    getToken: async (connectionId) => {
      reads.rows += 1;
      return store.getToken(connectionId);
    },
    getRow: async (name) => {
      reads.rows += 1;
      return store.getRow(name);
    },
    onHint: (listener) => {
      hear = listener;
      return { [Symbol.dispose]: () => undefined };
    },
  };
  const watched = new Proxy(store, {
    get: (target, key) => {
      const member: unknown = Reflect.get(changed, key) ?? Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const process = world.process({ store: watched });
  await world.clock.settle(process.manager.getToken('acme'));
  await world.clock.settle(process.ports.underway.idle());
  await process.manager.getToken('acme');
  reads.rows = 0;
  reads.marks = 0;
  return { world, process, marks, reads, hint: () => hear() };
}

/** Another process reports the token; its row changes, and so does its mark. */
async function reportElsewhere({ world, marks }: Watched): Promise<string> {
  const { manager } = world.process();
  const { value } = await world.clock.settle(manager.getToken('acme'));
  await manager.reportInvalid('acme', value);
  const { connectionId } = world.row();
  marks.set(connectionId, (marks.get(connectionId) ?? 0) + 1);
  return value;
}

test('a token in memory is handed out for as long as its connection’s mark is the same, whatever happens to others', async () => {
  const watched = await cached();
  const { world, process, marks, reads } = watched;
  for (let i = 1; i <= 5; i += 1) {
    marks.set('another connection', i);
    world.clock.advance(1_000);
    await process.manager.getToken('acme');
  }
  assert.deepEqual(reads, { rows: 0, marks: 5 });
});

test('within a second the marks are not looked at again', async () => {
  const { world, process, reads } = await cached();
  world.clock.advance(1_000);
  await process.manager.getToken('acme');
  world.clock.advance(999);
  await process.manager.getToken('acme');
  assert.equal(reads.marks, 1);
});

test('a token whose connection’s mark differs is read again: a report of another process is heeded within a second', async () => {
  const watched = await cached();
  const reported = await reportElsewhere(watched);
  watched.world.clock.advance(1_000);
  const { value } = await watched.world.clock.settle(watched.process.manager.getToken('acme'));
  assert.notEqual(value, reported);
});

test('a mark that is lower than before is another one, too: the store may have gone back', async () => {
  const watched = await cached();
  const { world, process, marks, reads } = watched;
  marks.set(world.row().connectionId, 0);
  world.clock.advance(1_000);
  await process.manager.getToken('acme');
  assert.equal(reads.rows, 1);
});

test('a hint ends the trust in what is in memory before its second is over', async () => {
  const watched = await cached();
  const { world, process, reads } = watched;
  const reported = await reportElsewhere(watched);
  assert.equal((await process.manager.getToken('acme')).value, reported);
  watched.hint();
  const { value } = await world.clock.settle(process.manager.getToken('acme'));
  assert.notEqual(value, reported);
  assert.ok(reads.marks > 0);
});

test('a hint for nothing costs one look at the marks, and no row', async () => {
  const { process, reads, hint } = await cached();
  hint();
  await process.manager.getToken('acme');
  await process.manager.getToken('acme');
  assert.deepEqual(reads, { rows: 0, marks: 1 });
});
