/** Tables of Arrow: across to workers, as text, as digests, as plain columns, and as bytes that may be anything. */

import {
  Dictionary,
  Field,
  Int32,
  List,
  makeVector,
  Table,
  TimestampNanosecond,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromArrow, toArrow } from '../../src/codec/arrow/arrow-columns.ts';
import { arrowCodecs } from '../../src/codecs-arrow.ts';
import {
  codecs,
  DecodeError,
  digestOf,
  fromJSON,
  openCache,
  run,
  task,
  tasks,
  toJSON,
} from '../../src/index.ts';
import { build } from '../../tools/build.ts';
import { ProgramFolder } from '../fixtures/run-program.ts';
import { firstOf, isTable, sameTable, totalOf } from '../fixtures/tasks/arrow.ts';

/** Starting workers takes a while on a busy machine. */
const limitMs = 30_000;

let computed = 0;
const { doubled } = tasks(import.meta, {
  doubled: task(
    (one: Table): Table => {
      computed++;
      return one.concat(one);
    },
    { version: 1 },
  ),
});

const table = new Table({
  x: makeVector(Float64Array.of(1, 2, 3.5)),
  city: vectorFromArray(['Bern', null, 'Genève'], new Utf8()),
  kind: vectorFromArray(['a', 'b', 'a'], new Dictionary(new Utf8(), new Int32())),
  parts: vectorFromArray([[1, 2], [], null], new List(new Field('item', new Int32()))),
});

/** What can be read of a table. */
function rowsOf(one: Table): string {
  return `${String(one.schema)}\n${one.toArray().join('\n')}`;
}

const digest = (value: unknown): string => digestOf(value, { codecs: arrowCodecs });

describe('arrowCodecs', { timeout: limitMs }, () => {
  test.for(['threads', 'processes'] as const)('let tables cross to %s and back', async (kind) => {
    const options = { [kind]: 1, codecs: arrowCodecs };
    expect(await run(totalOf(table), options)).toBe(6.5);
    expect(await run(isTable(table), options)).toBe(true);
    const back = await run(sameTable(table), options);
    expect(back).toBeInstanceOf(Table);
    expect(rowsOf(back)).toBe(rowsOf(table));
  });

  test('let vectors cross', async () => {
    const vector = vectorFromArray(['first', 'second'], new Utf8());
    expect(await run(firstOf(vector), { threads: 1, codecs: arrowCodecs })).toBe('first');
  });

  test('are added to others', () => {
    class Point {
      x = 1;
    }
    const both = codecs()
      .register(Point, { encode: ({ x }) => x, decode: () => new Point() })
      .extend(arrowCodecs);
    const back = fromJSON(toJSON({ table, point: new Point() }, { codecs: both }), { codecs: both }) as {
      readonly table: Table;
      readonly point: Point;
    };
    expect(rowsOf(back.table)).toBe(rowsOf(table));
    expect(back.point).toBeInstanceOf(Point);
  });

  test('give columns that are views of what came', () => {
    const big = tableFromArrays({ x: new Float64Array(1000) });
    const bytes = tableToIPC(big, 'stream');
    const back = arrowCodecs.named('arrow.Table')?.codec.decode(bytes as never) as Table;
    expect(back.getChild('x')?.data[0]?.values.buffer).toBe(bytes.buffer);
  });

  test('let results be remembered', async () => {
    const cache = await openCache(':memory:', { codecs: arrowCodecs });
    computed = 0;
    const options = { cache, cacheAll: true, codecs: arrowCodecs };
    const first = await run(doubled(table), options);
    const again = await run(doubled(tableFromIPC(tableToIPC(table))), options);
    expect(rowsOf(again)).toBe(rowsOf(first));
    expect(computed).toBe(1);
    await cache.close();
  });
});

describe('digestOf()', () => {
  test('is the same for equal tables, whatever their batches', () => {
    const ints = (...chunks: readonly number[][]): Table =>
      chunks
        .map((chunk) => new Table({ x: makeVector(Int32Array.from(chunk)) }))
        .reduce((a, b) => a.concat(b));
    expect(digest(ints([1, 2], [3]))).toBe(digest(ints([1], [2, 3])));
    expect(digest(ints([9, 1, 2, 3, 9]).slice(1, 4))).toBe(digest(ints([1, 2, 3])));
    expect(digest(ints([1, 2, 3]))).not.toBe(digest(ints([1, 2, 4])));
    expect(digest(table.slice(0, 1).concat(table.slice(1)))).toBe(digest(table));
    expect(digest(tableFromIPC(tableToIPC(table)))).toBe(digest(table));
  });

  test('takes dictionaries for what they stand for', () => {
    const type = (): Dictionary<Utf8, Int32> => new Dictionary(new Utf8(), new Int32(), 7);
    const one = vectorFromArray(['a', 'b', 'a'], type());
    const other = vectorFromArray(['b', 'a', 'b', 'a'], type()).slice(1);
    expect(other.toArray()).toEqual(['a', 'b', 'a']);
    const last = vectorFromArray(['a', 'b', 'b'], type());
    expect(digest(one)).not.toBe(digest(last));
    expect(digest(vectorFromArray(['b', 'a', 'b', 'a'], type()).slice(1, 4))).toBe(digest(one));
  });

  test('tells types, names, nulls and nanoseconds apart', () => {
    const stamps = (last: bigint): Table =>
      new Table({ t: makeVector({ type: new TimestampNanosecond(), data: BigInt64Array.of(0n, last) }) });
    const different = [
      stamps(1n),
      stamps(2n),
      tableFromArrays({ x: Int32Array.of(1) }),
      tableFromArrays({ y: Int32Array.of(1) }),
      tableFromArrays({ x: Float32Array.of(1) }),
      new Table({ x: vectorFromArray([0, null], new Int32()) }),
      new Table({ x: vectorFromArray([0, 0], new Int32()) }),
      new Table({ x: vectorFromArray(['ab', 'c'], new Utf8()) }),
      new Table({ x: vectorFromArray(['a', 'bc'], new Utf8()) }),
      new Table({ x: vectorFromArray(['', null], new Utf8()) }),
      table,
    ];
    expect(new Set(different.map(digest)).size).toBe(different.length);
  });

  test('does not see what lies under nulls', () => {
    const ofData = (under: number): Table => {
      const type = new Int32();
      const nullBitmap = Uint8Array.of(1);
      return new Table({
        x: makeVector({ type, data: Int32Array.of(1, under), nullBitmap, nullCount: 1 } as never),
      });
    };
    expect(digest(ofData(5))).toBe(digest(ofData(7)));
  });
});

describe('toArrow() and fromArrow()', () => {
  const columns = {
    i8: Int8Array.of(-1, 2),
    u8: Uint8Array.of(1, 255),
    i16: Int16Array.of(-1, 2),
    u16: Uint16Array.of(1, 65535),
    i32: Int32Array.of(-1, 2),
    u32: Uint32Array.of(1, 2 ** 32 - 1),
    i64: BigInt64Array.of(-1n, 2n ** 62n),
    u64: BigUint64Array.of(1n, 2n ** 64n - 1n),
    f32: Float32Array.of(0.5, Number.NaN),
    f64: Float64Array.of(-0, 1e300),
    text: ['', 'naïve 🧵'],
    gap: ['a', undefined],
    yes: [true, false],
    maybe: [false, undefined],
    ['__proto__']: ['own', 'name'],
  };

  test.for(['stream', 'file'] as const)('keep all columns as a %s', (format) => {
    expect(fromArrow(toArrow(columns, { format }))).toEqual(columns);
  });

  test('keep tables without rows, and without columns', () => {
    expect(fromArrow(toArrow({}))).toEqual({});
    expect(fromArrow(toArrow({ x: new Float64Array(0), t: [] }))).toEqual({ x: new Float64Array(0), t: [] });
  });

  test('keep any numbers and texts', () => {
    const rows = fc.array(
      fc.tuple(fc.double(), fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined })),
    );
    fc.assert(
      fc.property(rows, (all) => {
        const given = { x: Float64Array.from(all, ([x]) => x), t: all.map(([, t]) => t) };
        expect(fromArrow(toArrow(given))).toEqual(given);
      }),
    );
  });

  test('write what apache-arrow reads', () => {
    const read = tableFromIPC(toArrow({ x: Float64Array.of(1, 2), t: ['a', undefined] }));
    expect(read.toArray().map((row) => ({ ...row }))).toEqual([
      { x: 1, t: 'a' },
      { x: 2, t: null },
    ]);
  });

  test('read several batches, dictionaries, and numbers of which some are missing', () => {
    const part = (x: number | null, kind: string): Table =>
      new Table({
        x: vectorFromArray([x], new Int32()),
        kind: vectorFromArray([kind], new Dictionary(new Utf8(), new Int32(), 3)),
      });
    const bytes = tableToIPC(part(1, 'a').concat(part(null, 'a')), 'stream');
    expect(fromArrow(bytes)).toEqual({ x: [1, undefined], kind: ['a', 'a'] });
  });

  test('refuse what is no column, naming it', () => {
    expect(() => toArrow({ x: [1] as never })).toThrow(
      "column 'x' must be a typed array of numbers, or a list of",
    );
    expect(() => toArrow({ x: [true, 'a'] as never })).toThrow(TypeError);
    expect(() => toArrow({ x: new DataView(new ArrayBuffer(1)) as never })).toThrow(TypeError);
    expect(() => toArrow({ x: ['a'], y: ['a', 'b'] })).toThrow(
      "all columns must have 1 rows: received 2 in 'y'",
    );
    expect(() => toArrow({ x: ['\ud800'] })).toThrow('not well-formed Unicode');
    expect(() => fromArrow(tableToIPC(table))).toThrow("column 'parts' is of type List<");
  });
});

describe('bytes that are no table', () => {
  const good = [
    Buffer.from(tableToIPC(table, 'stream')),
    Buffer.from(tableToIPC(table, 'file')),
    Buffer.from(toArrow({ x: Float64Array.of(1, 2, 3), t: ['a', 'bc', undefined] })),
  ];
  const decode = (bytes: Uint8Array): Table =>
    arrowCodecs.named('arrow.Table')?.codec.decode(bytes as never) as Table;

  test('are refused with a DecodeError, wherever they are cut off', () => {
    for (const bytes of good) {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decode(bytes.subarray(0, length))).toThrow(DecodeError);
      }
    }
    expect(() => decode('text' as never)).toThrow(DecodeError);
    expect(() => decode(new Uint8Array(100))).toThrow(DecodeError);
  });

  test('are refused with a DecodeError, or read as some table, whichever byte is changed', {
    timeout: limitMs,
  }, () => {
    const bytes = fc.constantFrom(...good);
    const endOf = (changed: Uint8Array): unknown => {
      try {
        return fromArrow(changed);
      } catch (error) {
        return error;
      }
    };
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, by) => {
        const changed = new Uint8Array(one);
        changed[at % one.length] = (changed[at % one.length] ?? 0) ^ by;
        const end = endOf(changed);
        expect(end instanceof Error ? end.name : 'read').toMatch(/^(?:DecodeError|read)$/);
      }),
      { numRuns: 500 },
    );
  });
});

test('without apache-arrow, what needs it says how to install it; all else goes on', {
  timeout: limitMs,
}, async () => {
  expect(build().built).toBe(true);
  using folder = new ProgramFolder({
    'main.js': `
      import { codecs, toJSON } from 'heddle';
      import { arrowCodecs, toArrow } from 'heddle/codecs/arrow';
      console.log(toJSON([1], { codecs: codecs().extend(arrowCodecs) }));
      try { toArrow({ x: ['a'] }); } catch (error) { console.log(error.code, error.message); }
    `,
    // As if it were nowhere.
    'hide.js': `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve(specifier, context, next) {
        if (specifier !== 'apache-arrow') return next(specifier, context);
        throw Object.assign(new Error("Cannot find package 'apache-arrow'"), { code: 'ERR_MODULE_NOT_FOUND' });
      } });
    `,
  });
  const { stdout, stderr } = await folder.run('main.js', { execArgv: ['--import', './hide.js'] });
  expect(stderr).toBe('');
  expect(stdout).toBe(
    '{"heddle":1,"value":[1]}\n' +
      "HEDDLE_MISSING_PACKAGE Cannot write Arrow as the package 'apache-arrow' is not installed\n  npm install apache-arrow\n",
  );
});
