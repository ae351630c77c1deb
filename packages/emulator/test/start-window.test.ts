import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator, EmulatorListenError } from '../src/index.ts';

/** On a port that was free a moment ago; undefined when it no longer is. */
async function startAt(port: number): Promise<Emulator | undefined> {
  try {
    return await createEmulator({ loginPort: port, myDomainPort: 0 });
  } catch (error) {
    if (error instanceof EmulatorListenError) return undefined;
    throw error;
  }
}

test('a client that waits for the port is answered, though the emulator still makes its keys', async (t) => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const probe = await createEmulator();
    const { loginUrl } = probe;
    await probe.close();
    const starting = startAt(Number(new URL(loginUrl).port));
    const first = firstAnswer(`${loginUrl}/.well-known/openid-configuration`, AbortSignal.timeout(20_000));
    const emulator = await starting;
    if (emulator === undefined) {
      await first.catch(() => undefined);
      continue;
    }
    t.after(() => emulator.close());
    assert.equal(await first, 200);
    return;
  }
  assert.fail('no port stayed free');
});

/** The status of the first request that is not refused. */
async function firstAnswer(url: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      if (!(error instanceof TypeError) || signal.aborted) throw error;
    }
  }
}
