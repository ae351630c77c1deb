import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Emulator, FaultAction, FaultMatch, FaultSpec, RowDescription } from '../src/index.ts';
import { appOf, clientCredentialsForm, INTEGRATION, startEmulator } from './emulator-client.ts';

interface Asked {
  readonly host: 'login' | 'mydomain';
  readonly method: string;
  readonly path: string;
}

interface Seen {
  readonly status: number | null;
  readonly location: string;
  readonly text: string;
  readonly isWhole: boolean;
}

const PATHS = [
  '/services/oauth2/token',
  '/services/oauth2/revoke',
  '/services/oauth2/introspect',
  '/services/oauth2/authorize',
  '/services/oauth2/userinfo',
  '/id/00D000000000EMUEA2/005000000EMU001AAA',
  '/services/data/v66.0/limits',
  '/services/Soap/u/50.0',
  '/login',
  '/nowhere',
];
const ENDPOINTS = ['token', 'revoke', 'introspect', 'authorize', 'userinfo', 'identity', 'rest', 'soap', 'login', 'other'];

/** One request over a connection of its own; no status when there was no answer. */
function send(emulator: Emulator, { host, method, path }: Asked, isDone: () => boolean): Promise<Seen> {
  const origin = host === 'login' ? emulator.loginUrl : emulator.myDomainUrl;
  const form = new URLSearchParams(Object.entries(clientCredentialsForm(emulator)).map(([name, value]) => [name, value ?? '']));
  form.set('token', 'synthetic-token');
  return new Promise((resolve) => {
    const lost = (): void => resolve({ status: null, location: '', text: '', isWhole: false });
    const query = method === 'POST' ? '' : `?${form}`;
    const headers = method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const request = httpRequest(`${origin}${path}${query}`, { method, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        const { statusCode = null, headers: answered, complete } = response;
        resolve({ status: statusCode, location: answered.location ?? '', text, isWhole: complete });
      });
    });
    request.on('error', lost);
    request.end(method === 'POST' ? form.toString() : undefined);
    const look = (): void => {
      if (request.destroyed) return;
      if (isDone()) request.destroy();
      else setImmediate(look);
    };
    look();
  });
}

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

/** What the README says of `match`. */
function isMeant(emulator: Emulator, rows: ReadonlyMap<string, RowDescription>, { match = {}, action }: FaultSpec, asked: Asked) {
  const endpoint = ENDPOINTS[PATHS.indexOf(asked.path)];
  const home = action.row === undefined ? undefined : rows.get(action.row)?.endpoints;
  const { clientId } = appOf(emulator, 'clientCredentials');
  return (
    (match.host ?? asked.host) === asked.host &&
    (match.path === undefined ? (home?.some((one) => one === endpoint) ?? true) : glob(match.path).test(asked.path)) &&
    (match.grantType === undefined || (endpoint === 'token' && match.grantType === 'client_credentials')) &&
    (match.clientId === undefined || match.clientId === clientId) &&
    (match.username === undefined || (endpoint === 'token' && match.username === INTEGRATION.username))
  );
}

/** What the README says of `action`. */
function assertEffect(rows: ReadonlyMap<string, RowDescription>, action: FaultAction, asked: Asked, seen: Seen): void {
  if (action.hang || action.dropBefore || action.dropAfter || action.row === 'T9') {
    assert.equal(seen.status, null);
    return;
  }
  assert.notEqual(seen.status, null);
  if (action.status !== undefined) {
    assert.equal(seen.status, action.status);
    const hasBody = asked.method !== 'HEAD' && action.status !== 204 && action.status !== 304;
    if (hasBody && action.truncateAtByte === undefined) assert.equal(seen.text, action.body ?? '');
  }
  if (action.row !== undefined) {
    const row = rows.get(action.row);
    const answer = row?.variants.find(({ variant }) => variant === action.variant) ?? row;
    const isRedirect = seen.status === 302 && seen.location.includes('error=');
    assert.ok(isRedirect || seen.status === answer?.status, `${seen.status} is not ${answer?.status}`);
    const code = action.error ?? answer?.error;
    if (asked.method !== 'HEAD' && action.truncateAtByte === undefined && code && /^\w+$/.test(code)) {
      assert.ok(`${seen.text}${seen.location}`.includes(code), `${code} is not in ${seen.text}`);
    }
  }
  if (action.truncateAtByte === undefined) assert.ok(seen.isWhole);
  else assert.ok(Buffer.byteLength(seen.text) <= action.truncateAtByte);
  if (action.tamper !== undefined && seen.status === 200 && asked.path.endsWith('/token') && seen.isWhole) {
    const body: Record<string, unknown> = JSON.parse(seen.text);
    for (const [name, value] of Object.entries(action.tamper.jsonPatch)) {
      assert.deepEqual(body[name], value === null ? undefined : JSON.parse(JSON.stringify(value)));
    }
  }
}

const some = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);

/** Now and then a value that is refused. */
const mostly = (good: readonly unknown[], bad: readonly unknown[]) =>
  fc.oneof({ weight: 14, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });

/** At most `most` of these properties. */
function few(properties: Readonly<Record<string, fc.Arbitrary<unknown>>>, most: number): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(properties).map(([name, values]) => fc.tuple(fc.constant(name), values));
  return fc
    .uniqueArray(fc.oneof(...entries), { selector: ([name]) => name, maxLength: most })
    .map((chosen) => Object.fromEntries(chosen));
}

function specs(emulator: Emulator): fc.Arbitrary<Record<string, unknown>> {
  const rows = emulator.rows();
  const row = fc.constantFrom(...rows).chain(({ id, variants, error, description }) =>
    few(
      {
        variant: mostly(variants.length === 0 ? [undefined] : variants.map(({ variant }) => variant), ['unknown']),
        error: mostly([error === null ? undefined : 'other_error'], ['', 'other_error']),
        description: mostly([description === null ? undefined : 'words of its own <&"'], [null, 5]),
        truncateAtByte: mostly([undefined, 0, 7], [1.5]),
        delayMs: mostly([0, 1], [-1]),
      },
      2,
    ).map((changes) => ({ row: id, ...changes })),
  );
  const status = few(
    {
      body: mostly(['', '{}', '<html>', 'ä'.repeat(50)], [5]),
      headers: mostly(
        [{ 'retry-after': '7' }, { Location: 'https://elsewhere.example/', 'X-Latin': 'ä' }],
        [{ 'bad name': '' }, { 'Content-Length': '5' }, { trailer: 'x' }, { fine: 'line\nbreak' }, { emoji: '😀' }],
      ),
      processed: fc.boolean(),
      truncateAtByte: mostly([0, 1, 50, 9999], [-1]),
    },
    3,
  ).chain((parts) => fc.integer({ min: 198, max: 602 }).map((number) => ({ status: number, ...parts })));
  const parts = few(
    {
      delayBeforeMs: mostly([0, 1], [-1]),
      delayMs: mostly([0, 1], ['1']),
      dropBefore: fc.boolean(),
      dropAfter: fc.boolean(),
      truncateAtByte: mostly([0, 1, 50, 9999], [1.5]),
      hang: fc.boolean(),
      tamper: fc.record({ jsonPatch: fc.dictionary(some('scope', 'extra', 'signature'), fc.jsonValue()) }),
    },
    2,
  );
  const { clientId } = appOf(emulator, 'clientCredentials');
  const match = few(
    {
      host: mostly(['login', 'mydomain'], ['mars']),
      path: mostly(['*', '/services/*', '/services/oauth2/token', '*/token', '/*/data/*s', '/login'], ['login', '//', '/a?b']),
      grantType: mostly(['client_credentials', 'refresh_token'], ['']),
      clientId: some(clientId, 'nobody'),
      username: some<string>(INTEGRATION.username, 'nobody@emulator.example'),
    } satisfies Record<keyof FaultMatch, fc.Arbitrary<unknown>>,
    2,
  );
  return fc.record(
    { action: fc.oneof(row, status, parts), match, times: mostly([1, 2, 'always'], [0]), after: mostly([0, 1, 2], [-1]) },
    { requiredKeys: ['action'] },
  );
}

test('any fault is refused with its place, or does what is written of it', async (t) => {
  const emulator = await startEmulator(t);
  const rows = new Map(emulator.rows().map((row) => [row.id, row]));
  const asking = fc.record({
    host: some<Asked['host']>('login', 'mydomain'),
    method: fc.oneof({ weight: 3, arbitrary: some('POST', 'GET') }, { weight: 1, arbitrary: some('HEAD', 'PUT', 'OPTIONS') }),
    path: fc.oneof({ weight: 1, arbitrary: some('/services/oauth2/token') }, { weight: 2, arbitrary: some(...PATHS) }),
  });
  let accepted = 0;
  let used = 0;
  await fc.assert(
    fc.asyncProperty(specs(emulator), asking, async (given, asked) => {
      emulator.clearFaults();
      const spec = given as unknown as FaultSpec;
      try {
        emulator.fault(spec);
      } catch (error) {
        assert.ok(error instanceof TypeError && error.message.startsWith('fault.'), String(error));
        return;
      }
      accepted++;
      const { times = 1, after = 0, action } = spec;
      const last = times === 'always' ? after + 2 : after + times;
      for (let round = 0; round <= last; round++) {
        const isHit = isMeant(emulator, rows, spec, asked) && round >= after && (times === 'always' || round < last);
        const before = emulator.faults()[0]?.used;
        const seen = await send(emulator, asked, () => action.hang === true && isHit && emulator.faults()[0]?.used !== before);
        assert.doesNotMatch(seen.text, /^Defect/);
        const [waiting] = emulator.faults();
        assert.equal(waiting === undefined || waiting.used !== before, isHit || before === undefined);
        if (isHit) {
          used++;
          assertEffect(rows, action, asked, seen);
        } else {
          assert.ok(seen.status !== null && seen.status < 500);
        }
      }
    }),
    { numRuns: 1000 },
  );
  t.diagnostic(`${accepted} of the faults accepted, ${used} uses`);
  assert.ok(accepted > 60 && used > 60, 'the generator must not make what is refused only');
});
