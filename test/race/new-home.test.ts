import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientCredentialsConnection, emulatedSalesforce, extraHosts } from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const ROUNDS = 30;

test('processes that open a new home at the same moment share one store and one master key', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const hosts = extraHosts(emulator);
  const four = await Promise.all([1, 2, 3, 4].map(() => ForcemintProcess.start(t)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const home = temporaryHome(t);
    // Two at first, as two terminals would; then as many as a service has replicas.
    const children = four.slice(0, 2 + (round % 3));
    await Promise.all(children.map((child) => child.ask({ do: 'open', home, extraHosts: hosts })));
    const connection = clientCredentialsConnection(emulator);
    await Promise.all(children.map((child, index) => child.ask({ do: 'connect', name: `of-${index}`, connection })));
    // Each opens what another sealed: two master keys, or two data keys, would not.
    const tokens = await Promise.all(children.map((child, index) => child.getTokens(`of-${(index + 1) % children.length}`)));
    assert.deepEqual(
      tokens.map(({ errors }) => errors),
      children.map(() => ({})),
    );
    await Promise.all(children.map((child) => child.ask({ do: 'close' })));
  }
});

test('when two processes make the same connection at once, one makes it and the other is told that it exists', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const pair = await Promise.all([ForcemintProcess.start(t), ForcemintProcess.start(t)]);
  await Promise.all(pair.map((child) => child.ask({ do: 'open', home, extraHosts: extraHosts(emulator) })));
  const connection = clientCredentialsConnection(emulator);
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `acme-${round}`;
    const outcomes = await Promise.allSettled(pair.map((child) => child.ask({ do: 'connect', name, connection })));
    const [made, refused] = [...outcomes].sort((a, b) => a.status.localeCompare(b.status));
    assert.equal(made?.status, 'fulfilled');
    assert.match(String(refused?.status === 'rejected' && refused.reason), /ConfigurationError connection_exists/);
    const outcome = await pair[round % 2]?.getTokens(name);
    assert.equal(Object.keys(outcome?.tokens ?? {}).length, 1);
  }
});
