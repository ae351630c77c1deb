'use strict';
// Preloaded into every Node process of a client under test: nothing gets out to anywhere but loopback, and each attempt is
// a line in the file that FORCEMINT_GUARD_FILE names. Processes that are started are lines too.
const { appendFileSync } = require('node:fs');
const childProcess = require('node:child_process');
const dgram = require('node:dgram');
const dns = require('node:dns');
const { syncBuiltinESMExports } = require('node:module');
const net = require('node:net');

const file = process.env.FORCEMINT_GUARD_FILE;
if (file === undefined) throw new Error('guard.cjs: FORCEMINT_GUARD_FILE names no file');

function record(line) {
  appendFileSync(file, `${JSON.stringify({ pid: process.pid, ...line })}\n`);
}

function isLoopback(host) {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

function refusal(kind, host, port) {
  record({ kind, host, port });
  return Object.assign(new Error(`${kind} ${host} refused: tests stay on this machine`), { code: 'ENETUNREACH', syscall: kind });
}

record({ kind: 'start', args: process.argv.slice(1) });

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function guardedConnect(...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const options = typeof first === 'object' && first !== null ? first : { port: first, host: args[1] };
  const isPath = Boolean(options.path) || (typeof first === 'string' && !/^\d+$/.test(first));
  const host = typeof options.host === 'string' ? options.host : 'localhost';
  if (isPath || isLoopback(host)) return connect.apply(this, args);
  const error = refusal('connect', host, Number(options.port));
  process.nextTick(() => this.destroy(error));
  return this;
};

for (const owner of [dns, dns.promises]) {
  const isPromise = owner === dns.promises;
  const names = Object.keys(owner).filter((name) => /^(lookup|resolve|reverse)/.test(name) && typeof owner[name] === 'function');
  for (const name of names) guardLookup(owner, name, isPromise);
}
for (const name of Object.getOwnPropertyNames(dns.Resolver.prototype)) {
  if (/^(resolve|reverse)/.test(name)) guardLookup(dns.Resolver.prototype, name, false);
}
for (const name of Object.getOwnPropertyNames(dns.promises.Resolver.prototype)) {
  if (/^(resolve|reverse)/.test(name)) guardLookup(dns.promises.Resolver.prototype, name, true);
}

function guardLookup(owner, name, isPromise) {
  const original = owner[name];
  owner[name] = function guarded(host, ...rest) {
    if (typeof host !== 'string' || isLoopback(host)) return original.call(this, host, ...rest);
    const error = refusal('dns', host);
    if (isPromise) return Promise.reject(error);
    process.nextTick(rest.at(-1), error);
    return {};
  };
}

dgram.Socket.prototype.send = function guardedSend(...args) {
  throw refusal('datagram', String(args.find((arg, index) => index > 0 && typeof arg === 'string') ?? 'unknown'));
};

const { spawn } = childProcess.ChildProcess.prototype;
childProcess.ChildProcess.prototype.spawn = function guardedSpawn(options) {
  const result = spawn.call(this, options);
  record({ kind: 'spawn', file: options.file, args: options.args, child: this.pid });
  return result;
};

for (const name of ['spawnSync', 'execFileSync', 'execSync']) {
  const original = childProcess[name];
  childProcess[name] = (file, ...rest) => {
    record({ kind: 'spawn', file });
    return original(file, ...rest);
  };
}

// Names that are imported one by one are copies of what was there before.
syncBuiltinESMExports();
