/** Random values: the digest is that of the slow encoder, the same for copies, and another one for every other value. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestBytesOf, digestOf } from '../../src/index.ts';
import { slowDigest, slowEncoding } from './slow-encoding.ts';
import { cloneable, Point, recordOf, shuffled, values } from './values.ts';

const limitMs = 60_000;

/** What tells values apart, independently of the encoding: text in which nothing is lost. */
function told(value: unknown): string {
  return Buffer.from(slowEncoding(value) as number[]).toString('hex');
}

describe('digestOf()', () => {
  test('gives what the slow encoder of the document gives', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(digestOf(value)).toBe(slowDigest(value));
        expect(Buffer.from(digestBytesOf(value)).toString('hex')).toBe(digestOf(value));
      }),
      { numRuns: 3000 },
    );
  });

  test('gives a structured clone the same digest', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        expect(digestOf(structuredClone(value))).toBe(digestOf(value));
      }),
      { numRuns: 2000 },
    );
  });

  test('does not heed the order of records, maps and sets, nor who shares what', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(values, (value) => {
        const copy = shuffled(value);
        expect(digestOf([copy, copy])).toBe(digestOf([value, shuffled(copy)]));
      }),
      { numRuns: 2000 },
    );
  });

  test('gives different values different digests', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(digestOf(a) === digestOf(b)).toBe(told(a) === told(b));
      }),
      { numRuns: 2000 },
    );
  });

  /** Of what no two are equal, in whatever place they stand. */
  const different: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0n,
    -1n,
    1,
    1n,
    '1',
    'd',
    '',
    '\ud800',
    '\udc00',
    '\ufffd',
    [],
    [undefined],
    new Array(1),
    [[]],
    [null],
    {},
    { a: undefined },
    { a: null },
    { 0: undefined },
    new Map(),
    new Map([[undefined, undefined]]),
    new Set(),
    new Set([undefined]),
    new Set([[]]),
    new Date(0),
    new Date(Number.NaN),
    /a/,
    /a/g,
    Object(1),
    Object('1'),
    Object(true),
    Object(1n),
    new Error('a'),
    new TypeError('a'),
    new Error('a', { cause: undefined }),
    new AggregateError([], 'a'),
    new ArrayBuffer(0),
    new ArrayBuffer(1),
    new SharedArrayBuffer(1),
    new ArrayBuffer(1, { maxByteLength: 2 }),
    new SharedArrayBuffer(1, { maxByteLength: 2 }),
    new DataView(new ArrayBuffer(1)),
    new Uint8Array(1),
    new Int8Array(1),
    new Uint8ClampedArray(1),
    Buffer.alloc(1),
    new Uint16Array(1),
    new Int16Array(1),
    new Uint32Array(1),
    new Int32Array(1),
    new Float32Array(1),
    new Float64Array(1),
    new BigInt64Array(1),
    new BigUint64Array(1),
    new Float64Array([-0]),
    new Point(1),
    new Point(undefined),
    Object.assign([], { a: 1 }),
  ];

  test('tells values of every kind from each other, wherever one takes the place of another', () => {
    const places: readonly ((part: unknown) => unknown)[] = [
      (part) => part,
      (part) => [part],
      (part) => ({ a: part }),
      (part) => new Map([[part, 1]]),
      (part) => new Map([[1, part]]),
      (part) => new Set([part]),
      (part) => new Point(part),
      (part) => new Error('', { cause: part }),
      (part) => Object.assign([1], { part }),
      (part) => ['x'.repeat(2000), { part }, ['y'.repeat(2000), part]],
    ];
    const all = places.flatMap((place) => different.map((value) => place(value)));
    expect(new Set(all.map((value) => digestOf(value))).size).toBe(new Set(all.map(told)).size);
    for (const place of places) {
      // Keys of maps and members of sets are never -0: the language makes it 0.
      const lost = isKey(place(-0)) ? 1 : 0;
      const digests = new Set(different.map((value) => digestOf(place(value))));
      expect(digests.size).toBe(different.length - lost);
    }
  });

  test('gives another digest when one leaf is another', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('list', 'record', 'map', 'set', 'long'), values), { maxLength: 8 }),
        fc.constantFrom(...different),
        fc.constantFrom(...different),
        (way, a, b) => {
          const around = (leaf: unknown): unknown => way.reduce<unknown>(wrapped, leaf);
          expect(digestOf(around(a)) === digestOf(around(b))).toBe(Object.is(a, b));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('gives equal cycles equal digests', { timeout: limitMs }, () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const value = linked(graph);
        expect(digestOf(value)).toBe(slowDigest(value));
        expect(digestOf(structuredClone(value))).toBe(digestOf(value));
        expect(digestOf([value, value])).toBe(digestOf([value, linked(graph)]));
        // In by every door, and in again where others enclose it.
        const doors = allOf(graph);
        expect(digestOf([doors, ...doors])).toBe(slowDigest([doors, ...doors]));
        expect(digestOf([value, doors, value])).toBe(slowDigest([value, doors, linked(graph)]));
      }),
      { numRuns: 1500 },
    );
  });
});

function isKey(value: unknown): boolean {
  return value instanceof Set || (value instanceof Map && value.has(0));
}

function wrapped(inner: unknown, [shape, other]: readonly [string, unknown]): unknown {
  switch (shape) {
    case 'list':
      return [other, inner, other];
    case 'record':
      return { other, inner };
    case 'map':
      return new Map([
        ['other', other],
        ['inner', inner],
      ]);
    case 'set':
      return new Set([[1, inner], 2]);
    default:
      return ['z'.repeat(1500), inner];
  }
}

/** Few objects that refer to each other in any way: small, or long enough to stand by their digests. */
const graphs = fc.array(
  fc.record({
    refers: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
    shape: fc.constantFrom('list', 'record', 'map', 'set'),
    long: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

type Nodes = readonly {
  readonly refers: readonly number[];
  readonly shape: string;
  readonly long: boolean;
}[];

function linked(nodes: Nodes): unknown {
  return allOf(nodes)[0];
}

function allOf(nodes: Nodes): unknown[] {
  const made = nodes.map(({ shape }) =>
    shape === 'list' ? [] : shape === 'record' ? {} : shape === 'map' ? new Map() : new Set(),
  );
  nodes.forEach(({ refers, long }, index) => {
    const parts: unknown[] = refers.map((target) => made[target % made.length]);
    if (long) parts.push('w'.repeat(1200));
    const node = made[index];
    if (Array.isArray(node)) (node as unknown[]).push(...parts);
    else if (node instanceof Map) parts.forEach((part, i) => node.set(i, part));
    else if (node instanceof Set) for (const part of parts) node.add(part);
    else Object.assign(node as object, recordOf(parts.map((part, i) => [`m${i}`, part])));
  });
  return made;
}
