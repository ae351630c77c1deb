import fc from 'fast-check';

/** As much of JSON Schema as schema.json uses; reading anything else throws, so that no keyword is passed over in silence. */
export interface Schema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'null' | 'array' | 'object';
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly propertyNames?: { readonly enum: readonly string[] };
}

const KEYWORDS = ['type', 'enum', 'anyOf', 'pattern', 'minLength', 'minimum', 'maximum', 'items', 'properties', 'required'];
const ANNOTATIONS = ['$schema', '$id', 'title', 'description', 'default', 'examples'];
const KNOWN = new Set([...KEYWORDS, ...ANNOTATIONS, 'additionalProperties', 'propertyNames']);

/** One place of the schema: how to get there, and what may stand there. */
export interface Place {
  /** A name for properties, an index for items; any key of a record is `any`, or the first that there may be. */
  readonly path: readonly (string | number)[];
  readonly schema: Schema;
}

/** Every place of the schema, the root first. @throws {Error} for a keyword that isn't known here */
export function places(schema: Schema, path: readonly (string | number)[] = []): Place[] {
  for (const keyword of Object.keys(schema)) {
    if (!KNOWN.has(keyword)) throw new Error(`${path.join('.')}: these tests don't know the keyword ${keyword}`);
  }
  const { properties = {}, items, additionalProperties, propertyNames } = schema;
  const anyName = propertyNames?.enum[0] ?? 'any';
  return [
    { path, schema },
    ...Object.entries(properties).flatMap(([name, inner]) => places(inner, [...path, name])),
    ...(items === undefined ? [] : places(items, [...path, 0])),
    ...(typeof additionalProperties === 'object' ? places(additionalProperties, [...path, anyName]) : []),
  ];
}

/** Values that the schema allows. */
export function allowed(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(allowed));
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return integers(schema);
  if (schema.type === 'string') {
    return schema.pattern === undefined
      ? fc.string({ minLength: schema.minLength ?? 0, maxLength: 20 })
      : fc.stringMatching(new RegExp(schema.pattern));
  }
  if (schema.type === 'array') return fc.array(allowed(schema.items ?? {}), { maxLength: 3 });
  if (schema.type === 'object') return objects(schema);
  throw new Error(`neither type, enum nor anyOf: ${JSON.stringify(schema)}`);
}

/** Both ends are drawn often: that is where two descriptions differ first. */
function integers({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum));
}

function objects({ properties = {}, required = [], additionalProperties, propertyNames }: Schema): fc.Arbitrary<unknown> {
  const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, allowed(inner)])), {
    requiredKeys: [...required],
  });
  if (typeof additionalProperties !== 'object') return known;
  const names = propertyNames === undefined ? fc.stringMatching(/^x[a-z]{1,8}$/) : fc.constantFrom(...propertyNames.enum);
  const others = fc.dictionary(names, allowed(additionalProperties), { maxKeys: 2 });
  return fc.tuple(known, others).map(([some, more]) => ({ ...some, ...more }));
}

/** Whether the schema allows the value. */
export function allows(schema: Schema, value: unknown): boolean {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (schema.anyOf !== undefined && !schema.anyOf.some((one) => allows(one, value))) return false;
  switch (schema.type) {
    case undefined:
      return true;
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return (
        Number.isInteger(value) && Number(value) >= (schema.minimum ?? -Infinity) && Number(value) <= (schema.maximum ?? Infinity)
      );
    case 'string':
      return (
        typeof value === 'string' &&
        [...value].length >= (schema.minLength ?? 0) &&
        (schema.pattern === undefined || new RegExp(schema.pattern).test(value))
      );
    case 'array':
      return Array.isArray(value) && value.every((item) => allows(schema.items ?? {}, item));
    case 'object':
      return isObject(value) && allowsMembers(schema, value);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function allowsMembers(schema: Schema, value: Readonly<Record<string, unknown>>): boolean {
  const { properties = {}, required = [], additionalProperties = {}, propertyNames } = schema;
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, member]) => {
      const inner = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      const isNamed = propertyNames === undefined || propertyNames.enum.includes(name);
      return isNamed && inner !== undefined && inner !== false && allows(inner, member);
    })
  );
}
