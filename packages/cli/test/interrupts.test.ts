import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { HANDING_OVER, Interrupted, Interrupts, type SignalProcess } from '../src/interrupts.ts';

/** A process that remembers how it would have ended. */
class StubProcess implements SignalProcess {
  readonly #emitter = new EventEmitter();
  readonly said: string[] = [];
  exits: number[] = [];
  readonly interrupts = new Interrupts(
    this,
    (text) => this.said.push(text),
    () => this.nowMs,
  );
  nowMs = 0;

  constructor() {
    this.interrupts.listen();
  }

  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): void {
    this.#emitter.on(event, listener);
  }

  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }

  receive(signal: NodeJS.Signals): void {
    this.#emitter.emit(signal, signal);
  }
}

describe('Ctrl-C', () => {
  test('with nothing at stake the process ends at once', () => {
    const stub = new StubProcess();
    stub.receive('SIGINT');
    assert.deepEqual(stub.exits, [130]);
    assert.deepEqual(stub.said, []);
  });

  test('during an exchange it waits, says so, and then ends as interrupted', async () => {
    const stub = new StubProcess();
    const { promise, resolve } = Promise.withResolvers<string>();
    const work = stub.interrupts.protect(() => promise);
    stub.receive('SIGINT');
    assert.deepEqual(stub.exits, []);
    assert.match(stub.said[0] ?? '', /finishing the exchange/);
    resolve('token');
    await assert.rejects(work, (error) => error instanceof Interrupted && error.exitCode === 130);
    await assert.rejects(
      stub.interrupts.protect(async () => 'more'),
      Interrupted,
    );
  });

  test('the second one ends it, but not the same keypress delivered twice', () => {
    const stub = new StubProcess();
    void stub.interrupts.protect(() => new Promise(() => undefined));
    stub.receive('SIGINT');
    stub.nowMs = 100;
    stub.receive('SIGINT');
    assert.deepEqual(stub.exits, []);
    stub.nowMs = 1_000;
    stub.receive('SIGINT');
    assert.deepEqual(stub.exits, [130]);
    assert.match(stub.said[1] ?? '', /in the middle of an exchange/);
  });

  test('a terminal that goes says so several times, and ends no exchange; SIGTERM after it does', () => {
    const stub = new StubProcess();
    void stub.interrupts.protect(() => new Promise(() => undefined));
    stub.receive('SIGHUP');
    for (const nowMs of [1_000, 2_000]) {
      stub.nowMs = nowMs;
      stub.receive('SIGHUP');
    }
    assert.deepEqual([stub.exits, stub.said.length], [[], 1]);
    stub.receive('SIGTERM');
    assert.deepEqual(stub.exits, [143]);
  });

  test('during a hand-over it says what is at stake', () => {
    const stub = new StubProcess();
    void stub.interrupts.atStake(() => new Promise(() => undefined), HANDING_OVER);
    stub.receive('SIGINT');
    stub.nowMs = 1_000;
    stub.receive('SIGINT');
    assert.deepEqual(stub.said.slice(0, 2), [HANDING_OVER.finishing, HANDING_OVER.stopped]);
  });

  test('work that clears away is told by its signal, and not ended', async () => {
    const stub = new StubProcess();
    const work = stub.interrupts.clearingAway(
      (signal) => new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('cleared'))),
    );
    stub.receive('SIGTERM');
    assert.equal(await work, 'cleared');
    assert.deepEqual(stub.exits, []);
    assert.throws(
      () => stub.interrupts.throwIfInterrupted(),
      (error) => error instanceof Interrupted && error.exitCode === 143,
    );
  });

  test('signals are handed on while somebody else’s command runs', async () => {
    const stub = new StubProcess();
    const seen: string[] = [];
    await stub.interrupts.forwarding(
      (signal) => seen.push(signal),
      async () => {
        stub.receive('SIGINT');
        stub.receive('SIGTERM');
      },
    );
    assert.deepEqual(seen, ['SIGINT', 'SIGTERM']);
    assert.deepEqual(stub.exits, []);
  });

  test('a failure during an exchange is not mistaken for success, nor hidden without a signal', async () => {
    const stub = new StubProcess();
    await assert.rejects(
      stub.interrupts.protect(() => Promise.reject(new Error('refused'))),
      /refused/,
    );
  });
});
