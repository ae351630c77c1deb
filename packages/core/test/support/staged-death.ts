import type { World } from './world.ts';

const NEVER = new Promise<never>(() => undefined);

/** Lets work run that needs no time. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A port with something done around its calls. `around` gets the call's name and the call. */
export function around<T extends object>(port: T, call: (name: string | symbol, proceed: () => unknown) => unknown): T {
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? (...input: unknown[]) => call(key, () => member.apply(target, input)) : member;
    },
  });
}

/** A process that renews and dies when its answer is staged and not yet stored. */
export async function dieBetweenSpoolAndStore(world: World): Promise<void> {
  const { ports } = world.process();
  let staged = false;
  const store = around(ports.store, (_name, proceed) => (staged ? NEVER : proceed()));
  const spool = around(ports.spool, async (name, proceed) => {
    const value = await proceed();
    if (name === 'write') staged = true;
    return value;
  });
  const renewal = world.process({ store, spool }).manager.getToken('acme');
  let failed = false;
  renewal.catch(() => {
    failed = true;
  });
  while (!staged) {
    await turns(1);
    world.clock.advance(10);
    if (failed) throw new Error('the renewal failed before its answer was staged');
  }
  await turns();
  world.freeLocks();
}
