/** Values as JSON text and back: exact, readable, and safe to read from anywhere. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runInNewContext, runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asObject, codecs, DecodeError, fromJSON, NotCloneableError, toJSON } from '../../src/index.ts';

const limit = { timeout: 20_000 };

/** Anything that structured cloning keeps. */
const cloneable = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
  maxDepth: 4,
});

describe('toJSON() and fromJSON()', limit, () => {
  test('give back whatever structured cloning keeps, exactly', () => {
    fc.assert(
      fc.property(cloneable, (value) => {
        assert.deepStrictEqual(fromJSON(toJSON(value)), value);
      }),
      { numRuns: 1000 },
    );
  });

  test('give back arrays, holes, negative zero and members that are no elements', () => {
    const list = Object.assign([1, 2, -0], { extra: [Number.NaN] });
    Reflect.deleteProperty(list, 1);
    const back = fromJSON(toJSON(list)) as typeof list;
    assert.deepStrictEqual(back, list);
    expect(1 in back).toBe(false);
    expect(Object.is(back[2], -0)).toBe(true);
  });

  test('keep what is shared shared, and what is apart apart', () => {
    const buffer = new ArrayBuffer(8);
    const one = { list: [1] };
    const value = {
      a: one,
      b: one,
      c: { list: [1] },
      views: [new Uint8Array(buffer), new Uint16Array(buffer, 2, 2)],
    };
    const back = fromJSON(toJSON(value)) as typeof value;
    expect(back.a).toBe(back.b);
    expect(back.c).not.toBe(back.a);
    expect(back.views[0]?.buffer).toBe(back.views[1]?.buffer);
    assert.deepStrictEqual(back, value);
  });

  test('keep cycles through records, lists, maps and sets', () => {
    const map = new Map<unknown, unknown>();
    const set = new Set<unknown>([map]);
    const list: unknown[] = [set];
    map.set('list', list);
    map.set(map, { map });
    const back = fromJSON(toJSON(list)) as [Set<Map<unknown, unknown>>];
    const [backMap] = [...back[0]];
    expect(backMap?.get('list')).toBe(back);
    expect(backMap?.get(backMap)).toEqual({ map: backMap });
  });

  test('keep keys of any name, and pollute nothing', () => {
    const value = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":1,"#type":2,"#heddle":3}',
    ) as object;
    const back = fromJSON(toJSON(value)) as object;
    expect(Object.keys(back)).toEqual(Object.keys(value));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('keep texts with lone surrogates', () => {
    const text = '\ud800 and \udc00';
    expect(fromJSON(toJSON(text))).toBe(text);
  });

  test('keep errors with class, code, cause and members, and Buffers', () => {
    const error = Object.assign(new RangeError('outer', { cause: new Error('inner') }), { code: 'E1' });
    const back = fromJSON(toJSON({ error, bytes: Buffer.from('abc') })) as {
      error: typeof error;
      bytes: Buffer;
    };
    expect(back.error).toBeInstanceOf(RangeError);
    expect(back.error).toMatchObject({ message: 'outer', code: 'E1', cause: { message: 'inner' } });
    expect(Buffer.isBuffer(back.bytes) && back.bytes.toString()).toBe('abc');
  });

  test('take instances by their codecs, and no others', () => {
    class Point {
      x = 1;
    }
    const shapes = codecs().register(Point, asObject(Point));
    const text = toJSON([new Point()], { codecs: shapes });
    expect(text).toBe('{"heddle":1,"packed":true,"value":[{"#heddle":"user:Point","data":{"x":1}}]}');
    expect((fromJSON(text, { codecs: shapes }) as [Point])[0]).toBeInstanceOf(Point);
    expect(() => fromJSON(text)).toThrow(/there is no codec for it: received 'Point'/);
    expect(() => toJSON([new Point()])).toThrow(NotCloneableError);
  });

  test.each([
    ['a function', { a: [() => 1] }, /value\.a\[0\]/],
    ['a symbol', [Symbol('s')], /value\[0\]/],
    ['a symbol as a key', { deep: { [Symbol('s')]: 1 } }, /value/],
    ['a promise', { p: Promise.resolve() }, /value\.p/],
    ['a WeakMap', [new WeakMap()], /value\[0\]/],
  ])('refuse %s, naming the way to it', (_, value, path) => {
    expect(() => toJSON(value)).toThrow(NotCloneableError);
    expect(() => toJSON(value)).toThrow(path);
  });

  test('refuse to write what is nested too deeply, and to read it', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(() => toJSON(deep)).toThrow(/nested/);
    const text = `{"heddle":1,"value":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect(() => fromJSON(text)).toThrow(DecodeError);
  });

  test('indent for people', () => {
    expect(toJSON({ a: 1 }, { indent: 2 })).toBe('{\n  "heddle": 1,\n  "value": {\n    "a": 1\n  }\n}');
  });
});

describe('fromJSON() refuses', limit, () => {
  test.each([
    ['no JSON', '{"heddle":1', /no JSON/],
    ['JSON of others', '{"a":1}', /was not written by toJSON/],
    ['null', 'null', /was not written by toJSON/],
    ['a later version', '{"heddle":2,"value":1}', /version 2: this heddle reads version 1/],
    ['an unknown type', typed('"Blob"', '1'), /there is no type "Blob"/],
    ['a type that is no text', typed('{}', '1'), /there is no type/],
    ['an object that has not been there', typed('"same"', '3'), /object 3, which has not been there/],
    ['a wrong number', typed('"number"', '"1"'), /no number/],
    ['a bigint of letters', typed('"bigint"', '"12x"'), /no bigint/],
    ['a bigint without end', typed('"bigint"', `"${'9'.repeat(200_000)}"`), /no bigint/],
    ['a date of words', typed('"Date"', '"tomorrow"'), /no date/],
    ['a broken pattern', typed('"RegExp"', '["(",""]'), /no regular expression/],
    ['bytes that are no base64', typed('"ArrayBuffer"', '"*"'), /base64/],
    [
      'a view beyond its buffer',
      typed('"Uint8Array"', `[${typed('"ArrayBuffer"', '"AAAA"', true)},2,9]`),
      /no Uint8Array/,
    ],
    [
      'a view of half a number',
      typed('"Uint16Array"', typed('"ArrayBuffer"', '"AAAA"', true)),
      /no Uint16Array/,
    ],
    ['a list without a length', typed('"list"', '["x",[]]'), /no length/],
    ['a list longer than it says', typed('"list"', '[1,[["7",1]]]'), /longer than it says/],
    ['a list that sets its length', typed('"list"', '[1,[["length",-1]]]'), /named length/],
    ['objects out of order', typed('"shared"', '[7,{}]'), /in order/],
    ['a map of no pairs', typed('"Map"', '[1]'), /a list is missing/],
    [
      'an unknown kind',
      '{"heddle":1,"packed":true,"value":{"#heddle":"nothing","data":1}}',
      /kind is not known/,
    ],
    [
      'a task that is none',
      '{"heddle":1,"packed":true,"value":{"#heddle":"task","data":null}}',
      /must be a record: received null/,
    ],
  ])('%s', (_, text, reason) => {
    expect(() => fromJSON(text)).toThrow(DecodeError);
    expect(() => fromJSON(text)).toThrow(reason);
  });

  test('text that was cut or changed anywhere, with a DecodeError or a value, and in no time', () => {
    const seeds = fc.tuple(
      cloneable,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('', '"', '[', '}', '0', '#type', 'shared', '-'),
    );
    fc.assert(
      fc.property(seeds, ([value, at, length, other]) => {
        const text = toJSON(value);
        const from = at % text.length;
        const changed = text.slice(0, from) + other + text.slice(from + (length % 8));
        try {
          fromJSON(changed);
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('the examples of docs/formats/json.md', () => {
  const page = readFileSync(new URL('../../docs/formats/json.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(.+)` \| `(\{"heddle".+)` \|$/gm)];
  expect(rows.length).toBeGreaterThan(12);
  for (const [, source = '', text = ''] of rows) {
    const value: unknown = runInThisContext(`(${source})`);
    assert.equal(toJSON(value), text, source);
    assert.deepStrictEqual(fromJSON(text), value);
  }
});

test('records of another realm are records', () => {
  expect(() => toJSON(runInNewContext('({ a: 1 })'))).not.toThrow();
});

/** The text of a record with a type. */
function typed(type: string, data: string, isPart = false): string {
  const record = `{"#type":${type},"data":${data}}`;
  return isPart ? record : `{"heddle":1,"value":${record}}`;
}
