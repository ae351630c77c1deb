import { rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError, fingerprint } from '@forcemint/core';
import { type Forcemint, type OpenOptions, openForcemint } from '@forcemint/node';
import { assembleForcemint } from '@forcemint/node/assemble';
import { openPorts } from '@forcemint/node/open-ports';
import type { Answer, Command, Outcomes, Reply, Settled, ToldError } from './commands.ts';
import { Death, mortalPorts } from './mortal-ports.ts';
import { seededRandom } from './seeded-random.ts';

/** A process that holds Forcemint open and does what the test tells it over its channel. Ends with the test. */
let forcemint: Forcemint | undefined;
let death: Death | undefined;
let renewing = false;
let locking = false;

const tell = (reply: Reply, told: () => void = () => {}) => process.send?.(reply, told);

function opened(): Forcemint {
  if (forcemint === undefined) throw new TypeError('open it first');
  return forcemint;
}

function told(error: unknown): ToldError {
  if (error instanceof AuthError) {
    const { name, code, message, retryable, diagnosis } = error;
    return { name, code, message, retryable, diagnosis };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, code: undefined, message, retryable: undefined, diagnosis: undefined };
}

async function outcomesOf(name: string, callers: number): Promise<Outcomes> {
  const calls = Array.from({ length: callers }, () => opened().getToken(name));
  const tokens: Record<string, number> = {};
  const errors: Record<string, number> = {};
  for (const outcome of await Promise.allSettled(calls)) {
    const [counts, key] =
      outcome.status === 'fulfilled'
        ? [tokens, fingerprint(outcome.value.value)]
        : [errors, JSON.stringify(told(outcome.reason))];
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return { tokens, errors };
}

async function keepRenewing(name: string): Promise<string> {
  renewing = true;
  while (renewing) {
    tell({ event: 'renewing' });
    try {
      await opened().renew(name);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      if (error.name === 'ReauthorizationRequired') return 'needs-login';
      if (!error.retryable) throw error;
      await sleep(10);
    }
  }
  return 'stopped';
}

async function renewAll({ names, rounds, atATime, seed }: Extract<Command, { do: 'renew-all' }>): Promise<void> {
  const random = seededRandom(seed);
  for (let round = 0; round < rounds; round += 1) {
    const places = new Map(names.map((name) => [name, random()]));
    const order = [...names].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0)).values();
    const lane = async (): Promise<void> => {
      for (const name of order) await opened().renew(name);
    };
    await Promise.all(Array.from({ length: atATime }, lane));
  }
}

async function settle(name: string, by: 'get-token' | 'renew', callers: number): Promise<Settled> {
  const refusals = new Set<string>();
  const ask = async (): Promise<Answer> => {
    const token = await (by === 'renew' ? opened().renew(name) : opened().getToken(name));
    const { value, instanceUrl, issuedAt, expiresAt } = token;
    return { token: fingerprint(value), instanceUrl, issuedAt, expiresAt, atMs: Date.now() };
  };
  const answers: Answer[] = [];
  for (;;) {
    let isSettled = true;
    for (const outcome of await Promise.allSettled(Array.from({ length: callers }, ask))) {
      if (outcome.status === 'fulfilled') {
        answers.push(outcome.value);
        continue;
      }
      const error: unknown = outcome.reason;
      if (!(error instanceof AuthError)) throw error;
      refusals.add(error.code);
      const needsLogin = error.name === 'ReauthorizationRequired';
      if (needsLogin) return { answers, needsLogin, refusals: [...refusals] };
      if (!error.retryable) throw error;
      isSettled = false;
    }
    if (isSettled) return { answers, needsLogin: false, refusals: [...refusals] };
    await sleep(20);
  }
}

function fill(path: string): void {
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, new Uint8Array(size), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

function goWrong(how: 'out-of-memory' | 'uncaught-exception' | 'unhandled-rejection'): void {
  if (how === 'unhandled-rejection') void Promise.reject(new Error('synthetic'));
  else if (how === 'uncaught-exception')
    setImmediate(() => {
      throw new Error('synthetic');
    });
  else for (const hoard: object[] = []; ; ) hoard.push(Array.from({ length: 1_000 }, () => ({})));
}

function drainOn(signal: NodeJS.Signals): void {
  process.once(signal, () => {
    tell({ event: 'draining' });
    opened()
      [Symbol.asyncDispose]()
      .then(() => process.exit(0));
  });
}

async function block(forMs: number): Promise<void> {
  await new Promise((resolve) => process.send?.({ event: 'blocking' }, resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

/**
 * The order of durations is not checked: where every unanswered request is one of a process that is dead, which the kernel tells at once, the wait may be
 * shorter than the deadline that those who live need on a loaded machine.
 */
async function openMortal({ durations, ...options }: OpenOptions): Promise<Forcemint> {
  const { ports, opened, keys, close } = await openPorts(options);
  // One sign of life, as every replica gives when it begins: a dead one is waited for.
  await opened.beat?.({ masterKeyId: keys.master.id, formerEntries: 0 });
  death ??= new Death();
  const quickPorts = { ...ports, durations: { ...ports.durations, ...durations } };
  return assembleForcemint({ ports: mortalPorts(quickPorts, death), close, renewAhead: false });
}

async function keepLocking(path: string, forMs: number, pauseMs: number): Promise<number> {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  locking = true;
  let times = 0;
  for (; locking; times += 1) {
    database.exec('BEGIN IMMEDIATE');
    if (times === 0) tell({ event: 'locking' });
    await sleep(forMs);
    database.exec('ROLLBACK');
    await sleep(pauseMs);
  }
  database.close();
  return times;
}

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'open': {
      const { do: _, isMortal, ...given } = command;
      const options = { ...given, env: {} };
      forcemint = isMortal === true ? await openMortal(options) : await openForcemint(options);
      return undefined;
    }
    case 'die-at':
      death?.appoint(command.point, 'SIGKILL');
      return undefined;
    case 'stop-at':
      death?.appoint(command.point, 'SIGSTOP');
      return undefined;
    case 'close':
      await opened()[Symbol.asyncDispose]();
      forcemint = undefined;
      return undefined;
    case 'connect':
      return (await opened().administration.connect(command.name, command.connection)).id;
    case 'get-token':
      return outcomesOf(command.name, command.callers);
    case 'renew':
      return fingerprint((await opened().renew(command.name)).value);
    case 'settle':
      return settle(command.name, command.by, command.callers);
    case 'keep-renewing':
      return keepRenewing(command.name);
    case 'renew-all':
      return renewAll(command);
    case 'stop-renewing':
      renewing = false;
      return undefined;
    case 'status':
      return (await opened().status(command.name)).state;
    case 'fill':
      return fill(command.path);
    case 'remove-file':
      return rmSync(command.path);
    case 'become':
      process.setgroups?.([]);
      process.setegid?.(command.uid);
      process.seteuid?.(command.uid);
      return undefined;
    case 'go-wrong':
      return goWrong(command.how);
    case 'block':
      return block(command.forMs);
    case 'drain-on':
      return drainOn(command.signal);
    case 'keep-locking':
      return keepLocking(command.path, command.forMs, command.pauseMs);
    case 'stop-locking':
      locking = false;
      return undefined;
    case 'report':
      return JSON.stringify(process.report.getReport());
  }
}

process.on('message', ({ id, command }: { readonly id: number; readonly command: Command }) => {
  run(command).then(
    (value) => tell({ id, value }, () => command.do === 'settle' && death?.reach('s10 after')),
    (error: unknown) => tell({ id, error: told(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
tell({ event: 'ready' });
