/** Random values of every class that has a digest, and what is done to them in tests. */

import fc from 'fast-check';

/** A class that says what stands for it. */
export class Point {
  readonly #at: unknown;
  constructor(at: unknown) {
    this.#at = at;
  }
  [Symbol.for('heddle.digest')](): unknown {
    return { kind: 'test/Point', parts: this.#at };
  }
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  // Halves of surrogate pairs among others.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 1000, max: 1030 }).map((length) => 'x'.repeat(length)),
);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 1000, max: 1040 }).map((length) => new Uint8Array(length).fill(7)),
);

const memory = fc.oneof(
  bytes,
  bytes.map((part) => Buffer.from(part)),
  bytes.map((part) => part.slice().buffer),
  bytes.map((part) => new DataView(part.slice().buffer)),
  bytes.map((part) => new Int8Array(part)),
  bytes.map((part) => new Uint8ClampedArray(part)),
  bytes.map((part) => new Uint16Array(part)),
  bytes.map((part) => new Int32Array(part)),
  bytes.map((part) => new Float32Array(part)),
  bytes.map((part) => new BigInt64Array([...part].map(BigInt))),
  fc.float64Array({ maxLength: 20 }),
);

const primitive = fc.oneof(
  fc.constantFrom(undefined, null, true, false, 0, -0, Number.NaN, 1, 1n, '1', '', 'a'),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  text,
);

const leaf = fc.oneof(
  { weight: 6, arbitrary: primitive },
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a/g, /a/, /[\]/]+/iu, new RegExp('')),
  fc.constantFrom(Object(1), Object('ab'), Object(false)),
  memory,
);

/** Stands for no element. */
const hole = Symbol('hole');

const key = fc.oneof(fc.constantFrom('a', 'b', '1', '10', '9', '__proto__', 'constructor', ''), text);

/** A record with a member of its own for each name, whatever the name. */
export function recordOf(entries: readonly (readonly [string, unknown])[]): object {
  const record = {};
  for (const [name, value] of entries) {
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

/** Values that a structured clone keeps. */
export const cloneable: fc.Arbitrary<unknown> = valuesOf(false);
/** Values of all classes. */
export const values: fc.Arbitrary<unknown> = valuesOf(true);

function valuesOf(withInstances: boolean): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown; instance: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      { weight: 3, arbitrary: withInstances ? leaf : leaf.filter((value) => !Buffer.isBuffer(value)) },
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.oneof(tie('value'), fc.constant(hole)), { maxLength: 6 }).map(withHoles),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(recordOf),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
      fc.array(tie('value'), { maxLength: 5 }).map((members) => new Set(members)),
      ...(withInstances ? [tie('instance')] : []),
    ),
    instance: fc.oneof(
      tie('value').map((part) => new Point(part)),
      fc.tuple(fc.string(), tie('value')).map(([message, cause]) => new RangeError(message, { cause })),
      fc
        .tuple(fc.array(tie('value'), { maxLength: 3 }), tie('value'))
        .map(([list, extra]) => Object.assign([...list], { extra })),
    ),
  })).value;
}

function withHoles(items: readonly unknown[]): unknown[] {
  const list: unknown[] = new Array(items.length);
  items.forEach((item, index) => {
    if (item !== hole) list[index] = item;
  });
  return list;
}

/** A copy with everything in another order that need not matter, sharing nothing. */
export function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = new Array(value.length);
    for (const name of Object.keys(value)) list[name as never] = shuffled(value[name as never]) as never;
    return list;
  }
  if (value instanceof Map)
    return new Map([...value].reverse().map(([k, v]) => [shuffled(k), shuffled(v)] as const));
  if (value instanceof Set) return new Set([...value].reverse().map(shuffled));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return recordOf(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  );
}
