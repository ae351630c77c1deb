import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fingerprint, type NewConnection } from '@forcemint/core';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import {
  BRISK,
  clientCredentialsConnection,
  extraHosts,
  jwtConnection,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { historyOf } from '../support/ledger-history.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { type Ending, temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';
import { NETWORK_FAULTS, type NetworkFault } from './network-table.ts';

const DURATIONS = BRISK;
/** Faults that are lived through side by side: they are waited for, not worked for. */
const SIDE_BY_SIDE = 8;
const GRANTS = ['rotating', 'client-credentials', 'jwt'] as const;

let emulator: Emulator;
let home: string;
let quick: Forcemint;
/** The same store, in no hurry. */
let patient: Forcemint;
const proxies = new Map<string, FaultProxy>();
const cleanUps: (() => unknown)[] = [];
const ending: Ending = { after: (cleanUp) => cleanUps.unshift(cleanUp) };
const EXTRA_PROXIES = [
  'lost-processed',
  'lost-unprocessed',
  'twice-second',
  'replayed-first',
  'replayed-second',
  'grace',
  'slow',
  'kept',
];

before(async () => {
  emulator = await createEmulator();
  home = temporaryHome(ending);
  for (const key of [...GRANTS.flatMap((grant) => NETWORK_FAULTS.map(({ name }) => `${grant} ${name}`)), ...EXTRA_PROXIES]) {
    const target = key.startsWith('client-credentials') ? emulator.myDomainUrl : emulator.loginUrl;
    proxies.set(key, await FaultProxy.start(ending, { target }));
  }
  const options = { home, extraHosts: trusted(), env: {} };
  quick = await openForcemint({ ...options, durations: DURATIONS });
  patient = await openForcemint({ ...options, durations: PATIENT });
});

after(async () => {
  await quick[Symbol.asyncDispose]();
  await patient[Symbol.asyncDispose]();
  await emulator.close();
  for (const cleanUp of cleanUps) await cleanUp();
});

function trusted(): readonly string[] {
  return [...extraHosts(emulator), ...[...proxies.values()].map(({ origin }) => origin)];
}

let names = 0;

/** A connection that has its first token, behind a proxy of its own. */
async function behind(key: string, grant: (typeof GRANTS)[number] = 'rotating') {
  const proxy = proxies.get(key);
  assert.ok(proxy !== undefined);
  const loginUrl = proxy.origin;
  const jwt = jwtConnection(emulator);
  const connections: Readonly<Record<(typeof GRANTS)[number], () => NewConnection>> = {
    rotating: () => refreshTokenConnection(emulator, 'rotating', { loginUrl }),
    'client-credentials': () => clientCredentialsConnection(emulator, { loginUrl }),
    jwt: () => ({ ...jwt, settings: { ...jwt.settings, loginUrl, audience: emulator.loginUrl } }),
  };
  const connection = connections[grant]();
  const adopted = fingerprint(connection.refreshToken ?? '');
  names += 1;
  const name = `acme-${names}`;
  await patient.administration.connect(name, connection);
  const { value } = await patient.getToken(name);
  const before = proxy.requests;
  return {
    name,
    proxy,
    living: value,
    adopted,
    asked: () => proxy.requests - before,
    state: async () => (await quick.status(name)).state,
    end: () => soundEnd({ emulator, home, name, adopted, leastWaitMs: 0.75 * DURATIONS.unknownWaitMs }),
  };
}

/** What renewing fails with once nobody waits any more. */
async function renewalFailure(name: string): Promise<{ readonly code: string; readonly sent?: 'no' | 'maybe' }> {
  const first = await failure(quick.renew(name));
  if (first.code !== 'renewal_in_progress') return first;
  await quick.idle();
  const { failure: kept } = await quick.status(name);
  assert.ok(kept !== undefined);
  return kept;
}

const title = ({ numbers, name }: NetworkFault) => `fault ${numbers}, ${name}`;

describe('a rotating grant, whatever the network does', { concurrency: SIDE_BY_SIDE }, () => {
  for (const fault of NETWORK_FAULTS) {
    test(title(fault), async () => {
      const line = await behind(`rotating ${fault.name}`);
      line.proxy.plan(fault.plan);
      if (fault.fate === 'served') {
        assert.notEqual((await patient.renew(line.name)).value, line.living);
        assert.equal(line.asked(), 1);
        const last = line.proxy.connections.at(-1);
        assert.equal(last?.delivered, fault.delivered);
        return;
      }
      const error = await renewalFailure(line.name);
      assert.deepEqual([error.code, error.sent], ['outcome_unknown', 'maybe']);
      assert.equal(await line.state(), 'unknown');
      assert.equal((await quick.getToken(line.name)).value, line.living, 'the living token is served');
      assert.equal(line.proxy.connections.at(-1)?.delivered, fault.delivered);
      assert.ok(line.asked() <= 1, 'nothing is sent again at once');

      const outcome = await renewedOrVerdict(quick, line.name);
      if (fault.fate === 'spared') {
        assert.ok('token' in outcome, JSON.stringify(outcome));
        assert.equal(await line.end(), 'newest-stored');
        assert.equal(await line.state(), 'ready');
      } else {
        assert.deepEqual(outcome, { code: 'refresh_token_dead' });
        assert.equal(await line.end(), 'loss-named');
        assert.equal((await failure(quick.renew(line.name))).name, 'ReauthorizationRequired');
      }
      assert.ok(line.asked() <= 2, 'one request, one repetition');
      for (const { requests } of line.proxy.connections) assert.ok(requests <= 1, 'a connection of its own for each request');
    });
  }

  test('fault 15, reset as soon as it is accepted: whether a byte left decides', async () => {
    const line = await behind('slow');
    line.proxy.plan({ do: 'break', when: 'accepted', by: 'reset' });
    const error = await renewalFailure(line.name);
    const [code, state] = error.sent === 'no' ? ['connection_lost', 'failing'] : ['outcome_unknown', 'unknown'];
    assert.deepEqual([error.code, await line.state()], [code, state]);
    assert.ok('token' in (await renewedOrVerdict(quick, line.name)));
    assert.equal(await line.end(), 'newest-stored');
  });

  for (const when of ['unprocessed', 'processed'] as const) {
    test(`faults 16 and 17, the repetition is ${when} and has no answer either: it was the only one, and the loss is named`, async () => {
      const line = await behind(`lost-${when}`);
      line.proxy.plan({ do: 'break', when: 'unprocessed', by: 'reset' }, { do: 'break', when, by: 'reset' });
      assert.deepEqual(await renewedOrVerdict(quick, line.name), { code: 'refresh_token_lost' });
      for (let tries = 0; tries < 3; tries += 1) await failure(quick.renew(line.name));
      assert.equal(line.asked(), 2);
      assert.equal(await line.end(), 'loss-named');
    });
  }

  test('fault 22, delivered twice at once, and the refusal of the second comes through: the first may have spent the token', async () => {
    const line = await behind('twice-second');
    line.proxy.plan({ do: 'deliver-twice', second: 'at-once', answer: 'second' });
    assert.equal((await renewalFailure(line.name)).code, 'outcome_unknown');
    assert.deepEqual(await renewedOrVerdict(quick, line.name), { code: 'refresh_token_dead' });
    assert.equal(line.asked(), 2);
  });

  test('fault 22, replayed when it was answered: the server ends the grant, which the next renewal names', async () => {
    const line = await behind('replayed-first');
    line.proxy.plan({ do: 'deliver-twice', second: 'afterwards', answer: 'first' });
    await patient.renew(line.name);
    const { issued } = historyOf(emulator.ledger(), line.adopted);
    assert.equal((await readStoredRow(home, line.name)).refreshToken, issued.at(-1));
    assert.deepEqual(await renewedOrVerdict(quick, line.name), { code: 'refresh_token_dead' });
    assert.equal(line.asked(), 2);
  });

  test('fault 22, replayed, and the refusal of the replay comes through: said to be dead, which it is', async () => {
    const line = await behind('replayed-second');
    line.proxy.plan({ do: 'deliver-twice', second: 'afterwards', answer: 'second' });
    assert.deepEqual(await renewedOrVerdict(quick, line.name), { code: 'refresh_token_dead' });
    assert.equal(line.asked(), 1);
  });

  test('fault 32, a server that gives who repeats a request its first answer again: the one repetition brings the lost token', async () => {
    const line = await behind('grace');
    line.proxy.plan({ do: 'remembered-answer' }, { do: 'remembered-answer' });
    assert.equal((await renewalFailure(line.name)).code, 'outcome_unknown');
    assert.ok('token' in (await renewedOrVerdict(quick, line.name)));
    assert.equal(await line.end(), 'newest-stored');
    assert.equal(line.asked(), 2);
  });
});

for (const grant of ['client-credentials', 'jwt'] as const) {
  describe(`${grant}, which can be repeated without harm`, { concurrency: SIDE_BY_SIDE }, () => {
    for (const fault of NETWORK_FAULTS) {
      test(title(fault), async () => {
        const line = await behind(`${grant} ${fault.name}`, grant);
        line.proxy.plan(fault.plan);
        if (fault.code === undefined) {
          assert.notEqual((await patient.renew(line.name)).value, line.living);
          assert.equal(line.proxy.connections.at(-1)?.delivered, fault.delivered + 1);
          return;
        }
        const error = await renewalFailure(line.name);
        assert.deepEqual([error.code, error.sent], [fault.code, 'maybe']);
        assert.equal(await line.state(), 'failing');
        assert.equal((await quick.getToken(line.name)).value, line.living, 'the living token is served');
        assert.ok(line.asked() <= 1, 'nothing is sent again behind the caller');
        assert.notEqual((await patient.renew(line.name)).value, line.living);
        assert.equal(await line.state(), 'ready');
      });
    }
  });
}

test('fault 23, a kept connection that is closed as the next request comes: one request, one error, and the next call is served', async () => {
  for (const by of ['reset', 'close', 'half-close'] as const) {
    const line = await behind('kept', 'jwt');
    const { connections } = line.proxy;
    const used = connections.length;
    await patient.renew(line.name);
    assert.equal(connections.length, used, 'the connection was kept');
    line.proxy.plan({ do: 'break', when: 'unprocessed', by });
    const error = await failure(patient.renew(line.name));
    assert.deepEqual([error.name, error.code], ['TransportError', 'connection_lost']);
    assert.equal(line.asked(), 2);
    await patient.renew(line.name);
    assert.equal(line.asked(), 3);
  }
});

test('faults 18 and 33, answers that come late and in another order than the requests: each connection gets its own', async () => {
  const lines = [];
  for (let index = 0; index < 6; index += 1) lines.push(await behind('slow'));
  const [{ proxy } = assert.fail('there are some')] = lines;
  proxy.plan(...lines.map(() => ({ do: 'hold' }) as const));
  const renewals = lines.map(({ name }) => patient.renew(name));
  await until('all answers', () => proxy.held === lines.length);
  proxy.release('newest-first');
  for (const [index, line] of lines.entries()) {
    const token = await renewals[index];
    assert.equal(await line.end(), 'newest-stored');
    assert.equal((await readStoredRow(home, line.name)).accessToken, fingerprint(token?.value ?? ''));
  }
});

test('fault 18, an answer that is later than its caller waits, and in time: the renewal goes on without its caller', async () => {
  const line = await behind('slow');
  line.proxy.plan({ do: 'hold' });
  const hasty = await openForcemint({ home, extraHosts: trusted(), durations: { ...PATIENT, callerWaitMs: 50 }, env: {} });
  assert.equal((await failure(hasty.renew(line.name))).code, 'renewal_in_progress');
  await until('the answer', () => line.proxy.held === 1);
  line.proxy.release();
  await hasty[Symbol.asyncDispose]();
  assert.equal(await line.end(), 'newest-stored');
  assert.equal(line.asked(), 1);
});
