import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Durations, fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from './emulated-salesforce.ts';
import { ForcemintProcess } from './forcemint-process.ts';
import type { KillPointName } from './kill-points.ts';
import type { PostgresServer } from './postgres-server.ts';
import { soundEnd } from './sound-end.ts';
import { databasePlace } from './store-kinds.ts';
import { until } from './until.ts';

/** Connections that rotate, each with its first token, in a database that several machines use. */
export async function replicaScene(
  t: TestContext,
  server: PostgresServer,
  names: readonly string[],
  urlOf?: (database: string) => string,
) {
  const emulator = await emulatedSalesforce(t);
  const place = await databasePlace(t, server, urlOf);
  const hosts = extraHosts(emulator);
  const adopted = new Map<string, string>();
  {
    const setUp = {
      ...place.machine('operator'),
      extraHosts: hosts,
      durations: PATIENT,
      renewAhead: false,
      env: {},
      onWarning: () => {},
    };
    await using operator = await openForcemint(setUp);
    for (const name of names) {
      const connection = refreshTokenConnection(emulator);
      adopted.set(name, fingerprint(connection.refreshToken));
      await operator.administration.connect(name, connection);
      await operator.getToken(name);
    }
  }
  const first = emulator.ledger().length;
  return {
    emulator,
    place,
    hosts,
    /** Requests since every connection had its first token. */
    requests: () => emulator.ledger().slice(first),
    /** A process that can be stopped or killed at a point. */
    async start(machine: string, durations: Partial<Durations> = PATIENT): Promise<ForcemintProcess> {
      const child = await ForcemintProcess.start(t);
      await child.ask({ do: 'open', ...place.machine(machine), extraHosts: hosts, durations, isMortal: true });
      return child;
    },
    /** Judged by the ledger. */
    end: (name: string, leastWaitMs = Number.POSITIVE_INFINITY) =>
      soundEnd({ emulator, home: place.machine('operator'), name, adopted: adopted.get(name) ?? '', leastWaitMs }),
  };
}

export type ReplicaScene = Awaited<ReturnType<typeof replicaScene>>;

/** Resolves when the process stands still. */
export async function stopped({ process }: ForcemintProcess): Promise<void> {
  await until('the process to stop', () => {
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

/** Begins a renewal that stops at that point; what becomes of it is in `renewed` when the process goes on. */
export async function stoppedAt(child: ForcemintProcess, name: string, point: KillPointName) {
  await child.ask({ do: 'stop-at', point });
  const renewed = child.settle(name, 'renew');
  renewed.catch(() => 'judged by whoever awaits it');
  await Promise.race([stopped(child), renewed.then(() => Promise.reject(new Error(`${point} was not reached`)))]);
  return { renewed, goOn: () => void child.process.kill('SIGCONT') };
}
