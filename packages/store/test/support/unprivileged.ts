import { chmodSync, chownSync } from 'node:fs';
import { dirname } from 'node:path';
import { openSqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { clock, random } from './machine.ts';
import { present, tokenRow } from './rows.ts';

/** Opens the store as its owner, but without permission to write file or directory; root would be let through, so it becomes nobody first. */
const NOBODY = 65_534;
const [path = ''] = process.argv.slice(2);
const files = [path, `${path}-wal`, `${path}-shm`];
if (process.getuid?.() === 0) {
  for (const file of [dirname(path), ...files]) chownSync(file, NOBODY, NOBODY);
  process.setgroups?.([]);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
}
chmodSync(path, 0o400);
chmodSync(`${path}-wal`, 0o400);
chmodSync(dirname(path), 0o500);

const store = await openSqliteStore({ path, clock, random });
const { id } = present(await store.getConnection('acme'));
process.stdout.write(`read ${id}\n`);
try {
  await store.updateToken(tokenRow(id, { revision: 2 }), 1, []);
  process.stdout.write('write {}\n');
} catch (error) {
  const { name, code } = error instanceof Error && 'code' in error ? error : { name: String(error), code: '' };
  process.stdout.write(`write ${JSON.stringify({ code, name })}\n`);
}
await store[Symbol.asyncDispose]();
chmodSync(dirname(path), 0o700);
