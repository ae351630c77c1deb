import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { until } from '../support/until.ts';
import { text } from './support/arbitraries.ts';
import { INJECTED_HEADER, judgeLiveness } from './support/oracles.ts';
import { exchange, type RawAnswer } from './support/raw-socket.ts';
import { DEADLINE, parameters, seed } from './support/runs.ts';
import { World } from './support/world.ts';

const CASES_PER_BATCH = 100;

/** A good token request: what is wrong is its framing alone. */
function goodForm(world: World): string {
  const { clientId, clientSecret = '' } = world.app('machine');
  return new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }).toString();
}

const FORM = 'content-type: application/x-www-form-urlencoded';
const START = 'POST /services/oauth2/token HTTP/1.1';

function head(...lines: readonly string[]): string {
  return `${[START, 'host: 127.0.0.1', FORM, ...lines].join('\r\n')}\r\n\r\n`;
}

function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

type Framing = (body: string) => readonly string[];

/** Framings after which nobody may believe to have understood the request: no token comes of any. */
const BROKEN: Readonly<Record<string, Framing>> = {
  'both lengths': (body) => [head(`content-length: ${body.length}`, 'transfer-encoding: chunked'), chunked(body)],
  'both lengths, the other way': (body) => [head('transfer-encoding: chunked', `content-length: ${body.length}`), body],
  'two lengths that differ': (body) => [head(`content-length: ${body.length}`, 'content-length: 5'), body],
  'length with a sign': (body) => [head(`content-length: +${body.length}`), body],
  'length in hexadecimal': (body) => [head(`content-length: 0x${body.length.toString(16)}`), body],
  'negative length': (body) => [head('content-length: -1'), body],
  'length of a list': (body) => [head(`content-length: ${body.length}, 5`), body],
  'huge length': (body) => [head('content-length: 99999999999999999999'), body],
  'length too long': (body) => [head(`content-length: ${body.length + 1}`), body],
  'length far too long': (body) => [head(`content-length: ${body.length + 100_000}`), body],
  'chunk too long': (body) => [head('transfer-encoding: chunked'), `${(body.length + 9).toString(16)}\r\n${body}`],
  'chunk without end': (body) => [head('transfer-encoding: chunked'), `${body.length.toString(16)}\r\n${body}\r\n`],
  'chunk size that is none': (body) => [head('transfer-encoding: chunked'), `${'f'.repeat(20)}\r\n${body}\r\n0\r\n\r\n`],
  'chunk size with a sign': (body) => [head('transfer-encoding: chunked'), `+${chunked(body)}`],
  'coding unknown': (body) => [head('transfer-encoding: gzip, identity'), body],
  'coding not last': (body) => [head('transfer-encoding: chunked, gzip'), chunked(body)],
  'coding spelt otherwise': (body) => [head('transfer-encoding: xchunked'), chunked(body)],
  'blank before the colon': (body) => [head(`content-length : ${body.length}`), body],
  'folded header': (body) => [head('x-folded: a\r\n b', `content-length : ${body.length}`), body],
  'no host': (body) => [`${START}\r\n${FORM}\r\ncontent-length: ${body.length}\r\n\r\n`, body],
  'NUL in a header': (body) => [head('x-nul: a\0b', `content-length: ${body.length}`), body],
  'bare line feeds': (body) => [head(`content-length: ${body.length}`).replaceAll('\r\n', '\n').replace('host', 'ho\rst'), body],
  'HTTP/9': (body) => [head(`content-length: ${body.length}`).replace('HTTP/1.1', 'HTTP/9.9'), body],
  'method unknown': (body) => [head(`content-length: ${body.length}`).replace('POST', 'TOKEN'), body],
  'header flood': (body) => [
    head(...Array.from({ length: 3_000 }, (_, n) => `x-${n}: ${n}`), `content-length: ${body.length}`),
    body,
  ],
  'header of a megabyte': (body) => [head(`x-long: ${'x'.repeat(1_000_000)}`, `content-length: ${body.length}`), body],
  'target of a megabyte': (body) => [
    head(`content-length: ${body.length}`).replace('/token', `/token?${'x'.repeat(1_000_000)}`),
    body,
  ],
  'body for GET': (body) => [head(`content-length: ${body.length}`).replace('POST', 'GET'), body],
  'no body': () => [head('content-length: 0')],
  'upgrade to HTTP/2': (body) => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', body],
  TLS: () => ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'body only': (body) => [body],
};

const GOOD: Readonly<Record<string, Framing>> = {
  length: (body) => [head(`content-length: ${body.length}`), body],
  chunks: (body) => [head('transfer-encoding: chunked'), chunked(body)],
  'single bytes': (body) => [...head(`content-length: ${body.length}`), ...body],
  'empty lines before': (body) => [`\r\n\r\n${head(`content-length: ${body.length}`)}`, body],
  'expecting to continue': (body) => [head(`content-length: ${body.length}`, 'expect: 100-continue'), body],
  'offering an upgrade': (body) => [head(`content-length: ${body.length}`, 'connection: upgrade', 'upgrade: h2c'), body],
  'HTTP/1.0': (body) => [head(`content-length: ${body.length}`).replace('HTTP/1.1', 'HTTP/1.0'), body],
};

function judge({ statuses, text: said }: RawAnswer): void {
  for (const status of statuses) assert.ok(status < 500 && (status >= 200 || status === 100), `status ${status}: ${said}`);
  assert.doesNotMatch(said, /Defect of the Forcemint emulator/);
  assert.doesNotMatch(said, new RegExp(`^${INJECTED_HEADER}:`, 'im'));
}

function portOf(world: World): number {
  return Number(new URL(world.emulator.myDomainUrl).port);
}

function tokensIn({ text: said }: RawAnswer): number {
  return said.split('"access_token"').length - 1;
}

function issued(world: World): number {
  return world.emulator.ledger().filter(({ outcome }) => outcome === 'ok').length;
}

test('framings that are wrong bring no token, and those that are unusual bring one', DEADLINE, async () => {
  await using world = await World.start();
  for (const [name, framing] of Object.entries(BROKEN)) {
    const before = issued(world);
    const answer = await exchange(portOf(world), framing(goodForm(world)));
    judge(answer);
    assert.equal(tokensIn(answer), 0, `${name}: ${answer.text}`);
    assert.equal(issued(world), before, `${name}: a token that nobody got`);
  }
  for (const [name, framing] of Object.entries(GOOD)) {
    const answer = await exchange(portOf(world), framing(goodForm(world)));
    judge(answer);
    assert.equal(tokensIn(answer), 1, `${name}: ${answer.text}`);
  }
  await judgeLiveness(world);
});

const broken = fc.constantFrom(...Object.keys(BROKEN));
const good = fc.constantFrom(...Object.keys(GOOD));

test(
  `good and broken requests on one connection: a token for each good one before the first broken one (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    let cases = 0;
    const property = fc.asyncProperty(fc.array(good, { maxLength: 4 }), fc.option(broken), async (before, last) => {
      cases += 1;
      const body = goodForm(world);
      const lasting = before.filter((name) => name !== 'HTTP/1.0' && name !== 'single bytes');
      const names = last === null ? lasting : [...lasting, last];
      const pieces = names.flatMap((name) => ({ ...GOOD, ...BROKEN })[name]?.(body) ?? []);
      const answer = await exchange(portOf(world), [pieces.join('')]);
      judge(answer);
      assert.ok(tokensIn(answer) <= lasting.length, `${names}: ${answer.text}`);
      if (cases % CASES_PER_BATCH === 0) await judgeLiveness(world);
    });
    await fc.assert(property, parameters(300));
  },
);

test(
  `bytes of a request changed, cut off or reset: no defect, and the next connection is served (seed ${seed})`,
  DEADLINE,
  async () => {
    await using world = await World.start();
    let cases = 0;
    const change = fc.record({ at: fc.nat({ max: 2_000 }), length: fc.nat({ max: 8 }), put: text });
    const property = fc.asyncProperty(
      good,
      fc.array(change, { maxLength: 4 }),
      fc.nat({ max: 2_000 }),
      fc.boolean(),
      async (name, list, cut, reset) => {
        cases += 1;
        let bytes = (GOOD[name]?.(goodForm(world)) ?? []).join('');
        for (const { at, length, put } of list) {
          const place = at % (bytes.length + 1);
          bytes = bytes.slice(0, place) + put + bytes.slice(place + length);
        }
        const isCut = cut < bytes.length;
        const pieces = isCut ? [bytes.slice(0, cut / 2), bytes.slice(cut / 2, cut)] : [bytes];
        judge(
          await exchange(
            portOf(world),
            pieces.map((piece) => Buffer.from(piece)),
            reset,
          ),
        );
        if (cases % CASES_PER_BATCH === 0) await judgeLiveness(world);
      },
    );
    await fc.assert(property, parameters(700));
    await until('every request has ended', () => world.emulator.ledger().every(({ endedAtMs }) => endedAtMs !== null));
  },
);
