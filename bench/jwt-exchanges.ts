import { createPrivateKey, sign } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { jwtBearer } from '@forcemint/core/grants/jwt-bearer';
import { none } from '@forcemint/core/oauth/client-authentication';
import { readTokenAnswer, requestTokens } from '@forcemint/core/oauth/token-endpoint';
import { salesforceEndpoints } from '@forcemint/core/salesforce/endpoints';
import { openForcemint } from '@forcemint/node';
import { systemClock } from '@forcemint/node/clock';
import { createHttp } from '@forcemint/node/http';
import { nodeKeys } from '@forcemint/node/keys';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median, perSecond } from './figure.ts';

const ROUNDS = 3;
const SECONDS = 2;
const WIDTH = 16;
const CONNECTIONS = 64;

/** JWT bearer exchanges against an emulator in another process, 16 at a time, held against RSA-2048 signatures alone in one thread. */
export async function run(): Promise<Figure[]> {
  await using emulator = await startEmulator();
  const { loginUrl, myDomainUrl, apps } = emulator.ready;
  const app = apps['jwt'];
  if (app?.privateKeyFile === undefined || app.username === undefined) throw new TypeError('the emulator has no app "jwt"');
  const pem = await readFile(app.privateKeyFile, 'utf8');
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  await using http = createHttp();
  // The budget of token requests is what this bench is not about.
  const unlimited = { budgetRequests: 1e9, userBudgetRequests: 1e9, forcedIntervalMs: 1e-9 };
  await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl], durations: unlimited });
  try {
    for (let i = 0; i < CONNECTIONS; i += 1) {
      await forcemint.administration.connect(`c${i}`, {
        settings: { grant: 'jwt-bearer', loginUrl, clientId: app.clientId, username: app.username },
        secrets: { privateKey: pem },
      });
    }
    const endpoints = salesforceEndpoints(loginUrl);
    const grant = jwtBearer({
      clientId: app.clientId,
      username: app.username,
      audience: loginUrl,
      key: nodeKeys.signingKey(pem),
      clock: systemClock,
    });
    const delivery = { http, freshConnection: false, deadlineMs: 10_000 };
    const exchange = async (): Promise<void> => {
      const answer = await requestTokens({ endpoints, clientId: app.clientId, clientAuth: none() }, grant, delivery);
      const { kind } = await readTokenAnswer(endpoints, app.clientId, answer);
      if (kind !== 'tokens') throw new Error('refused');
    };
    const grantLayer: number[] = [];
    const manager: number[] = [];
    const delaysMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const limit = signaturesPerSecond(pem);
      grantLayer.push((await perSecond(SECONDS, WIDTH, exchange)) / limit);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      manager.push((await perSecond(SECONDS, WIDTH, (n) => forcemint.renew(`c${n % CONNECTIONS}`))) / limit);
      delay.disable();
      delaysMs.push(delay.percentile(99) / 1e6);
    }
    const detail = `${WIDTH} at a time ÷ RSA-2048 signatures in one thread, ${ROUNDS} rounds of ${SECONDS} s`;
    return [
      { name: 'JWT exchanges, grant layer', value: median(grantLayer), goal: '≥ 0.9', unit: '×', detail },
      { name: 'JWT exchanges, manager + SQLite', value: median(manager), goal: '≥ 0.35', unit: '×', detail },
      {
        name: 'event loop delay meanwhile, p99',
        value: median(delaysMs),
        goal: 'not blocked',
        unit: 'ms',
        detail: 'during manager + SQLite',
      },
    ];
  } finally {
    await forcemint.idle();
    await rm(home, { recursive: true });
  }
}

function signaturesPerSecond(pem: string): number {
  const key = createPrivateKey(pem);
  const data = Buffer.alloc(300, 'a');
  const startedMs = performance.now();
  let done = 0;
  while (performance.now() - startedMs < 1_000) {
    sign('sha256', data, key);
    done += 1;
  }
  return (done * 1000) / (performance.now() - startedMs);
}
