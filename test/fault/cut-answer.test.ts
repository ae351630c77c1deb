import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, QUICK, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { IS_LONG, sized } from '../support/length.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';

/** Connections that are broken at the same time, each at another byte. */
const SIDE_BY_SIDE = 48;
const DURATIONS = { ...QUICK, callerWaitMs: 1_000, exchangeDeadlineMs: 1_100, unknownWaitMs: 2_400, leaseMs: 2_500 };
/** The wait counts from when the client gives up; the server, which shares this busy process, may see the request later than it left. */
const LEAST_WAIT_MS = DURATIONS.unknownWaitMs / 4;
/** The short form takes every fourth byte, another quarter each time. */
const STEP = sized(4, 1);
const BREAKS = IS_LONG ? (['reset', 'close', 'half-close'] as const) : (['reset'] as const);

test('fault 20, an answer cut at each of its bytes: no refresh token is presented twice but by the probe, and every loss is named', async (t) => {
  const emulator = await emulatedSalesforce(t);
  emulator.setSwitches({ processingMs: 0 });
  const home = temporaryHome(t);
  const proxies: FaultProxy[] = [];
  for (let lane = 0; lane < SIDE_BY_SIDE; lane += 1) proxies.push(await FaultProxy.start(t, { target: emulator.loginUrl }));
  const hosts = [...extraHosts(emulator), ...proxies.map(({ origin }) => origin)];
  await using forcemint = await openForcemint({ home, extraHosts: hosts, durations: DURATIONS, env: {} });

  const connected = async (proxy: FaultProxy, name: string) => {
    const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
    await forcemint.administration.connect(name, connection);
    return fingerprint(connection.refreshToken);
  };
  const [first] = proxies;
  assert.ok(first !== undefined);
  await connected(first, 'whole');
  await forcemint.getToken('whole');
  const length = first.connections.at(-1)?.bytesToClient ?? 0;
  assert.ok(length > 500, `an answer of ${length} bytes`);

  const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now());
  const bytes = Array.from({ length }, (_, atByte) => atByte).filter((atByte) => atByte % STEP === seed % STEP);
  const cuts = BREAKS.flatMap((by) => bytes.map((atByte) => ({ by, atByte })));
  const count = cuts.length;
  let lost = 0;
  await Promise.all(
    proxies.map(async (proxy) => {
      for (let cut = cuts.pop(); cut !== undefined; cut = cuts.pop()) {
        const name = `${cut.by}-${cut.atByte}`;
        const adopted = await connected(proxy, name);
        const before = proxy.requests;
        proxy.plan({ do: 'cut', ...cut });
        const outcome = await renewedOrVerdict(forcemint, name);
        assert.ok(proxy.requests - before <= 2, name);
        const end = await soundEnd({ emulator, home, name, adopted, leastWaitMs: LEAST_WAIT_MS });
        if (end === 'loss-named') lost += 1;
        else assert.equal((await readStoredRow(home, name)).accessToken, 'token' in outcome && fingerprint(outcome.token), name);
      }
    }),
  );
  t.diagnostic(
    `seed ${seed}: an answer of ${length} bytes, cut at ${count} places; ${lost} grants lost with their answer and named`,
  );
  assert.equal(lost, count, 'a part of an answer is none');
});
