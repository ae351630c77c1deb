import { openSqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { clock, random } from './machine.ts';
import { connectionRow, present, tokenRow } from './rows.ts';

/**
 * writer.ts PATH insert NAME…           inserts connections, says which it won
 * writer.ts PATH endless                 inserts one after the other until it is killed
 * writer.ts PATH increment NAME COUNT    adds 1 to the generation of a token row, COUNT times, by compare and set
 */
const [path = '', command, ...args] = process.argv.slice(2);
const store = await openSqliteStore({ path, clock, random });
process.stdout.write(`store ${store.storeId}\n`);

if (command === 'insert') {
  for (const name of args) {
    const row = connectionRow({ name });
    process.stdout.write(`inserted ${name} ${await store.insertConnection(row, tokenRow(row.id), [])}\n`);
  }
} else if (command === 'endless') {
  for (let n = 1; ; n += 1) {
    const row = connectionRow({ name: `${process.pid}-${n}` });
    await store.insertConnection(row, tokenRow(row.id, { heldAnswer: random.bytes(3_000) }), []);
    process.stdout.write(`committed ${n}\n`);
  }
} else if (command === 'increment') {
  const [name = '', count] = args;
  const { id } = present(await store.getConnection(name));
  let lost = 0;
  for (let done = 0; done < Number(count); ) {
    const row = present(await store.getToken(id));
    const next = { ...row, revision: row.revision + 1, generation: row.generation + 1, version: row.version + 1 };
    if (await store.updateToken(next, row.revision, [])) done += 1;
    else lost += 1;
  }
  process.stdout.write(`lost ${lost}\n`);
} else {
  throw new TypeError(`unknown command ${command}`);
}
await store[Symbol.asyncDispose]();
