/** Values that travel in one message share nothing. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlainObject } from '../../src/base/plain.ts';
import { BatchScan } from '../../src/codec/batch-scan.ts';

/** All objects in a value that a task could change. */
function objectsIn(value: unknown, found: Set<object> = new Set()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  if (value instanceof SharedArrayBuffer) return found;
  found.add(value);
  if (Array.isArray(value)) for (const item of value) objectsIn(item, found);
  else if (value instanceof Map) for (const entry of value) for (const part of entry) objectsIn(part, found);
  else if (value instanceof Set) for (const member of value) objectsIn(member, found);
  else if (ArrayBuffer.isView(value)) objectsIn(value.buffer, found);
  else if (isPlainObject(value)) for (const member of Object.values(value)) objectsIn(member, found);
  else if (value instanceof Error) objectsIn(value.cause, found);
  return found;
}

function expectApart(values: readonly unknown[]): void {
  const seen = new Set<object>();
  for (const value of values) {
    const own = objectsIn(value);
    for (const object of own) expect(seen.has(object), 'an object stands in two values').toBe(false);
    for (const object of own) seen.add(object);
  }
}

function separated(values: readonly unknown[]): unknown[] {
  const scan = new BatchScan();
  return values.map((value) => scan.separate(value));
}

/** A web of containers that refer to each other, of which values are chosen, also repeatedly. */
const webs = fc
  .record({
    plans: fc.array(
      fc.record({
        kind: fc.constantFrom('list', 'record', 'map', 'keys', 'set', 'date', 'bytes', 'numbers'),
        parts: fc.array(fc.option(fc.nat(9), { nil: undefined }), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 10, size: 'max' },
    ),
    chosen: fc.array(fc.option(fc.nat(9), { nil: undefined }), { maxLength: 12, size: 'max' }),
  })
  .map(({ plans, chosen }) => {
    const slab = new ArrayBuffer(64);
    const made = plans.map(({ kind }) => {
      if (kind === 'list') return [];
      if (kind === 'map' || kind === 'keys') return new Map();
      if (kind === 'set') return new Set();
      if (kind === 'date') return new Date(0);
      if (kind === 'bytes') return new Uint8Array(slab, 8, 4);
      return kind === 'numbers' ? new Float64Array(slab, 16, 2) : {};
    });
    const partAt = (at: number | undefined): unknown => (at === undefined ? 'leaf' : made[at % made.length]);
    plans.forEach(({ kind, parts }, index) => {
      const holder: unknown = made[index];
      parts.forEach((at, position) => {
        if (Array.isArray(holder)) holder.push(partAt(at));
        else if (holder instanceof Map && kind === 'keys') holder.set(partAt(at), position);
        else if (holder instanceof Map) holder.set(position, partAt(at));
        else if (holder instanceof Set) holder.add(partAt(at));
        else if (kind === 'record') (holder as Record<string, unknown>)[`k${position}`] = partAt(at);
      });
    });
    return chosen.map(partAt);
  });

describe('BatchScan.separate()', () => {
  test('gives values that share no object, and equal what they were', () => {
    fc.assert(
      fc.property(webs, (values) => {
        const apart = separated(values);
        expectApart(apart);
        expect(apart).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test('gives a value itself when nothing in it came before', () => {
    const values = [[1, 2], { a: [3] }, new Map([[1, { b: 2 }]]), 'text', undefined, null, 7n];
    separated(values).forEach((value, index) => expect(value).toBe(values[index]));
  });

  test('keeps what is shared, or cyclic, within one value', () => {
    const shared = [1];
    const cyclic: { lists: unknown[]; self?: unknown } = { lists: [shared, shared] };
    cyclic.self = cyclic;
    const [, copy] = separated([shared, cyclic]) as [unknown, typeof cyclic];
    expect(copy).not.toBe(cyclic);
    expect(copy.self).toBe(copy);
    expect(copy.lists[0]).toBe(copy.lists[1]);
  });

  test('leaves memory that is meant to be shared', () => {
    const memory = new SharedArrayBuffer(8);
    const values = [{ memory }, { memory }, memory, memory, new Int32Array(memory), new Int32Array(memory)];
    const apart = separated(values);
    for (const value of apart.slice(0, 2)) expect((value as { memory: unknown }).memory).toBe(memory);
    expect(apart.slice(2, 4)).toEqual([memory, memory]);
    for (const value of apart.slice(4)) expect((value as Int32Array).buffer).toBe(memory);
  });

  test('gives views of the same bytes bytes of their own', () => {
    const bytes = Buffer.from('abc');
    const [first, second] = separated([bytes, bytes.subarray(1)]) as [Buffer, Buffer];
    second.write('x');
    expect([first, bytes, second].map(String)).toEqual(['abc', 'abc', 'xc']);
  });
});
