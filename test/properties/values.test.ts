/** Random data is copied, and packed for threads, as the structured clone algorithm does it. */

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyValue } from '../../src/codec/copy.ts';
import { Packer } from '../../src/codec/pack.ts';

const anything = fc.anything({
  maxDepth: 4,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withBoxedValues: true,
});

/** Data with shared parts and cycles: containers that refer to each other by their numbers. */
const tangled = fc
  .array(
    fc.record({
      kind: fc.constantFrom('list', 'record', 'map', 'set'),
      parts: fc.array(fc.oneof(fc.nat(7), fc.constantFrom('leaf', undefined, -0)), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((plans) => {
    const made = plans.map(({ kind }) =>
      kind === 'list' ? [] : kind === 'map' ? new Map() : kind === 'set' ? new Set() : {},
    );
    plans.forEach(({ parts }, index) => {
      const holder = made[index];
      parts.forEach((part, position) => {
        const value: unknown = typeof part === 'number' && part > 0 ? made[part % made.length] : part;
        if (Array.isArray(holder)) holder.push(value as never);
        else if (holder instanceof Map) holder.set(position % 2 === 0 ? position : value, value);
        else if (holder instanceof Set) holder.add(value);
        else (holder as Record<string, unknown>)[`k${position}`] = value;
      });
    });
    return made[0];
  });

/** All that the structured clone algorithm keeps of a value, as text: classes, contents, order, and which parts are shared. */
function shapeOf(value: unknown, seen: Map<unknown, number> = new Map()): string {
  if (typeof value !== 'object' || value === null) return inspect(value);
  const known = seen.get(value);
  if (known !== undefined) return `#${known}`;
  seen.set(value, seen.size);
  const kind = Object.prototype.toString.call(value);
  const shape = (part: unknown): string => shapeOf(part, seen);
  if (ArrayBuffer.isView(value))
    return `${kind}(${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')})`;
  if (value instanceof Map || value instanceof Set)
    return `${kind}(${[...value]
      .flat(value instanceof Map ? 1 : 0)
      .map(shape)
      .join()})`;
  if (
    value instanceof Date ||
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean
  ) {
    return `${kind}(${inspect(value.valueOf())})`;
  }
  const members = Object.entries(value).map(([key, member]) => `${key}:${shape(member)}`);
  return `${kind}${Array.isArray(value) ? value.length : ''}{${members.join()}}`;
}

const packer = new Packer([
  {
    kind: 'point',
    matches: (value) => value instanceof Point,
    pack: (value: Point, pack) => ({ inside: pack(value.inside) }),
    unpack: (data: { inside: unknown }, unpack) => new Point(unpack(data.inside)),
  },
]);

class Point {
  readonly inside: unknown;
  constructor(inside: unknown) {
    this.inside = inside;
  }
}

/** Sends a value to another thread and back, but for the thread. */
function sent(value: unknown): unknown {
  const { data, isPacked } = packer.pack(value, 'value');
  return packer.unpack({ data: structuredClone(data), isPacked });
}

const many = { numRuns: 1000 };

describe('copyValue()', () => {
  test('copies any data like the structured clone algorithm', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(shapeOf(copyValue(value))).toBe(shapeOf(structuredClone(value)));
      }),
      many,
    );
  });

  test('keeps shared parts and cycles', () => {
    fc.assert(
      fc.property(tangled, (value) => {
        expect(shapeOf(copyValue(value))).toBe(shapeOf(value));
      }),
      many,
    );
  });

  test('shares nothing that can be changed with the original', () => {
    fc.assert(
      fc.property(tangled, (value) => {
        const parts = partsOf(value);
        for (const part of partsOf(copyValue(value))) expect(parts.has(part)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('pack() and unpack()', () => {
  test('give any data back as the structured clone algorithm does', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(shapeOf(sent(value))).toBe(shapeOf(structuredClone(value)));
      }),
      many,
    );
  });

  test('do so also beside something that must be packed', () => {
    fc.assert(
      fc.property(anything, tangled, (value, other) => {
        const back = sent({ value, point: new Point([value, other]), again: value, other }) as {
          value: unknown;
          point: Point;
          again: unknown;
          other: unknown;
        };
        const expected = structuredClone({ value, again: value, other });
        expect(shapeOf({ value: back.value, again: back.again, other: back.other })).toBe(shapeOf(expected));
        expect(back.point).toBeInstanceOf(Point);
        expect(shapeOf(back.point.inside)).toBe(shapeOf(structuredClone([value, other])));
      }),
      { numRuns: 500 },
    );
  });

  test('keep shared parts and cycles beside something that must be packed', () => {
    fc.assert(
      fc.property(tangled, (value) => {
        const back = sent([value, Buffer.from('x'), value]) as [unknown, Buffer, unknown];
        expect(Buffer.isBuffer(back[1])).toBe(true);
        expect(shapeOf([back[0], back[2]])).toBe(shapeOf([value, value]));
      }),
      many,
    );
  });

  test('leave the value that is sent as it is', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const before = shapeOf(value);
        packer.pack([value, new Point(value), new Error('x')], 'value');
        expect(shapeOf(value)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

function partsOf(value: unknown, parts = new Set<unknown>()): ReadonlySet<unknown> {
  if (typeof value !== 'object' || value === null || parts.has(value)) return parts;
  parts.add(value);
  const members = value instanceof Map || value instanceof Set ? [...value].flat(1) : Object.values(value);
  for (const member of members) partsOf(member, parts);
  return parts;
}
