import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KillPointName } from '../support/kill-points.ts';
import { IS_LONG } from '../support/length.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { replicaScene, stoppedAt } from '../support/replica-scene.ts';
import { postgresKind } from '../support/store-kinds.ts';

/** Where the process that renews stands still while something happens to its database: around each statement of an exchange. */
const STEPS = [
  's0 before',
  's1 before',
  's1 after',
  's2 before',
  's2 after',
  's4 after',
  's6 after',
  's7 before',
  's7 after',
  's9 before',
  's9 after',
  's11 before',
  's11 after',
] as const satisfies readonly KillPointName[];
/** For what takes longer: one before, one between intent and answer, one between answer and commit. */
const FEW: readonly KillPointName[] = ['s1 after', 's2 after', 's7 before', 's9 before'];

const kind = postgresKind();

/** Of the connection that is renewed with the fault at that point. */
const nameFor = (point: KillPointName) => point.replace(' ', '-');

const FAULTS: Readonly<
  Record<string, { readonly befall: (server: PostgresServer) => Promise<unknown>; readonly at: readonly KillPointName[] }>
> = {
  'its backends are terminated': { befall: (server) => server.terminateBackends("application_name = 'forcemint'"), at: STEPS },
  'the server is restarted': { befall: (server) => server.restart(), at: IS_LONG ? STEPS : FEW },
  'the server is killed and recovers': {
    async befall(server) {
      await server.kill();
      await server.start();
    },
    at: IS_LONG ? STEPS : FEW,
  },
};

describe('what befalls the database in the middle of an exchange', () => {
  for (const [what, { befall, at }] of Object.entries(FAULTS)) {
    test(`fault 40, ${what} at each step: one request leaves with each refresh token, its answer is stored, no process ends`, {
      skip: kind.skip,
    }, async (t) => {
      const server = await kind.server();
      const { start, end, requests } = await replicaScene(t, server, at.map(nameFor));
      const child = await start('one');
      for (const point of at) {
        const name = nameFor(point);
        const before = requests().length;
        const { renewed, goOn } = await stoppedAt(child, name, point);
        await befall(server);
        goOn();
        const { answers, needsLogin, refusals } = await renewed;
        assert.equal(needsLogin, false, point);
        assert.ok(answers.length > 0, point);
        assert.equal(await end(name), 'newest-stored');
        const outcomes = requests()
          .slice(before)
          .map(({ outcome }) => outcome);
        assert.deepEqual(outcomes, ['ok'], point);
        if (refusals.length > 0) t.diagnostic(`${point}: its caller was told ${refusals.join(', ')}, and asked again`);
      }
    });
  }
});
