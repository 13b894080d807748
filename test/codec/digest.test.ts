/** What `digestOf` tells apart, what it refuses and how it says so, and that neither depth nor sharing nor cycles hang it. */

import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as format from '../../src/codec/canonical/format.ts';
import { bytesOfView, littleEndian } from '../../src/codec/canonical/memory-bytes.ts';
import {
  type DigestStandIn,
  delay,
  digestBytesOf,
  digestOf,
  digestSymbol,
  Failure,
  HeddleError,
  NotDigestibleError,
  task,
  tasks,
} from '../../src/index.ts';
import { slowDigest } from './slow-encoding.ts';

function refusal(value: unknown, what = 'value'): NotDigestibleError {
  try {
    digestOf(value, { what });
  } catch (error) {
    if (error instanceof NotDigestibleError) return error;
    throw error;
  }
  throw new Error('it was digested');
}

/** Whether values that are made anew each time are all told apart. */
function allDiffer(...values: readonly unknown[]): boolean {
  return new Set(values.map((value) => digestOf(value))).size === values.length;
}

/** A list with nothing but holes, save at some places: there the element of `items`, or `undefined`. */
function holed(length: number, places: readonly number[], items: readonly unknown[] = []): unknown[] {
  const list: unknown[] = new Array(length);
  for (const place of places) list[place] = items[place];
  return list;
}

function allAlike(...values: readonly unknown[]): boolean {
  return new Set(values.map((value) => digestOf(value))).size === 1;
}

describe('digestOf() tells apart what other libraries take for one', () => {
  test('-1.0 and -2.0, whose hashes are equal in Python', () => {
    expect(allDiffer(-1, -2)).toBe(true);
  });
  test('infinity and 314159', () => {
    expect(allDiffer(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 314159, -314159)).toBe(true);
  });
  test('2 ** 61 and 1; 0.5 and 2 ** 60; large integers', () => {
    expect(allDiffer(2 ** 61, 1, 0.5, 2 ** 60, 2 ** 70, 2n ** 70n, 2n ** 70n + 1n, 2n ** 61n, 1n)).toBe(true);
  });
  test('0.0 and -0.0', () => {
    expect(allDiffer(0, -0)).toBe(true);
  });
  test('a number and a bigint, a boolean and a number', () => {
    expect(allDiffer(1, 1n, true, '1', Object(1), Object(1n), Object(true))).toBe(true);
  });
  test('lists of other objects: what they hold counts, not where they lie', () => {
    expect(allDiffer([{ a: 1 }], [{ a: 2 }])).toBe(true);
    expect(allAlike([{ a: 1 }], [{ a: 1 }])).toBe(true);
  });
  test('two classes of one name: each names its kind for good', () => {
    const one = {
      Model: class Model {
        [digestSymbol](): DigestStandIn {
          return { kind: 'one/Model', parts: 1 };
        }
      },
    };
    const other = {
      Model: class Model {
        [digestSymbol](): DigestStandIn {
          return { kind: 'other/Model', parts: 1 };
        }
      },
    };
    expect(allDiffer(new one.Model(), new other.Model(), 1)).toBe(true);
  });
  test('modules with the same names: functions are refused', () => {
    expect(refusal([path], 'args').message).toContain('it is a function');
    expect(allDiffer(format.tag, format.elementCode, {})).toBe(true);
  });
  test('a date and its text', () => {
    const date = new Date(0);
    expect(allDiffer(date, date.toISOString(), date.getTime(), String(date))).toBe(true);
  });
  test('nested digests and texts that look like them', () => {
    const long = 'x'.repeat(2000);
    expect(allDiffer([long], [digestOf(long)], [digestBytesOf(long)])).toBe(true);
  });
});

describe('digestOf() gives one digest where other libraries give several, or fail', () => {
  test('sets and maps in any order', () => {
    expect(allAlike(new Set(['a', 'b', 'c']), new Set(['c', 'b', 'a']))).toBe(true);
    expect(
      allAlike(
        new Map<unknown, unknown>([
          [{ k: 1 }, 'a'],
          ['k', new Set([1, 2])],
        ]),
        new Map<unknown, unknown>([
          ['k', new Set([2, 1])],
          [{ k: 1 }, 'a'],
        ]),
      ),
    ).toBe(true);
  });
  test('lists that hold themselves', () => {
    const cycle = (): unknown[] => {
      const list: unknown[] = [1];
      list.push({ list });
      return list;
    };
    expect(allAlike(cycle(), cycle())).toBe(true);
    expect(allDiffer(cycle(), [1, { list: [1] }])).toBe(true);
  });
  test('generators are refused, and not consumed', () => {
    function* numbers(): Generator<number> {
      yield 1;
    }
    const generator = numbers();
    expect(refusal([generator], 'args').message).toBe(
      'Cannot digest args[0] as it is an iterator, which reading would use up\n  give a list of what it yields',
    );
    expect(generator.next().value).toBe(1);
    expect(refusal([1].values()).message).toContain('which reading would use up');
  });
});

describe('digestOf() tells apart', () => {
  test('undefined, null, a hole, and no member', () => {
    expect(
      allDiffer(undefined, null, [], [undefined], new Array(1), [null], {}, { a: undefined }, { a: null }),
    ).toBe(true);
    expect(allDiffer(new Array(3), holed(3, [1]), holed(3, [0]), new Array(2))).toBe(true);
  });
  test('halves of surrogate pairs from each other, and from what UTF-8 makes of them', () => {
    expect(allDiffer('\ud800', '\udc00', '\ufffd', '\ud800\udc00', 'a\ud800', '\ud800a')).toBe(true);
  });
  test('texts that differ only in how letters are composed', () => {
    expect(allDiffer('\u00e9', 'e\u0301')).toBe(true);
  });
  test('where texts end', () => {
    expect(allDiffer(['ab', 'c'], ['a', 'bc'], ['abc', ''], ['abc'])).toBe(true);
    expect(allDiffer({ ab: 'c' }, { a: 'bc' })).toBe(true);
  });
  test('how data is nested', () => {
    expect(allDiffer([1, 2, 3], [[1, 2], 3], [1, [2, 3]], [[1, 2, 3]], [[1], [2], [3]])).toBe(true);
  });
  test('lists, records that look like them, sets, maps and typed arrays', () => {
    const parts = [1, 2];
    const list = [parts, { 0: 1, 1: 2 }, { 0: 1, 1: 2, length: 2 }, new Set(parts), new Map([[1, 2]])];
    expect(allDiffer(...list, Uint8Array.from(parts), Float64Array.from(parts))).toBe(true);
  });
  test('typed arrays of other classes with the same bytes', () => {
    const { buffer } = new Uint8Array(8);
    const classes: readonly (new (memory: ArrayBuffer) => ArrayBufferView)[] = [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      DataView,
      ...Object.getOwnPropertyNames(globalThis) // Not in Node.js 22.
        .filter((name) => name === 'Float16Array')
        .map((name) => globalThis[name as never] as never),
    ];
    const views = classes.map((Class) => new Class(buffer));
    expect(allDiffer(...views, Buffer.from(buffer), buffer, new SharedArrayBuffer(8), 'A'.repeat(8))).toBe(
      true,
    );
  });
  test('the order of elements, of bytes, and of keys and values', () => {
    expect(allDiffer([1, 2], [2, 1])).toBe(true);
    expect(allDiffer(new Map([[1, 2]]), new Map([[2, 1]]))).toBe(true);
    expect(allDiffer(new Set([1, 2]), new Set([1]), new Set([[1, 2]]))).toBe(true);
    expect(
      allDiffer(
        new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
        new Map([
          [1, 'b'],
          [2, 'a'],
        ]),
      ),
    ).toBe(true);
  });
  test('how many members of a set are equal', () => {
    expect(allDiffer(new Set([{}]), new Set([{}, {}]), new Set([{}, {}, {}]))).toBe(true);
  });
  test('dates, and dates that are none', () => {
    expect(allDiffer(new Date(0), new Date(1), new Date(Number.NaN), 0, new Date(0).toISOString())).toBe(
      true,
    );
  });
  test('regular expressions by source, flags, and where they stand', () => {
    const used = /a/g;
    used.test('a');
    expect(allDiffer(/a/, /b/, /a/g, /a/i, used, '/a/')).toBe(true);
  });
  test('errors by class, message, cause, code and members', () => {
    const coded = Object.assign(new Error('a'), { code: 'E' });
    expect(
      allDiffer(
        new Error('a'),
        new Error('b'),
        new TypeError('a'),
        coded,
        new Error('a', { cause: undefined }),
        new Error('a', { cause: 1 }),
        new Error('a', { cause: new Error('a') }),
        new AggregateError([1], 'a'),
        new AggregateError([2], 'a'),
        new DOMException('a'),
        new DOMException('a', 'AbortError'),
        { name: 'Error', message: 'a' },
      ),
    ).toBe(true);
    expect(allAlike(new Error('a'), new Error('a'))).toBe(true);
  });
  test("members named '__proto__', 'constructor' and 'length' from none", () => {
    expect(allDiffer({}, JSON.parse('{"__proto__":{}}'), { constructor: 1 }, { length: 0 })).toBe(true);
    expect(allDiffer(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}'))).toBe(true);
  });
  test('lists with named members, such as matches of a regular expression', () => {
    const match = 'abc'.match(/b/);
    expect(allDiffer(['b'], match, 'xbc'.match(/b/))).toBe(true);
    const long = Array.from({ length: 1000 }, (_, i) => i);
    expect(allDiffer(long, Object.assign([...long], { columns: ['a'] }))).toBe(true);
    expect(allAlike(Object.assign([1], { a: 1, b: 2 }), Object.assign([1], { b: 2, a: 1 }))).toBe(true);
  });
  test('a buffer that can grow from one that cannot', () => {
    const room = { maxByteLength: 16 };
    expect(
      allDiffer(
        new ArrayBuffer(8),
        new ArrayBuffer(8, room),
        new ArrayBuffer(8, { maxByteLength: 17 }),
        new SharedArrayBuffer(8),
        new SharedArrayBuffer(8, room),
      ),
    ).toBe(true);
  });
  test('the bits of NaN in typed arrays, as their bytes can be read', () => {
    const bits = (high: number): Float64Array => new Float64Array(Uint32Array.of(0, high).buffer);
    expect(allDiffer(bits(0x7ff80000), bits(0xfff80000))).toBe(true);
    expect(allAlike(bits(0x7ff80000)[0], bits(0xfff80000)[0], Number.NaN)).toBe(true);
  });
});

describe('digestOf() takes for one', () => {
  test('records in any order of their members, and without a prototype', () => {
    expect(allAlike({ a: 1, b: 2, 10: 3, 9: 4 }, { 9: 4, 10: 3, b: 2, a: 1 })).toBe(true);
    expect(allAlike({ a: 1 }, Object.assign(Object.create(null), { a: 1 }))).toBe(true);
  });
  test('views with the same content, whatever else is in their buffers', () => {
    const buffer = Uint8Array.from([9, 1, 2, 3, 9]).buffer;
    expect(allAlike(new Uint8Array(buffer, 1, 3), Uint8Array.from([1, 2, 3]))).toBe(true);
    expect(allAlike(Buffer.from(buffer, 1, 3), Buffer.from([1, 2, 3]))).toBe(true);
    expect(allAlike(new DataView(buffer, 1, 3), new DataView(Uint8Array.from([1, 2, 3]).buffer))).toBe(true);
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set([1, 2, 3]);
    expect(allAlike(shared, Uint8Array.from([1, 2, 3]))).toBe(true);
  });
  test('objects shared and copied', () => {
    const part = { a: 1 };
    expect(allAlike([part, part], [{ a: 1 }, { a: 1 }])).toBe(true);
    const long = { a: 'x'.repeat(2000) };
    expect(allAlike([long, long], [{ ...long }, { ...long }], [long, { ...long }])).toBe(true);
  });
  test('what getters give, and what is given', () => {
    expect(
      allAlike(
        { a: 1 },
        {
          get a() {
            return 1;
          },
        },
      ),
    ).toBe(true);
  });
  test.each([
    ['({ a: [1, , 2] })', { a: holed(3, [0, 2], [1, undefined, 2]) }],
    ['new Map([[1, new Set([2])]])', new Map([[1, new Set([2])]])],
    ['new Date(5)', new Date(5)],
    ['/a/g', /a/g],
    ['new Float64Array([1])', new Float64Array([1])],
    ['new ArrayBuffer(3)', new ArrayBuffer(3)],
    ['new TypeError("a")', new TypeError('a')],
    ['new Number(3)', Object(3)],
  ])('values of another realm and of this one: %s', (text, here) => {
    expect(digestOf(runInContext(text, createContext({})))).toBe(digestOf(here));
  });
  test('proxies and what they show', () => {
    expect(allAlike({ a: [1] }, new Proxy({ a: [1] }, {}), { a: new Proxy([1], {}) })).toBe(true);
  });
  test('an object before and after its digest was asked for', () => {
    const value = { list: [1, 2, { a: new Map([[1, 2]]) }] };
    const before = structuredClone(value);
    digestOf(value);
    expect(value).toEqual(before);
    expect(digestOf(value)).toBe(digestOf(value));
  });
});

describe('digestOf() of an instance of a class', () => {
  class Plain {
    readonly a = 1;
  }
  class Secret {
    readonly #key: number;
    constructor(key: number) {
      this.#key = key;
    }
    get key(): number {
      return this.#key;
    }
  }
  class Told extends Secret {
    [digestSymbol](): DigestStandIn {
      return { kind: 'test/Told', parts: { key: this.key } };
    }
  }

  test('is refused, as private fields cannot be seen', () => {
    expect(refusal({ model: new Secret(1) }, 'args').message).toBe(
      `Cannot digest args.model as it is an instance of class 'Secret', whose private fields cannot be seen
  give the class a method [Symbol.for('heddle.digest')]() { return { kind, parts }; }, or register it with codecs() and give these to openCache, or pass plain data`,
    );
    expect(refusal([new Plain()]).path).toBe('value[0]');
    expect(refusal(new (class Numbers extends Array {})()).path).toBe('value');
    expect(refusal(new (class Table extends Map {})()).path).toBe('value');
    expect(refusal(new (class Vector extends Float64Array {})(2)).path).toBe('value');
    expect(refusal(new (class OwnError extends Error {})('a')).path).toBe('value');
    expect(refusal(Object.create({ inherited: 1 })).path).toBe('value');
    expect(refusal(new URL('a:b')).path).toBe('value');
  });

  test('is that of what its method gives', () => {
    expect(allAlike(new Told(1), new Told(1))).toBe(true);
    expect(allDiffer(new Told(1), new Told(2), { key: 1 }, ['test/Told', { key: 1 }])).toBe(true);
  });

  test('is refused if its class only inherits the method', () => {
    class More extends Told {
      readonly more = 1;
    }
    expect(refusal(new More(1)).message).toBe(
      `Cannot digest value as its class 'More' inherits its digest, and what it adds would be missed
  define [Symbol.for('heddle.digest')]() in class 'More' too`,
    );
  });

  test('is refused if the method gives no kind', () => {
    for (const given of [undefined, 1, {}, { kind: '', parts: 1 }, { kind: 'a' }, { parts: 1 }, []]) {
      const Wrong = class Wrong {
        [digestSymbol](): unknown {
          return given;
        }
      };
      expect(refusal([new Wrong()]).message).toContain('must give { kind, parts }: received');
    }
  });

  test('names the way into the parts', () => {
    class Holder {
      [digestSymbol](): DigestStandIn {
        return { kind: 'test/Holder', parts: [1, { fn: () => 1 }] };
      }
    }
    expect(refusal({ a: new Holder() }).path).toBe('value.a<test/Holder>[1].fn');
  });

  test('may close a cycle', () => {
    class Tree {
      readonly children: Tree[] = [];
      [digestSymbol](): DigestStandIn {
        return { kind: 'test/Tree', parts: this.children };
      }
    }
    const tree = new Tree();
    tree.children.push(tree);
    expect(digestOf(tree)).toBe(slowDigest(tree));
  });

  test('is that of what a codec gives, the first that matches', () => {
    const codec = {
      kind: 'test/Secret',
      matches: (value: object) => value instanceof Secret,
      parts: (value: Secret) => value.key,
    };
    const digest = digestOf([new Secret(1)], { codecs: [codec] });
    expect(digestOf([new Secret(1)], { codecs: [codec, { ...codec, kind: 'other' }] })).toBe(digest);
    expect(digestOf([new Secret(2)], { codecs: [codec] })).not.toBe(digest);
    expect(digestOf([new Secret(1)], { codecs: [{ ...codec, kind: 'other' }] })).not.toBe(digest);
    expect(refusal(new Secret(1)).path).toBe('value');
    expect(() => digestOf(1, { codec } as object)).toThrow(
      "there is no option 'codec'\n  'codecs' was probably meant",
    );
  });

  test('may ask for digests itself', () => {
    class Nested {
      [digestSymbol](): DigestStandIn {
        return { kind: 'test/Nested', parts: digestOf(['x'.repeat(5000), { a: 1 }]) };
      }
    }
    const outer = ['before', new Nested(), 'after'];
    expect(digestOf(outer)).toBe(slowDigest(outer));
    expect(digestOf(outer)).toBe(slowDigest(outer));
  });
});

const { add } = tasks(import.meta, { add: (a: number, b: number) => a + b });
const versioned = tasks(import.meta, { add2: task((a: number) => a, { version: 2 }) });

describe('digestOf() of values of heddle', () => {
  test('tells tasks by module, name and version', () => {
    expect(allAlike(add, add)).toBe(true);
    expect(allDiffer(add, versioned.add2, 'add')).toBe(true);
  });
  test('refuses tasks without a module, and delayed values', () => {
    expect(refusal([task((x: number) => x)]).message).toBe(
      'Cannot digest value[0] as it is a task that no module gives a name to\n  define it in a block tasks(import.meta, { … })',
    );
    expect(refusal({ x: delay(3) }).message).toBe(
      'Cannot digest value.x as it is a delayed value, which is not computed yet\n  run it, and give its value',
    );
  });
  test('tells failures and errors by what they hold', () => {
    const failure = (error: unknown): Failure =>
      new Failure({ task: 'a', place: undefined, reason: 'threw', error });
    expect(allAlike(failure(new Error('a')), failure(new Error('a')))).toBe(true);
    expect(allDiffer(failure(new Error('a')), failure(new Error('b')), failure(undefined))).toBe(true);
    expect(
      allDiffer(
        new HeddleError('A', 'a'),
        new HeddleError('B', 'a'),
        new HeddleError('A', 'b'),
        new HeddleError('A', 'a', { cause: 1 }),
        new HeddleError('A', 'a', { cause: undefined }),
      ),
    ).toBe(true);
  });
});

describe('digestOf() refuses, with the way to it,', () => {
  const moved = new ArrayBuffer(8);
  structuredClone(moved, { transfer: [moved] });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const cases: readonly (readonly [name: string, value: unknown, path: string, message: string])[] = [
    ['a function', [{ model: { fn: () => 1 } }], 'args[0].model.fn', 'it is a function, and what it does'],
    ['a class', [class A {}], 'args[0]', 'it is a function'],
    ['a symbol', [Symbol('a')], 'args[0]', 'it is a symbol: received Symbol(a)'],
    ['a symbol that is shared', { a: Symbol.for('a') }, 'args.a', 'it is a symbol'],
    ['a boxed symbol', [Object(Symbol('a'))], 'args[0]', "an instance of class 'Symbol'"],
    ['a member under a symbol', [{ [Symbol('a')]: 1 }], 'args[0]', 'a member under a symbol'],
    ['a promise', { 'a-b': [Promise.resolve(1)] }, 'args["a-b"][0]', 'it is a promise\n  wait for it'],
    ['a WeakMap', [new WeakMap()], 'args[0]', 'cannot be listed: received WeakMap'],
    ['a WeakRef', [new WeakRef({})], 'args[0]', 'cannot be listed'],
    [
      'a key of a map',
      new Map([
        [1, 2],
        [() => 1, 2],
      ] as never),
      'args<key 1>',
      'it is a function',
    ],
    ['a value in a map', new Map([['k', () => 1]]), "args<value of 'k'>", 'it is a function'],
    ['a member of a set', new Set([1, () => 1]), 'args<member 1>', 'it is a function'],
    ['a cause', new Error('a', { cause: () => 1 }), 'args.cause', 'it is a function'],
    ['a named member of a list', Object.assign([1], { a: () => 1 }), 'args.a', 'it is a function'],
    ['a member put on a map', [Object.assign(new Map(), { a: 1 })], 'args[0]', "a member 'a' besides"],
    ['a member put on a date', [Object.assign(new Date(0), { a: 1 })], 'args[0]', "a member 'a' besides"],
    [
      'a member put on bytes',
      [Object.assign(new Uint8Array(2), { a: 1 })],
      'args[0]',
      "a member 'a' besides",
    ],
    [
      'one put on many bytes',
      [Object.assign(new Uint8Array(500), { a: 1 })],
      'args[0]',
      "a member 'a' besides",
    ],
    [
      'a member put on a buffer',
      [Object.assign(new ArrayBuffer(2), { a: 1 })],
      'args[0]',
      "a member 'a' besides",
    ],
    [
      'a member put on a boxed text',
      [Object.assign(Object('ab'), { a: 1 })],
      'args[0]',
      "a member 'a' besides",
    ],
    ['memory that was moved away', [moved], 'args[0]', 'its memory was moved away'],
    [
      'a getter that throws',
      {
        a: {
          get b() {
            throw new RangeError('no');
          },
        },
      },
      'args.a.b',
      'reading it failed: no',
    ],
    ['a revoked proxy', [1, revoked.proxy], 'args[1]', 'reading it failed'],
    [
      'a proxy that throws',
      [
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no keys');
            },
          },
        ),
      ],
      'args[0]',
      'no keys',
    ],
    ['a proxy of a map', [new Proxy(new Map(), {})], 'args[0]', 'reading it failed'],
    [
      'a list of no length',
      [new Proxy([], { get: () => Number.POSITIVE_INFINITY })],
      'args[0]',
      'its length is none',
    ],
    ['what only looks like a map', [Object.create(Map.prototype)], 'args[0]', 'reading it failed'],
    ['what only looks like a date', [Object.create(Date.prototype)], 'args[0]', 'reading it failed'],
    ['what only looks like a list', [Object.create(Array.prototype)], 'args[0]', 'an instance of class'],
    ['what only looks like bytes', [Object.create(Uint8Array.prototype)], 'args[0]', 'reading it failed'],
    [
      'bytes under a false prototype',
      [Object.setPrototypeOf(new Int8Array(1), Uint8Array.prototype)],
      'args[0]',
      'reading it failed',
    ],
  ];
  test.each(cases)('%s', (_, value, path, message) => {
    const error = refusal(value, 'args');
    expect(error.path).toBe(path);
    expect(error.message).toContain(`Cannot digest ${path} as `);
    expect(error.message).toContain(message);
    expect(error.code).toBe('HEDDLE_NOT_DIGESTIBLE');
  });

  test('views whose memory was moved away after they were made', () => {
    const view = new Float64Array(4);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    expect(refusal([view]).message).toContain('its memory was moved away');
  });

  test('and keeps what was thrown as the cause', () => {
    const thrown = new Error('no');
    const value = {
      get a(): never {
        throw thrown;
      },
    };
    expect(refusal(value).cause).toBe(thrown);
  });

  test('and works as before afterwards', () => {
    const value = [{ a: 'x'.repeat(3000) }, [[]]];
    const before = digestOf(value);
    expect(() => digestOf([value, [[{ fn: () => 1 }]]])).toThrow(NotDigestibleError);
    expect(digestOf(value)).toBe(before);
  });
});

describe('digestOf() is bounded', () => {
  test('data nested 100,000 levels deep has a digest', () => {
    const nest = (levels: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(digestOf(nest(100_000))).toBe(digestOf(nest(100_000)));
    expect(digestOf(nest(100_000))).not.toBe(digestOf(nest(100_002)));
  });
  test('data without an end is refused', () => {
    const endless = (): object =>
      new Proxy(
        {},
        {
          ownKeys: () => ['a'],
          get: endless,
          getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        },
      );
    const { message, path } = refusal(endless());
    expect(message).toContain('it is nested too deeply: received more than 200000 levels');
    expect(path.length).toBeLessThan(200);
  });
  test('what stands in many places is encoded once', () => {
    const dag = (levels: number): unknown => {
      let value: unknown = { leaf: true };
      for (let i = 0; i < levels; i++) value = [value, { a: value }];
      return value;
    };
    expect(digestOf(dag(2000))).toBe(digestOf(dag(2000)));
    expect(digestOf(dag(12))).toBe(slowDigest(dag(12)));
  });
  test('a list linked both ways has a digest', () => {
    interface Item {
      next?: Item;
      previous?: Item;
    }
    const linked = (length: number): Item => {
      let item: Item = {};
      for (let i = 1; i < length; i++) {
        const before: Item = { next: item };
        item.previous = before;
        item = before;
      }
      return item;
    };
    expect(digestOf(linked(50_000))).toBe(digestOf(linked(50_000)));
    expect(digestOf(linked(300))).toBe(slowDigest(linked(300)));
  });
  test('what holds cycles is encoded once, if it stands in many places', () => {
    interface Tree {
      readonly parent: Tree | undefined;
      readonly children: Tree[];
    }
    const treeOf = (depth: number, parent?: Tree): Tree => {
      const tree: Tree = { parent, children: [] };
      if (depth > 0) for (let i = 0; i < 4; i++) tree.children.push(treeOf(depth - 1, tree));
      return tree;
    };
    const tree = treeOf(6);
    const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, tree }));
    expect(digestOf(rows)).toBe(digestOf(structuredClone(rows)));
  });
  test('cycles through which millions of ways lead are refused', () => {
    const nodes: { near: unknown[] }[] = Array.from({ length: 30 }, () => ({ near: [] }));
    for (const node of nodes) node.near.push(...nodes);
    expect(refusal(nodes).message).toContain('too many ways lead through the cycles in it');
  });
  test('holes cost nothing', () => {
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    sparse[5] = 'a';
    sparse[4_000_000_000] = 'b';
    const same: unknown[] = [];
    same[4_000_000_000] = 'b';
    same[5] = 'a';
    same.length = 2 ** 32 - 1;
    expect(digestOf(sparse)).toBe(digestOf(same));
    same.length--;
    expect(digestOf(sparse)).not.toBe(digestOf(same));
  });
  test('holes are as long as they are, whatever else the list has', () => {
    const sparse = Object.assign(holed(5000, [3, 4000], { 3: 'a', 4000: 'b' } as never), {
      '1e3': 1,
      '-1': 2,
    });
    Object.defineProperty(sparse, Symbol('hidden'), { value: 1 });
    expect(digestOf(sparse)).toBe(slowDigest(sparse));
  });
  test('a list that shrinks while it is read has holes', () => {
    const list: unknown[] = [0, 1, 2];
    Object.defineProperty(list, 0, {
      enumerable: true,
      get: () => {
        list.length = 2;
        return 0;
      },
    });
    expect(digestOf(list)).toBe(digestOf(holed(3, [0, 1], [0, 1])));
  });
});

describe('digestOf() gives the same, whole or in parts, of', () => {
  const sizes = [
    0, 1, 39, 40, 41, 127, 128, 1020, 1021, 1022, 1023, 1024, 1025, 2040, 2048, 16_382, 16_383, 16_384,
    16_385, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 200_000,
  ];
  test.each(sizes)('texts, bytes, numbers and records of %i', (size) => {
    const bytes = Buffer.alloc(size, 'heddle');
    const text = bytes.toString('latin1');
    const values: unknown[] = [text, 'é'.repeat(size / 2), `\ud800${text}`, bytes, new Uint8Array(bytes)];
    if (size <= 70_000) values.push([...bytes.subarray(0, size / 4)], BigInt(`0x1${'7'.repeat(size)}`));
    for (const value of values) {
      expect(digestOf(value)).toBe(slowDigest(value));
      expect(digestOf([value, 1])).toBe(slowDigest([value, 1]));
      expect(digestOf({ [text.slice(0, 3000)]: new Map([[value, value]]) })).toBe(
        slowDigest({ [text.slice(0, 3000)]: new Map([[value, value]]) }),
      );
    }
  });

  test('lists and records of many short members, and lists in lists', () => {
    for (const count of [100, 113, 114, 115, 3640, 3641, 3642, 8000]) {
      const numbers = Array.from({ length: count }, (_, i) => i);
      const record = Object.fromEntries(numbers.map((i) => [`k${i}`, i]));
      const value = [numbers, numbers, record, [[...numbers, [numbers]]], new Set(numbers)];
      expect(digestOf(value)).toBe(slowDigest(value));
      expect(digestOf(record)).toBe(slowDigest(record));
    }
  });

  test('a long typed array: SHA-256 of a head and its bytes', () => {
    const array = new Float64Array(100_000).map((_, i) => Math.sqrt(i));
    const head = Buffer.from([...Buffer.from('heddle'), 1, 0x12, ...Buffer.from('Td'), 0x80, 0xea, 0x30]);
    const expected = createHash('sha256').update(head).update(array).digest('hex');
    expect(digestOf(array)).toBe(expected);
    expect(digestOf(array.subarray(0))).toBe(expected);
  });
});

describe('littleEndian()', () => {
  test('turns elements around, in a copy', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...littleEndian(bytes, 1)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...littleEndian(bytes, 2)]).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
    expect([...littleEndian(bytes, 4)]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    expect([...littleEndian(bytes, 8)]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(bytes[0]).toBe(1);
  });
  test('is not needed here: bytes are digested where they lie', () => {
    const array = Uint16Array.of(1, 2);
    expect(bytesOfView(array, 'Uint16Array').bytes.buffer).toBe(array.buffer);
  });
});
