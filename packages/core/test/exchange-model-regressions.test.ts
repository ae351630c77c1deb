import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExchangePlay } from './support/exchange-play.ts';
import type { Script } from './support/exchange-script.ts';

const PLAIN: Omit<Script, 'steps'> = { server: 'static', rotates: 'auto', renewAhead: false, introspect: false, order: 0 };

/** Schedules that once broke a promise, as small as they could be made; what each of them catches. */
const SCRIPTS: Readonly<Record<string, Script>> = {
  'counters that fall when another refresh token is given': {
    ...PLAIN,
    steps: [
      { do: 'herd', process: 0, callers: 3 },
      { do: 'update', process: 0 },
      { do: 'get', process: 0 },
    ],
  },
  'a refresh token that is lost with the one probe, and no event that asks for a human': {
    ...PLAIN,
    steps: [
      { do: 'weather', weather: 'lost-before' },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 7_000_000 },
      { do: 'weather', weather: 'lost-before' },
      { do: 'herd', process: 0, callers: 3 },
      { do: 'pass', ms: 10 },
    ],
  },
  'a probe right after the death of a process that was suspended between its intent and its request': {
    ...PLAIN,
    steps: [
      { do: 'get', process: 1, hurry: 10 },
      { do: 'suspend', ms: 3_600_000 },
      { do: 'die', process: 1, calls: 1 },
      { do: 'get', process: 0 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 10 },
    ],
  },
  'a probe right after the death of a process during whose exchange the wall clock was set forward': {
    ...PLAIN,
    steps: [
      { do: 'get', process: 2 },
      { do: 'get', process: 0 },
      { do: 'jump', ms: 3_600_000 },
      { do: 'kill', process: 2 },
      { do: 'pass', ms: 6_000 },
    ],
  },
  'a staged answer that is adopted hours later and whose access token is handed out although it is over': {
    ...PLAIN,
    steps: [
      { do: 'get', process: 0 },
      { do: 'disk', store: true, spool: false },
      { do: 'suspend', ms: 36_000_000 },
      { do: 'pass', ms: 61_000 },
      { do: 'renew', process: 0 },
      { do: 'get', process: 0 },
    ],
  },
  'a refusal that could not be written down, taken for a request under way when its process dies hours later': {
    ...PLAIN,
    steps: [
      { do: 'get', process: 0 },
      { do: 'end-grant' },
      { do: 'herd', process: 1, callers: 3, hurry: 4 },
      { do: 'pass', ms: 31_000, hurry: 0 },
      { do: 'disk', store: true, spool: false },
      { do: 'get', process: 0, hurry: 0 },
      { do: 'disk', store: false, spool: false },
      { do: 'pass', ms: 7_000_000, hurry: 0 },
      { do: 'kill', process: 0 },
    ],
  },
  'a token handed out by the process that had just reported it': {
    ...PLAIN,
    introspect: true,
    order: 2_010_742_155,
    steps: [
      { do: 'insist', process: 0 },
      { do: 'pass', ms: 10 },
      { do: 'weather', weather: 'refused-connection', times: 1 },
      { do: 'login', process: 0 },
      { do: 'herd', process: 1, callers: 10, hurry: 4 },
      { do: 'report', process: 1 },
      { do: 'insist', process: 1 },
      { do: 'continue', process: 0 },
    ],
  },
  'a login whose answer lies with a machine that stood still, dropped by a renewal in between': {
    ...PLAIN,
    replicas: { staging: false, returns: false },
    steps: [
      { do: 'login', process: 0 },
      { do: 'nap', process: 0 },
      { do: 'insist', process: 1 },
      { do: 'pass', ms: 179_000 },
      { do: 'weather', weather: 'refused-connection', times: 1 },
    ],
  },
  'a login that a restored row still notes, which wins over what came after it and has its own grant revoked': {
    ...PLAIN,
    server: 'rotating',
    replicas: { staging: false, returns: false },
    steps: [
      { do: 'login', process: 0 },
      { do: 'backup' },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 7_300_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 7_300_000 },
      { do: 'get', process: 0 },
      { do: 'restore' },
      { do: 'pass', ms: 1_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 301_000 },
      { do: 'adopt' },
      { do: 'get', process: 1 },
    ],
  },
  'a page in the place of an answer, staged in the database, that hides what another spool has of a store that went back': {
    ...PLAIN,
    server: 'grace',
    replicas: { staging: true, returns: true },
    steps: [
      { do: 'backup' },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 7_300_000 },
      { do: 'get', process: 0, hurry: 0 },
      { do: 'lose', process: 0 },
      { do: 'fail-over' },
      { do: 'pass', ms: 605_000 },
      { do: 'weather', weather: 'html', times: 1 },
      { do: 'get', process: 1 },
    ],
  },
  'an answer staged in the database of a store that went back, which hides the newer one in the spool': {
    ...PLAIN,
    server: 'cascading',
    replicas: { staging: true, returns: false },
    steps: [
      { do: 'backup' },
      { do: 'get', process: 0, hurry: 0 },
      { do: 'fail-over' },
      { do: 'pass', ms: 1_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 301_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 130_000, hurry: 2 },
      { do: 'backup' },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 7_300_000 },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 7_300_000 },
      { do: 'get', process: 0, hurry: 7 },
      { do: 'fail-over' },
      { do: 'pass', ms: 1_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 301_000 },
      { do: 'get', process: 1 },
    ],
  },
  'a machine that slept beyond its lease and sends when it wakes': {
    ...PLAIN,
    server: 'rotating',
    replicas: { staging: false, returns: false },
    steps: [
      { do: 'get', process: 0, hurry: 12 },
      { do: 'nap', process: 0 },
      { do: 'pass', ms: 181_000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 661_000 },
      { do: 'get', process: 1 },
      { do: 'continue', process: 0 },
    ],
  },
  'a request without an answer that a database which failed over knows nothing of, and whose sender does': {
    ...PLAIN,
    server: 'rotating',
    replicas: { staging: false, returns: false },
    steps: [
      { do: 'get', process: 0, hurry: 0 },
      { do: 'stop', process: 0 },
      { do: 'pass', ms: 181000 },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 661000 },
      { do: 'get', process: 1, hurry: 16 },
      { do: 'continue', process: 0 },
      { do: 'get', process: 0 },
      { do: 'weather', weather: 'lost-before' },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 121000 },
      { do: 'die', process: 0, calls: 8 },
      { do: 'get', process: 0 },
      { do: 'get', process: 0, hurry: 0 },
      { do: 'pass', ms: 181000 },
      { do: 'get', process: 1 },
      { do: 'weather', weather: 'lost-after', times: 1 },
      { do: 'backup' },
      { do: 'get', process: 1 },
      { do: 'pass', ms: 7300000 },
      { do: 'get', process: 1, hurry: 7 },
      { do: 'fail-over' },
      { do: 'pass', ms: 1000 },
      { do: 'get', process: 0 },
      { do: 'pass', ms: 301000 },
      { do: 'adopt' },
      { do: 'get', process: 0 },
    ],
  },
};

for (const [what, script] of Object.entries(SCRIPTS)) {
  test(`never again: ${what}`, async () => {
    const { violations } = await ExchangePlay.of(script);
    assert.deepEqual(violations, []);
  });
}
