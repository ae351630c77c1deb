/**
 * Preloaded (`--import`) into a process whose code may not talk to anybody but this machine: connections elsewhere fail
 * before a packet leaves, names of other machines are not looked up, and both are remembered.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const attempts: string[] = [];

/** What was refused so far: `connect host:port` and `resolve host`. */
export function refusedAttempts(): readonly string[] {
  return [...attempts];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function refusal(attempt: string): Error {
  attempts.push(attempt);
  return Object.assign(new Error(`refused: ${attempt}`), { code: 'ENETUNREACH' });
}

interface Target {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string | null;
}

/** The arguments of `Socket.connect`: options, port and host, a path, or the array that node makes of them. */
function targetOf([first, second]: readonly unknown[]): Target {
  if (Array.isArray(first)) return targetOf(first);
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { path: first };
  return { port: Number(first), ...(typeof second === 'string' ? { host: second } : {}) };
}

const { connect } = net.Socket.prototype;
Reflect.set(net.Socket.prototype, 'connect', function guarded(this: net.Socket, ...args: unknown[]): net.Socket {
  const { host = 'localhost', port, path } = targetOf(args);
  // A request of node:http has a path too: null.
  if (typeof path === 'string' || isLoopback(host)) return Reflect.apply(connect, this, args);
  const error = refusal(`connect ${host}:${port}`);
  process.nextTick(() => this.destroy(error));
  return this;
});

function guard(resolver: object, fail: (error: Error, args: readonly unknown[]) => unknown): void {
  for (const name of Object.getOwnPropertyNames(resolver)) {
    const original: unknown = Reflect.get(resolver, name);
    if (typeof original !== 'function' || !/^(lookup|resolve|reverse)/.test(name)) continue;
    const guarded = function guarded(this: unknown, ...args: unknown[]): unknown {
      const host = String(args[0]);
      return isLoopback(host) ? Reflect.apply(original, this, args) : fail(refusal(`resolve ${host}`), args);
    };
    // What util.promisify has to know of the function stands in a property of it.
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original));
    Reflect.set(resolver, name, guarded);
  }
}

function callBack(error: Error, args: readonly unknown[]): void {
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(callback, error);
}

for (const resolver of [dns, dns.Resolver.prototype]) guard(resolver, callBack);
for (const resolver of [dns.promises, dns.promises.Resolver.prototype]) guard(resolver, (error) => Promise.reject(error));
syncBuiltinESMExports();
