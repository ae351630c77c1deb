import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock as clock } from '@forcemint/node/clock';
import { systemRandom as random } from '@forcemint/node/random';
import { openPostgresStore } from '@forcemint/store/postgres/open-postgres-store';
import { parsePostgresUrl } from '@forcemint/store/postgres/parse-postgres-url';
import { storeContract } from '../../packages/store/test/contract.ts';
import { keysContract } from '../../packages/store/test/keys-contract.ts';
import { maintenanceContract } from '../../packages/store/test/maintenance-contract.ts';
import { renewalContract } from '../../packages/store/test/renewal-contract.ts';
import type { KillPointName } from '../support/kill-points.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { replicaScene } from '../support/replica-scene.ts';
import { expireStoredToken, readStoredRow } from '../support/stored-row.ts';

/** A server, and how clients get to it. */
export interface Engine {
  readonly server: PostgresServer;
  /** Of a database. */
  url(database: string): string;
  stop(): Promise<void>;
}

const REPLICAS = 4;
const CALLERS = 100;
const ROUNDS = 10;
/** What is known when a process dies there. */
const DEATHS: readonly { readonly point: KillPointName; readonly requests: readonly string[]; readonly isLost: boolean }[] = [
  { point: 's1 after', requests: ['ok'], isLost: false },
  { point: 's2 after', requests: ['ok'], isLost: false },
  { point: 's6 after', requests: ['ok', 'invalid_grant'], isLost: true },
  { point: 's7 after', requests: ['ok'], isLost: false },
  { point: 's9 before', requests: ['ok'], isLost: false },
  { point: 's9 after', requests: ['ok', 'ok'], isLost: false },
];

/** What every PostgreSQL must do, whichever and through whatever: the store's contract, one exchange for many waiters, processes that are killed. */
export function engineSuite(name: string, missing: string | false, start: () => Promise<Engine>): void {
  if (missing !== false) {
    test(`${name} keeps the contract`, { skip: missing }, () => {});
    return;
  }
  describe(name, () => {
    let engine: Engine;
    before(async () => {
      engine = await start();
    });
    after(() => engine?.stop());
    const place = async () => {
      const database = await engine.server.createDatabase();
      return {
        connect: () => openPostgresStore({ url: parsePostgresUrl(engine.url(database)), clock, random }),
      };
    };

    describe('the contract', () => {
      for (const contract of [storeContract, renewalContract, maintenanceContract, keysContract]) contract(name, place);
    });

    test(`${REPLICAS * CALLERS} callers of ${REPLICAS} replicas on one expired connection lead to one exchange, ${ROUNDS} times`, async (t) => {
      const { start: open, place: at, requests, end } = await replicaScene(t, engine.server, ['acme'], (db) => engine.url(db));
      const quick = { budgetRequests: 1_000, cacheTrustMs: 1, pollMs: 20 };
      const children = await Promise.all(Array.from({ length: REPLICAS }, (_, index) => open(`m${index}`, quick)));
      for (let round = 1; round <= ROUNDS; round += 1) {
        await expireStoredToken(at.machine('operator'), 'acme');
        const all = await Promise.all(children.map((child) => child.getTokens('acme', CALLERS)));
        assert.equal(requests().length, round);
        const { accessToken = '' } = await readStoredRow(at.machine('operator'), 'acme');
        for (const { tokens, errors } of all)
          assert.deepEqual({ tokens, errors }, { tokens: { [accessToken]: CALLERS }, errors: {} });
      }
      assert.equal(await end('acme'), 'newest-stored');
    });

    test('processes that are killed around each step leave what another replica can go on with', async (t) => {
      const names = DEATHS.map((_, index) => `acme-${index}`);
      const scene = await replicaScene(t, engine.server, names, (database) => engine.url(database));
      const heir = await scene.start('heir', {
        unknownWaitMs: 1,
        callerWaitMs: 60_000,
        probeWindowMs: 86_400_000,
        forcedIntervalMs: 1,
      });
      for (const [index, { point, requests, isLost }] of DEATHS.entries()) {
        const [name, machine] = [`acme-${index}`, `dead-${index}`];
        const seen = scene.requests().length;
        const victim = await scene.start(machine);
        await victim.ask({ do: 'die-at', point });
        victim.settle(name, 'renew').catch(() => 'it dies');
        assert.equal(await victim.ended, 'SIGKILL', victim.output);
        await scene.place.letLeaseRunOut(machine);
        await scene.place.letFallSilent(machine);
        const { needsLogin } = await heir.settle(name, 'renew');
        assert.equal(needsLogin, isLost, point);
        assert.deepEqual(
          scene
            .requests()
            .slice(seen)
            .map(({ outcome }) => outcome),
          requests,
          point,
        );
        assert.equal(await scene.end(name, 0), isLost ? 'loss-named' : 'newest-stored', point);
      }
    });
  });
}
