/**
 * Preloaded into a process (`NODE_OPTIONS=--import=…`): the first call of the method that `TRIP_METHOD` names, on any of its file handles, says so on stderr
 * and then never returns, or fails with the error code in `TRIP_CODE`. `TRIP_AFTER`: the call is made first.
 */
import { type FileHandle, open } from 'node:fs/promises';

const { TRIP_METHOD = '', TRIP_CODE, TRIP_AFTER } = process.env;

const probe = await open('/dev/null');
const prototype: Record<string, unknown> = Object.getPrototypeOf(probe);
await probe.close();

const original = prototype[TRIP_METHOD];
if (typeof original !== 'function') throw new TypeError(`file handles have no ${TRIP_METHOD}`);

prototype[TRIP_METHOD] = async function (this: FileHandle, ...values: unknown[]) {
  prototype[TRIP_METHOD] = original;
  if (TRIP_AFTER !== undefined) await original.apply(this, values);
  process.stderr.write(`tripped at ${TRIP_METHOD}\n`);
  if (TRIP_CODE !== undefined) {
    throw Object.assign(new Error(`${TRIP_CODE}: synthetic`), { code: TRIP_CODE, syscall: TRIP_METHOD });
  }
  setInterval(() => 'keeps the process alive', 60_000);
  await new Promise(() => 'until it is killed');
};
