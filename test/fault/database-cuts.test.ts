import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openForcemint } from '@forcemint/node';
import { BRISK } from '../support/emulated-salesforce.ts';
import { PostgresRelay } from '../support/postgres-relay.ts';
import { replicaScene } from '../support/replica-scene.ts';
import { renewedOrVerdict } from '../support/sound-end.ts';
import { postgresKind } from '../support/store-kinds.ts';

/** Each statement of an exchange, told by what only its text holds. */
const STATEMENTS: Readonly<Record<string, (statement: string) => boolean>> = {
  'the claim of the lease': (text) => text.includes('INSERT INTO forcemint.leases') && !text.includes('picked_until'),
  'a look at the row': (text) => text.includes('FROM forcemint.connections c JOIN forcemint.tokens'),
  'the intent': (text) => text.includes('UPDATE forcemint.tokens') && /phase\\*":\\*"intent/.test(text),
  'the staged answer': (text) => text.includes('INSERT INTO forcemint.staged_answers'),
  'the new version': (text) => text.includes('UPDATE forcemint.tokens') && text.includes('renewed'),
  'giving the lease back': (text) => text.includes('UPDATE forcemint.leases'),
};

const kind = postgresKind();

describe('a connection to the database that is cut', () => {
  for (const how of ['unsent', 'unanswered'] as const) {
    const when = how === 'unsent' ? 'before the server has seen it' : 'after it was committed, before its answer';
    test(`fault 41, at each statement of an exchange, ${when}: it is neither lost nor done twice, and one request leaves`, {
      skip: kind.skip,
    }, async (t) => {
      const server = await kind.server();
      const relay = await PostgresRelay.start(t, server.port);
      const names = Object.keys(STATEMENTS).map((_, index) => `acme-${index}`);
      const through = (database: string) => server.url(database).replace(`:${server.port}/`, `:${relay.port}/`);
      const { place, hosts, requests, end } = await replicaScene(t, server, names, through);
      const options = { extraHosts: hosts, durations: BRISK, renewAhead: false, env: {}, onWarning: () => {} };
      await using forcemint = await openForcemint({ ...place.machine('one'), ...options });
      for (const [index, [what, hits]] of Object.entries(STATEMENTS).entries()) {
        const name = `acme-${index}`;
        const before = requests().length;
        relay.plan({ hits, how });
        const outcome = await renewedOrVerdict(forcemint, name);
        await forcemint.idle();
        assert.equal(relay.cuts, index + 1, `${what} was never sent`);
        assert.ok('token' in outcome, `${what}: ${JSON.stringify(outcome)}`);
        assert.equal(await end(name), 'newest-stored', what);
        const outcomes = requests()
          .slice(before)
          .map((request) => request.outcome);
        assert.deepEqual(outcomes, ['ok'], what);
        const events = (await forcemint.events(name)).map(({ type }) => type);
        assert.equal(events.filter((type) => type === 'renewed').length, 2, `${what}: each answer is written down once`);
      }
    });
  }
});
