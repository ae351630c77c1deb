import { announceUse } from '../../src/sqlite/presence.ts';

/** announcer.ts PATH ID: works with a master key until it is killed. */
const [path = '', id] = process.argv.slice(2);
announceUse(path, Number(id));
process.stdout.write('announced\n');
setInterval(() => undefined, 1_000_000);
