/** Each handler of the library: what it keeps comes back, what Python wrote is read, what is wrong is told. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tableFromArrays } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { HandlerOptions } from '../../../src/artifacts/handlers/handler.ts';
import { handlersOf } from '../../../src/artifacts/handlers/handlers.ts';
import { DecodeError } from '../../../src/codec/decode-error.ts';

const limit = { timeout: 20_000 };
const handlers = handlersOf();

async function encode(alias: string, value: unknown, options?: HandlerOptions): Promise<Buffer> {
  return Buffer.from(await handlers.get(alias, 'write').encode(value, options));
}

async function decode(alias: string, bytes: Uint8Array | string, options?: HandlerOptions): Promise<unknown> {
  const given = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return await handlers.get(alias, 'read').decode(given, options);
}

async function back(alias: string, value: unknown): Promise<unknown> {
  return await decode(alias, await encode(alias, value));
}

describe('every handler', limit, () => {
  test.each([
    ['json', { a: [1, 0.5, 'é', null, true], big: 2n ** 64n, nested: { x: {} } }],
    ['text', 'two\nlines\r\n\ufeff'],
    ['bytes', Buffer.of(0, 255)],
    ['yaml', { a: [1, 0.5, 'é\u2028🚀', null, true, []], big: 2n ** 64n, nested: { x: {} } }],
    ['csv', [{ a: 'x,"y"\n', b: 'é' }]],
    ['npy', { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], fortranOrder: false }],
    ['arrow', { city: ['Bern', undefined], people: Uint32Array.of(134_000, 0) }],
    [
      'parquet',
      [{ s: 'é', n: 1.5, i: 7, b: true, big: 2n ** 62n, at: new Date(1e12), raw: Uint8Array.of(1) }],
    ],
  ])('%s gives back what it kept', async (alias, value) => {
    expect(await back(alias, value)).toEqual(value);
  });

  test.each(['json', 'text', 'yaml', 'csv'])('%s refuses what is not UTF-8', async (alias) => {
    await expect(decode(alias, Uint8Array.of(0x61, 0xff))).rejects.toThrow(DecodeError);
  });

  test.each(['json', 'yaml', 'csv', 'npy', 'arrow', 'parquet'])(
    '%s refuses what it cannot keep',
    async (alias) => {
      await expect(encode(alias, () => 1)).rejects.toThrow(TypeError);
      await expect(encode(alias, undefined)).rejects.toThrow(TypeError);
    },
  );

  test.each(['npy', 'arrow', 'parquet'])('%s refuses what is cut off', async (alias) => {
    const value = { npy: Float64Array.of(1, 2), arrow: { x: Float64Array.of(1) }, parquet: [{ x: 1 }] }[
      alias
    ];
    const bytes = await encode(alias, value);
    await expect(decode(alias, bytes.subarray(0, -3))).rejects.toThrow(DecodeError);
  });
});

describe('a damaged file', limit, () => {
  // Not of parquet, whose reader may never end on one: see its handler.
  test.each([
    ['npy', Float64Array.of(1, 2)],
    ['arrow', { city: ['Bern', undefined], people: Uint32Array.of(134_000, 0) }],
    ['csv', [{ a: 'x "y"', b: 1 }]],
    ['yaml', { a: [1, { b: 'yes' }] }],
    ['json', { a: [1.5, { b: 'é' }] }],
  ])('of %s is read as something, or refused as such', async (alias, value) => {
    const bytes = await encode(alias, value);
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const { at, to } of changes) damaged[at] = to;
        await decode(alias, damaged).catch((error: unknown) =>
          assert.ok(error instanceof DecodeError, String(error)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('json', limit, () => {
  test('lays out as it is told', async () => {
    expect((await encode('json', { b: ['é'], a: 1 })).toString()).toBe('{"b": ["\\u00e9"], "a": 1}');
    expect((await encode('json', { b: [1], a: 1 }, { indent: 2, sortKeys: true })).toString()).toBe(
      '{\n  "a": 1,\n  "b": [\n    1\n  ]\n}',
    );
    await expect(encode('json', 1, { indent: -1 })).rejects.toThrow(RangeError);
    await expect(encode('json', 1, { ident: 2 })).rejects.toThrow("'indent' was probably meant");
  });

  test('reads the NaN of Python, and does not write one', async () => {
    expect(await decode('json', '[NaN, 1]')).toEqual([Number.NaN, 1]);
    await expect(encode('json', [Number.NaN])).rejects.toThrow(
      'Cannot write JSON as JSON has no such number: received NaN at value[0]',
    );
  });
});

describe('yaml', limit, () => {
  test('writes what both versions of YAML read alike', async () => {
    const ambiguous = [
      'yes',
      'No',
      'y',
      '~',
      '',
      '12:30',
      '1_000',
      '0o17',
      '017',
      '0x1F',
      '1e3',
      '.5',
      '=',
      '<<',
      '-',
      '?',
    ];
    const value = {
      ambiguous,
      numbers: [1e-7, 1e21, -0.0, 5e-324, 0.1, 1e16],
      yes: { 'a: b': ' # no comment' },
    };
    const text = (await encode('yaml', value)).toString();
    expect(parse(text, { version: '1.1' })).toEqual(value);
    expect(parse(text, { version: '1.2' })).toEqual(value);
    // Without a point PyYAML would take it for a text.
    expect(text).toContain('- 1.0e-07\n');
  });

  test('gives back any value of JSON', async () => {
    const values = fc
      .jsonValue({ stringUnit: 'binary' })
      .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const text = (await encode('yaml', value)).toString();
        assert.match(text, /^[\n -~]*$/);
        assert.deepEqual(parse(text, { version: '1.1' }), value);
        assert.deepEqual(await decode('yaml', text), value);
      }),
    );
  });

  test('keeps names longer than a reader looks for their colon', async () => {
    const value = { [`${'n'.repeat(2_000)}:`]: [1], short: 2 };
    expect(await back('yaml', value)).toEqual(value);
  });

  test('reads what PyYAML writes', async () => {
    const text =
      'layers:\n- 64\n- 32\nlr: 0.1\nname: net\ntiny: 1.0e-07\nflag: yes\nday: 2026-01-10\nraw: !!binary |\n  aGk=\n';
    expect(await decode('yaml', text)).toEqual({
      layers: [64, 32],
      lr: 0.1,
      name: 'net',
      tiny: 1e-7,
      flag: true,
      day: new Date('2026-01-10'),
      raw: Buffer.from('hi'),
    });
  });

  test.each([
    ['a: !!python/object/apply:os.system [ls]', /Unresolved tag/],
    ['a: [', /Flow sequence/],
    ['- 1\n---\n- 2', /multiple documents/],
    [
      `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} [${`*${'abcde'[i]}, `.repeat(9)}]`).join('\n')}`,
      /alias count/i,
    ],
  ])('refuses %j', async (text, reason) => {
    await expect(decode('yaml', text)).rejects.toThrow(DecodeError);
    await expect(decode('yaml', text)).rejects.toThrow(reason);
  });

  test('takes a member called __proto__ for a member', async () => {
    const value = (await decode('yaml', '__proto__: {polluted: true}')) as object;
    expect(Object.getOwnPropertyNames(value)).toEqual(['__proto__']);
    expect((value as { readonly polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('csv', limit, () => {
  test('writes a header and the records, an empty cell where there is nothing', async () => {
    const records = [{ id: 7, name: 'Ä, "B"' }, { id: 8n, ok: false, name: undefined }, {}];
    expect((await encode('csv', records)).toString()).toBe('id,name,ok\n7,"Ä, ""B""",\n8,,false\n,,\n');
    expect((await encode('csv', [])).toString()).toBe('');
    expect(await decode('csv', '')).toEqual([]);
  });

  test('keeps a column of which cells are empty', async () => {
    expect(await back('csv', [{ a: '' }, { a: 'x' }])).toEqual([{ a: '' }, { a: 'x' }]);
  });

  test('reads texts, and types where they are told', async () => {
    // As pyarrow writes it.
    const text = '"name","zip","x","ok","big"\r\n"a","01234",0.5,true,9007199254740993\r\n"b","",inf,,\r\n';
    expect(await decode('csv', text)).toEqual([
      { name: 'a', zip: '01234', x: '0.5', ok: 'true', big: '9007199254740993' },
      { name: 'b', zip: '', x: 'inf', ok: '', big: '' },
    ]);
    expect(await decode('csv', text, { columns: { x: 'number', ok: 'boolean', big: 'bigint' } })).toEqual([
      { name: 'a', zip: '01234', x: 0.5, ok: true, big: 9007199254740993n },
      { name: 'b', zip: '', x: Infinity, ok: undefined, big: undefined },
    ]);
  });

  test.each([
    ['a,b\n1\n', {}, 'row 1 has 1 cells, not 2'],
    ['a,a\n1,2\n', {}, 'two columns have one name: a, a'],
    ['a,b\n\n1,2,3\n', {}, 'row 1 has 3 cells, not 2'],
    ['a\n"x', {}, 'Quoted field unterminated'],
    ['a\nx\n', { columns: { a: 'number' } }, "row 1 has no number in the column 'a': 'x'"],
    ['a\n1.5\n', { columns: { a: 'bigint' } }, "row 1 has no bigint in the column 'a': '1.5'"],
    ['a\nx\n', { columns: { b: 'number' } }, "there is no column 'b', but a"],
  ])('refuses %j', async (text, options, reason) => {
    await expect(decode('csv', text, options)).rejects.toThrow(DecodeError);
    await expect(decode('csv', text, options)).rejects.toThrow(
      `Cannot read CSV as it is no table: received ${reason}`,
    );
  });

  test('refuses a type that there is not, and cells that are no text', async () => {
    await expect(decode('csv', 'a\n1\n', { columns: { a: 'int' } })).rejects.toThrow(
      /must be one of string, number/,
    );
    await expect(encode('csv', [{ a: [1] }])).rejects.toThrow(/received \[1\] at value\[0\]\.a/);
  });
});

describe('npy', limit, () => {
  test('takes a typed array alone', async () => {
    expect(await back('npy', Int16Array.of(1, -1))).toEqual({
      data: Int16Array.of(1, -1),
      shape: [2],
      fortranOrder: false,
    });
  });
});

describe('arrow', limit, () => {
  test('takes a table of apache-arrow, and writes a file', async () => {
    const bytes = await encode('arrow', tableFromArrays({ x: Float64Array.of(0.5, 1.5) }));
    expect(bytes.subarray(0, 6).toString()).toBe('ARROW1');
    expect(await decode('arrow', bytes)).toEqual({ x: Float64Array.of(0.5, 1.5) });
  });
});

describe('parquet', limit, () => {
  // Written by pyarrow.
  test.each(['snappy', 'zstd', 'gzip', 'brotli'])('reads what pyarrow compressed with %s', async (name) => {
    const bytes = readFileSync(new URL(`../../fixtures/parquet/pyarrow-${name}.parquet`, import.meta.url));
    expect(await decode('parquet', bytes)).toEqual([
      { name: 'a', age: 1n, x: 0.5, ok: true, when: new Date('2026-01-10T09:30:00Z') },
      { name: undefined, age: 2n, x: 1, ok: undefined, when: undefined },
      { name: 'é🚀', age: undefined, x: 2, ok: false, when: undefined },
    ]);
  });

  test('has cells that are missing, and numbers that are not all integers', async () => {
    const records = [{ x: 1, y: undefined, z: null }, { x: 0.5 }, { y: 'b' }];
    expect(await back('parquet', records)).toEqual([
      { x: 1, y: undefined, z: undefined },
      { x: 0.5, y: undefined, z: undefined },
      { x: undefined, y: 'b', z: undefined },
    ]);
  });

  test.each([
    [[{ a: 1 }, { a: 'x' }], "received 'x' at value[1].a"],
    [[{ a: { b: 1 } }], 'received { b: 1 } at value[0].a'],
    [[{ a: 2n ** 63n }], 'bigints of 64 bits'],
    [[], 'there must be a column'],
    [{ a: [1] }, 'it must be a list of records by column'],
  ])('refuses %o', async (value, reason) => {
    await expect(encode('parquet', value)).rejects.toThrow(TypeError);
    await expect(encode('parquet', value)).rejects.toThrow(reason);
  });
});
