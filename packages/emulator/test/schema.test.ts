import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { validateConfig } from '../src/config/config-validation.ts';
import { allowed, allows, places, type Schema } from './json-schema.ts';

/**
 * schema.json, by which editors complete and check a configuration, and the validation of the emulator must say the same. Nothing here names a
 * property: the tests find every place of the schema by themselves, and compare what the two say there.
 */
const SCHEMA: Schema = JSON.parse(readFileSync(new URL('../schema.json', import.meta.url), 'utf8'));
const PLACES = places(SCHEMA);

/** The refusal, or undefined. */
function refusal(config: unknown): string | undefined {
  try {
    validateConfig(config);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return error.message;
  }
}

/** A configuration that has `value` at the place, and around it no more than must be there. */
function configWith(path: readonly (string | number)[], value: unknown, schema: Schema = SCHEMA): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') return [configWith(rest, value, schema.items)];
  const { properties = {}, additionalProperties } = schema;
  const inner = properties[step] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  return { ...leastOf(schema), [step]: configWith(rest, value, inner) };
}

const least = new Map<Schema, Readonly<Record<string, unknown>>>();

/** The required members alone. */
function leastOf(schema: Schema): Readonly<Record<string, unknown>> {
  const { properties = {}, required = [] } = schema;
  const sampleOf = (name: string): unknown => fc.sample(allowed(properties[name] ?? {}), { numRuns: 1, seed: 7 })[0];
  const members = least.get(schema) ?? Object.fromEntries(required.map((name) => [name, sampleOf(name)]));
  least.set(schema, members);
  return members;
}

const nameOf = (path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${step}`), 'config');

test('the walk through the schema sees all of it', () => {
  const names = PLACES.map(({ path }) => nameOf(path));
  for (const name of [
    'config',
    'config.org.id',
    'config.users[0].username',
    'config.apps.any.scopes[0]',
    'config.switches.reuseCascade',
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.throws(() => places({ type: 'object', patternProperties: {} } as Schema), /keyword patternProperties/);
});

test('every object has the same properties, closed and required alike', () => {
  for (const { path, schema } of PLACES) {
    if (schema.type !== 'object' || schema.additionalProperties !== false) continue;
    const members = leastOf(schema);
    const unknown = refusal(configWith(path, { ...members, notThere: 1 })) ?? 'nothing is refused';
    assert.ok(unknown.startsWith(`${nameOf(path)}.notThere: unknown; known are `), unknown);
    const known = unknown.split('known are ')[1]?.split(', ') ?? [];
    assert.deepEqual(known.toSorted(), Object.keys(schema.properties ?? {}).toSorted(), nameOf(path));
    for (const name of schema.required ?? []) {
      const { [name]: _left, ...rest } = members;
      assert.equal(refusal(configWith(path, rest)), `${nameOf(path)}.${name}: missing`);
    }
    assert.equal(refusal(configWith(path, members)), undefined, nameOf(path));
  }
});

test('every object of the schema that is no record is closed', () => {
  for (const { path, schema } of PLACES) {
    if (schema.type === 'object') assert.notEqual(schema.additionalProperties, undefined, nameOf(path));
  }
});

test('every choice has the same words', () => {
  for (const { path, schema } of PLACES) {
    if (schema.enum === undefined) continue;
    const message = refusal(configWith(path, 'no such word')) ?? 'nothing is refused';
    const words = /expected one of (.+), found/.exec(message)?.[1]?.split(', ');
    assert.deepEqual(words, schema.enum.map(String), nameOf(path));
  }
});

/** Of each kind that JSON has, some at the edges. */
const PROBES: readonly unknown[] = [
  null,
  true,
  false,
  ...[0, -1, 1, 0.5, 1440, 1441, 86_400, 86_401, 600_000, 600_001, 10_000_000, 10_000_001, 1_000_000_000, 1_000_000_001],
  ...['', ' ', 'x', 'api', 'login', 'infinite', '0', 'true', '00D000000000EMU', 'a'.repeat(256), 'a'.repeat(257), 'é', '\n'],
  ...[[], [[]], [{}], ['api'], [null], {}, { any: {} }, { x: 1 }],
];

test('at every place both allow the same values', () => {
  for (const { path, schema } of PLACES) {
    for (const value of [...PROBES, ...edgesOf(schema), ...nearMatches(schema)]) {
      const message = refusal(configWith(path, value));
      assert.equal(message === undefined, allows(schema, value), `${nameOf(path)} = ${JSON.stringify(value)}: ${message}`);
    }
  }
});

/** Just inside and just outside of the limits; each number in a pattern may be a limit of length. */
function edgesOf({ minimum, maximum, pattern = '', anyOf = [] }: Schema): readonly unknown[] {
  const limits = [minimum, maximum].filter((limit) => limit !== undefined);
  const lengths = (pattern.match(/\d+/g) ?? []).map(Number).filter((length) => length > 0 && length < 10_000);
  return [
    ...limits.flatMap((limit) => [limit - 1, limit, limit + 1]),
    ...lengths.flatMap((length) => [length - 1, length, length + 1].map((count) => 'a'.repeat(count))),
    ...anyOf.flatMap(edgesOf),
  ];
}

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

/** Texts that match the pattern, but for one character: each of ASCII, at the beginning, in the middle and at the end. */
function nearMatches({ pattern, anyOf = [] }: Schema): readonly unknown[] {
  const texts = pattern === undefined ? [] : fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 6, seed: 7 });
  return [
    ...texts.flatMap((text) =>
      [0, Math.floor(text.length / 2), text.length - 1, text.length].flatMap((at) =>
        ASCII.map((put) => text.slice(0, at) + put + text.slice(at + 1)),
      ),
    ),
    ...anyOf.flatMap(nearMatches),
  ];
}

test('what the schema allows, the emulator takes', () => {
  fc.assert(
    fc.property(allowed(SCHEMA), (config) => {
      assert.ok(allows(SCHEMA, config), 'the generator keeps to the schema');
      assert.equal(refusal(config), undefined);
    }),
    { numRuns: 300 },
  );
});

test('any JSON somewhere: both take it, or neither', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), fc.jsonValue({ maxDepth: 2 }), ({ path, schema }, value) => {
      assert.equal(refusal(configWith(path, value)) === undefined, allows(schema, value), nameOf(path));
    }),
    { numRuns: 2000 },
  );
});
