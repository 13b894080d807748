/** The quick look whether data can be sent as it is: never true of what must be packed. */

import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindKey } from '../../src/codec/kind-key.ts';
import { isPlainTree } from '../../src/codec/plain-tree.ts';

class Point {
  readonly x: number = 1;
}

class Bytes extends Uint8Array {}

/** Lists in lists. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe('isPlainTree() is true of', () => {
  test.each<[string, unknown]>([
    ['a number', 1],
    ['a text', 'a'],
    ['null', null],
    ['nothing', undefined],
    ['a bigint', 1n],
    ['a list with a hole', new Array(3)],
    ['records in lists', [{ a: [{ b: null }] }]],
    ['a date', new Date(0)],
    ['a regular expression', { r: /a/g }],
    ['bytes', [new Uint8Array(3), new ArrayBuffer(3), new DataView(new ArrayBuffer(2))]],
    ['a list in two places', ((list) => [list, list])([1])],
  ])('%s', (_, value) => {
    expect(isPlainTree(value)).toBe(true);
  });
});

describe('isPlainTree() is not true of', () => {
  const cycle: unknown[] = [];
  cycle.push([cycle]);
  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['an instance of a class', new Point()],
    ['an error', new Error('a')],
    ['a Buffer', Buffer.from('a')],
    ['bytes of a class', new Bytes(2)],
    ['a map', new Map()],
    ['a set', new Set()],
    ['a promise', Promise.resolve(1)],
    ['a weak map', new WeakMap()],
    ['a record without a prototype', Object.create(null)],
    ['a record that looks packed', { [kindKey]: 'buffer' }],
    ['a record with a symbol', { [Symbol('a')]: 1 }],
    ['a cycle', cycle],
    ['what is nested deeply', nested(200)],
    ['what is nested too deeply for the stack', nested(200_000)],
  ])('%s, wherever it stands', (_, value) => {
    expect(isPlainTree(value)).toBe(false);
    expect(isPlainTree([1, value])).toBe(false);
    expect(isPlainTree({ a: [{ b: value }] })).toBe(false);
  });

  test('what has very many values, or seems to', () => {
    let value: unknown = [1];
    for (let level = 0; level < 40; level++) value = [value, value];
    expect(isPlainTree(value)).toBe(false);
    expect(isPlainTree(new Array(2 ** 22 + 1))).toBe(false);
  });
});

test('isPlainTree() is true only of what the clone algorithm keeps', () => {
  const anything = fc.anything({
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
    withBigInt: true,
    withSparseArray: true,
  });
  let plain = 0;
  fc.assert(
    fc.property(anything, (value) => {
      if (!isPlainTree(value)) return;
      plain++;
      assert.deepStrictEqual(structuredClone(value), value);
      assert.deepStrictEqual(deserialize(serialize(value)), value);
    }),
    { numRuns: 1000 },
  );
  expect(plain).toBeGreaterThan(200);
});
