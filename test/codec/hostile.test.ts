/** Records that come from anywhere: read, or refused with a DecodeError, in bounded time, with nothing run. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asObject } from '../../src/codec/codecs.ts';
import { codecs } from '../../src/codec/codecs-registry.ts';
import { DecodeError } from '../../src/codec/decode-error.ts';
import { toJsonData } from '../../src/codec/json-writer.ts';
import { fromJSON } from '../../src/index.ts';
import { Border } from '../../src/worker/border.ts';
import { holes } from '../fixtures/hostile-frames.ts';
import { hostileRecords, soundRecords } from '../fixtures/hostile-records.ts';

const limit = { timeout: 20_000 };

class Point {
  x = 1;
}
const points = codecs().register(Point, asObject(Point));

function unpacked(data: unknown): unknown {
  const { packer } = new Border('t');
  packer.use(points);
  return packer.unpack({ data, isPacked: true });
}

/** Reads, and lets nothing but a DecodeError through. @returns whether no prototype has changed */
function readOrRefuse(read: () => unknown): boolean {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof DecodeError, String((error as Error).stack));
  }
  return Reflect.ownKeys(Object.prototype).length === prototypeKeys;
}
const prototypeKeys = Reflect.ownKeys(Object.prototype).length;

describe('Packer.unpack() refuses, with a DecodeError and in no time', limit, () => {
  test.each(Object.entries(hostileRecords))('%s', (_, [make, reason]) => {
    expect(() => unpacked(make())).toThrow(DecodeError);
    expect(() => unpacked({ deep: [new Map([['key', make()]])] })).toThrow(reason);
  });

  test('what a codec throws, whatever that is', () => {
    const broken = codecs().register(Point, {
      encode: () => 1,
      decode: () => {
        // oxlint-disable-next-line typescript/only-throw-error -- what is tested
        throw undefined;
      },
    });
    const { packer } = new Border('t');
    packer.use(broken);
    const data = { '#heddle': 'user:Point', data: 1 };
    expect(() => packer.unpack({ data, isPacked: true })).toThrow(DecodeError);
  });
});

describe('Packer.unpack()', limit, () => {
  test.each(Object.entries(soundRecords))('reads the record that the others are made from: %s', (_, make) => {
    expect(unpacked([make()])).toHaveLength(1);
  });

  test('takes no longer for a list than for what is in it, and keeps its holes', () => {
    const list = holes(2 ** 32 - 1);
    list[5] = { '#heddle': 'user:Point', data: { x: 2 } };
    list[4_000_000_000] = { '#heddle': 'user:Point', data: { x: 3 } };
    const back = unpacked(list) as Point[];
    expect(back.length).toBe(2 ** 32 - 1);
    expect(Object.keys(back)).toEqual(['5', '4000000000']);
    expect(back[5]).toBeInstanceOf(Point);
    expect(back[4_000_000_000]).toBeInstanceOf(Point);
  });

  test('imports no module that a task names', async () => {
    const key = 'heddleWasImported';
    const url = `data:text/javascript,globalThis.${key}=true`;
    const data = { '#heddle': 'task', data: { url, name: 'x', hints: undefined } };
    unpacked([data, { '#heddle': 'delayed', data: { calls: [{ serial: 'q', task: data.data, args: [], needs: [] }] } }]); // biome-ignore format: one line
    await new Promise((settle) => setImmediate(settle));
    expect(globalThis).not.toHaveProperty(key);
  });

  test('pollutes no prototype, whatever the keys', () => {
    const evil: unknown = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    );
    const pairs = [['__proto__', { polluted: 1 }]];
    const properties = { ...(JSON.parse('{"__proto__":{"polluted":1}}') as object), code: 'E' };
    const error = { className: '__proto__', name: 'E', message: '', hasCause: false, properties };
    const [plain, escaped, thrown] = unpacked([
      evil,
      { '#heddle': 'escape', data: pairs },
      { '#heddle': 'error', data: error },
    ]) as [object, object, Error];
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(escaped)).toBe(Object.prototype);
    expect(Object.keys(escaped)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(thrown)).toBe(Error.prototype);
  });

  test('reads or refuses records of which any part is replaced', () => {
    const part = fc.oneof(
      fc.anything({ maxDepth: 2, withMap: true, withSet: true, withBigInt: true, withSparseArray: true }),
      fc.constantFrom(...Object.values(soundRecords)).map((make) => make()),
      fc.constantFrom(...Object.values(hostileRecords).map(([make]) => make)).map((make) => make()),
      fc.constant(-1),
      fc.constant({ length: 2 ** 32 - 1 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(soundRecords)), fc.nat(), part, (make, at, other) => {
        const record = structuredClone(make());
        replacePart(record, at, other);
        assert.ok(readOrRefuse(() => unpacked(record)));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('fromJSON()', limit, () => {
  const writable = Object.entries(hostileRecords).filter(([name]) => !name.includes('deeply'));

  test.each(writable)('refuses %s', (_, [make]) => {
    const text = JSON.stringify({ heddle: 1, packed: true, value: toJsonData([make()]) });
    expect(() => fromJSON(text, { codecs: points })).toThrow(DecodeError);
  });

  test.each([
    ['a version that is no number', '{"heddle":{"toString":1}}'],
    ['a number that is none', '{"heddle":1,"value":{"#type":"shared","data":[{"toString":1},1]}}'],
    ['an object that is none', '{"heddle":1,"value":{"#type":"same","data":{"toString":1}}}'],
    ['a length that is none', '{"heddle":1,"value":{"#type":"list","data":[{"toString":1},[]]}}'],
    [
      'a list without end where a record is packed',
      '{"heddle":1,"packed":true,"value":[{"#type":"list","data":[4294967295,[]]},{"#heddle":"task","data":1}]}',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => fromJSON(text)).toThrow(DecodeError);
  });
});

/** Puts another value in the place of one part of a record; which one, a number says. */
function replacePart(root: unknown, number: number, other: unknown): void {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      look(holder[key]);
    }
  };
  look(root);
  const place = places[number % places.length];
  if (place !== undefined) place.holder[place.key] = other;
}
