import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import { type Figure, median } from './figure.ts';
import type { Served } from './herd.child.ts';

const PROCESSES = 4;
const CALLERS = 500;
const RUNS = 5;
/** Long enough for every caller to wait before the one answer comes. */
const ANSWER_AFTER_MS = 1_000;

/** Many callers in several processes on one connection without a living token: how many token requests the server saw, and how long the last caller waited. */
export async function run(): Promise<Figure[]> {
  const herds: Herd[] = [];
  for (let turn = 0; turn < RUNS; turn += 1) herds.push(await herd());
  const last = herds.map(({ lastWaiterMs }) => lastWaiterMs);
  const detail = `${CALLERS} callers × ${PROCESSES} processes`;
  return [
    {
      name: 'herd on one expired connection',
      value: Math.max(...herds.map(({ exchanges }) => exchanges)),
      goal: '= 1',
      unit: 'exchanges',
      detail,
    },
    {
      name: 'herd: last waiter after the exchange',
      value: median(last),
      goal: '≤ 500',
      unit: 'ms',
      detail: `${detail}; median of ${RUNS} runs, longest ${Math.round(Math.max(...last))} ms`,
    },
  ];
}

interface Herd {
  readonly exchanges: number;
  /** From the end of the exchange at the server to the last caller with its token. */
  readonly lastWaiterMs: number;
}

async function herd(): Promise<Herd> {
  await using emulator = await createEmulator();
  const { loginUrl, myDomainUrl, apps } = emulator.ready;
  const app = apps['clientCredentials'];
  if (app === undefined) throw new TypeError('the emulator has no app "clientCredentials"');
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    const hosts = [loginUrl, myDomainUrl];
    await using forcemint = await openForcemint({ home, extraHosts: hosts });
    await forcemint.administration.connect('acme', {
      settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: app.clientId, introspect: 'off' },
      secrets: { clientSecret: app.clientSecret },
    });
    emulator.fault({ action: { delayMs: ANSWER_AFTER_MS }, times: 'always' });
    const env = { ...process.env, FORCEMINT_HOME: home, FORCEMINT_EXTRA_HOSTS: hosts.join(',') };
    const members = await Promise.all(Array.from({ length: PROCESSES }, () => readyMember(env)));
    const served = await Promise.all(members.map(send));
    if (served.some(({ tokens }) => tokens !== 1)) throw new Error('callers of one process got different tokens');
    const ledger = emulator.ledger();
    const endedAtMs = Math.max(...ledger.map((entry) => entry.endedAtMs ?? Number.POSITIVE_INFINITY));
    return { exchanges: ledger.length, lastWaiterMs: Math.max(...served.map(({ lastAtMs }) => lastAtMs)) - endedAtMs };
  } finally {
    await rm(home, { recursive: true });
  }
}

async function readyMember(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = fileURLToPath(new URL('./herd.child.ts', import.meta.url));
  const member = spawn(process.execPath, ['--conditions=source', child, String(CALLERS)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await told(member);
  return member;
}

async function send(member: ChildProcess): Promise<Served> {
  const served = told(member);
  member.send('go');
  return (await served) as Served;
}

/** What the process says next. @throws Error when it ends instead */
async function told(member: ChildProcess): Promise<unknown> {
  const ended = once(member, 'exit').then(() => Promise.reject(new Error('a process of the herd failed')));
  const [message] = await Promise.race([once(member, 'message'), ended]);
  return message;
}
