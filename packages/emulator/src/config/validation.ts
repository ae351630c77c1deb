/** Checks of values that come from outside: each throws a `TypeError` that names the place and says what was expected. */

export type Check = (value: unknown, place: string) => void;

function refuse(place: string, expected: string, value: unknown): never {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  throw new TypeError(`${place}: expected ${expected}, found ${found}`);
}

export function asObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(place, 'an object', value);
  return Object.fromEntries(Object.entries(value));
}

export const isText: Check = (value, place) => {
  if (typeof value !== 'string' || value === '') refuse(place, 'a text that is not empty', value);
};

export const isBoolean: Check = (value, place) => {
  if (typeof value !== 'boolean') refuse(place, 'true or false', value);
};

/** An integer from `least` on, and up to `most`. */
export function isInteger(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  return (value, place) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      const upper = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
      throw new TypeError(`${place}: expected an integer from ${least}${upper}, found ${JSON.stringify(value)}`);
    }
  };
}

export function isIntegerOf(choices: readonly number[]): Check {
  return (value, place) => {
    if (typeof value !== 'number' || !choices.includes(value)) {
      throw new TypeError(`${place}: expected one of ${choices.join(', ')}, found ${JSON.stringify(value)}`);
    }
  };
}

export function isOneOf(choices: readonly string[]): Check {
  return (value, place) => {
    if (typeof value !== 'string' || !choices.includes(value)) {
      throw new TypeError(`${place}: expected one of ${choices.join(', ')}, found ${JSON.stringify(value)}`);
    }
  };
}

export function matches(pattern: RegExp, expected: string): Check {
  return (value, place) => {
    if (typeof value !== 'string' || !pattern.test(value)) refuse(place, expected, value);
  };
}

export function isArrayOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) refuse(place, 'an array', value);
    for (const [index, item] of value.entries()) check(item, `${place}[${index}]`);
  };
}

export function isRecordOf(check: Check): Check {
  return (value, place) => {
    for (const [key, item] of Object.entries(asObject(value, place))) check(item, `${place}.${key}`);
  };
}

export function anyOf(first: Check, second: Check): Check {
  return (value, place) => {
    try {
      first(value, place);
    } catch {
      second(value, place);
    }
  };
}

/** An object with no other properties than these; `required` ones must be there. */
export function hasShape(shape: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, place) => {
    const object = asObject(value, place);
    for (const name of required) {
      if (object[name] === undefined) throw new TypeError(`${place}.${name}: missing`);
    }
    for (const [name, item] of Object.entries(object)) {
      const check = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (check === undefined) {
        throw new TypeError(`${place}.${name}: unknown; known are ${Object.keys(shape).join(', ')}`);
      }
      if (item !== undefined) check(item, `${place}.${name}`);
    }
  };
}
