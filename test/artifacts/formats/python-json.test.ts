/** JSON as Python reads and writes it: what is not changed comes out byte by byte. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromPythonJson,
  PythonFloat,
  type PythonJson,
  parsePythonJson,
  printPythonJson,
  pythonFloatText,
  toPythonJson,
} from '../../../src/artifacts/formats/python-json.ts';
import { DecodeError } from '../../../src/codec/decode-error.ts';

/** Laid out as lazyscribe does it. */
const pretty = { indent: 4, sortKeys: true };

describe('parsePythonJson()', () => {
  test.each([
    '1.0',
    '-0.0',
    '1e-07',
    '1e+16',
    '100000000000000000',
    '-9007199254740993',
    '0.1',
    '1.50',
    '1E5',
    '1e400',
  ])('keeps the token %s', (token) => {
    expect(printPythonJson(parsePythonJson(token))).toBe(token);
  });

  test('gives numbers where numbers are exact, else what keeps them', () => {
    expect(parsePythonJson('[1, 0.5, 1e-07, 9007199254740991, -0]')).toEqual([
      1, 0.5, 1e-7, 9007199254740991, 0,
    ]);
    expect(parsePythonJson('9007199254740993')).toBe(9007199254740993n);
    expect(parsePythonJson('1.0')).toEqual(new PythonFloat(1));
    expect(Number(parsePythonJson('1.50'))).toBe(1.5);
    expect(fromPythonJson(parsePythonJson('{"a": [1.0, 18014398509481985]}'))).toEqual({
      a: [1, 18014398509481985n],
    });
  });

  test('reads the bare NaN and infinities of Python', () => {
    expect(parsePythonJson('[NaN, Infinity, -Infinity]')).toEqual([Number.NaN, Infinity, -Infinity]);
  });

  test('takes a member called __proto__ for a member', () => {
    const json = parsePythonJson('{"__proto__": {"polluted": true}, "constructor": 1}') as Record<
      string,
      unknown
    >;
    expect(Object.keys(json)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
    expect((json as { readonly polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(fromPythonJson(json as PythonJson) as object)).toEqual(['__proto__', 'constructor']);
    expect(printPythonJson(json as PythonJson)).toBe('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(Object.keys(toPythonJson(json, 'log it') as object)).toEqual(['__proto__', 'constructor']);
  });

  test.each([
    ['{"a": 1,}', "a name in '\"' is missing at line 1, column 9"],
    ['[1, 2\n 3]', "a ',' or ']' is missing at line 2, column 2"],
    ['', 'a value is missing at line 1, column 1: received the end'],
    ['{\n  "a": nul\n}', 'a value is missing at line 2, column 8'],
    ['"ab', 'a string has no end at line 1, column 1'],
    ['"a\nb"', 'a string has a control character at line 1, column 3'],
    ['"\\x"', 'a string has an escape that is none'],
    ['{"a" 1}', "a ':' is missing"],
    ['[1] [', 'there is more after its end at line 1, column 5'],
    ['01', 'there is more after its end'],
    ['+1', 'a value is missing'],
    ['-NaN', 'a value is missing'],
    ['.5', 'a value is missing'],
    ['\ufeff1', 'a value is missing'],
    ["{'a': 1}", "a name in '\"' is missing"],
  ])('refuses %j and tells where', (text, message) => {
    expect(() => parsePythonJson(text, 'project.json')).toThrow(DecodeError);
    expect(() => parsePythonJson(text, 'project.json')).toThrow(`Cannot read project.json as ${message}`);
  });

  test('refuses what is nested too deep, without an overflow', () => {
    expect(() => parsePythonJson('['.repeat(1e5))).toThrow(/nested more than 500 levels deep/);
    const deep = '['.repeat(500) + ']'.repeat(500);
    expect(printPythonJson(parsePythonJson(deep))).toBe(deep);
  });

  test('reads and refuses what JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '{', ']', '1', '\\', ' '),
        (json, at, put) => {
          const text =
            put === ''
              ? json
              : json.slice(0, at % (json.length + 1)) + put + json.slice(at % (json.length + 1));
          let expected: unknown;
          try {
            expected = JSON.parse(text, withoutMinusZero);
          } catch {
            assert.throws(() => parsePythonJson(text), DecodeError);
            return;
          }
          assert.deepEqual(JSON.parse(printPythonJson(parsePythonJson(text)), withoutMinusZero), expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

/** To Python `-0` is an integer. */
function withoutMinusZero(_: string, value: unknown): unknown {
  return Object.is(value, -0) ? 0 : value;
}

describe('printPythonJson()', () => {
  test('lays out as json.dumps does', () => {
    const json = { b: [1, [], {}], a: 'é\u2028🚀\u007f"\\\n\b', ﬀ: null, '🚀': true };
    // Printed by Python 3.11.
    expect(printPythonJson(json, pretty)).toBe(
      '{\n    "a": "\\u00e9\\u2028\\ud83d\\ude80\\u007f\\"\\\\\\n\\b",\n    "b": [\n        1,\n        [],\n        {}\n    ],\n' +
        '    "\\ufb00": null,\n    "\\ud83d\\ude80": true\n}',
    );
    expect(printPythonJson([1, { a: 1, c: false }])).toBe('[1, {"a": 1, "c": false}]');
  });

  test('writes no bare NaN, but what JSON has', () => {
    const text = printPythonJson([Number.NaN, Infinity, -Infinity, new PythonFloat(Number.NaN)]);
    expect(text).toBe('[null, 1e999, -1e999, null]');
    expect(JSON.parse(text)).toEqual([null, Infinity, -Infinity, null]);
  });

  test('gives back the very text, whatever the numbers', () => {
    const json = fc.letrec<{ readonly any: PythonJson }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => new PythonFloat(value)),
        fc.bigInt(),
        fc.boolean(),
        fc.constant(null),
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('any')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('any'), { noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(json, fc.constantFrom({}, pretty), (value, layout) => {
        const text = printPythonJson(value, layout);
        assert.equal(printPythonJson(parsePythonJson(text), layout), text);
        JSON.parse(text);
      }),
    );
  });
});

describe('pythonFloatText()', () => {
  // Printed by Python 3.11.
  test.each([
    '0.0',
    '-0.0',
    '1.0',
    '-1.0',
    '0.1',
    '1e-07',
    '1e-05',
    '0.0001',
    '0.00012345',
    '1000000000000000.0',
    '1e+16',
    '1e+17',
    '1.2345678901234568e+17',
    '1e+21',
    '1e+22',
    '1.5e+300',
    '5e-324',
    '1.7976931348623157e+308',
    '9007199254740992.0',
    '0.30000000000000004',
    '100.0',
    '123.456',
    '1e-06',
    '1.234e-06',
    '-1.989032661366619e+244',
    '6.387016158513563e-12',
  ])('writes %s as Python does', (text) => {
    expect(pythonFloatText(Number(text))).toBe(text);
  });
});

describe('toPythonJson()', () => {
  test('copies, and leaves out what is undefined', () => {
    const layers = [64, 32];
    const json = toPythonJson(
      { layers, name: undefined, whole: new PythonFloat(1), none: null, big: 2n ** 70n },
      'log',
    );
    layers.push(16);
    expect(printPythonJson(json)).toBe(
      '{"layers": [64, 32], "whole": 1.0, "none": null, "big": 1180591620717411303424}',
    );
  });

  test.each([
    [Number.NaN, 'such number: received NaN'],
    [{ a: [1, Infinity] }, 'such number: received Infinity at value.a[1]'],
    [[undefined], 'undefined: received undefined at value[0]'],
    [{ f: () => 1 }, 'functions'],
    [new Date(0), 'objects of the class Date: received 1970-01-01T00:00:00.000Z\n  use its toISOString()'],
    [{ m: new Map() }, 'objects of the class Map: received Map(0) at value.m\n  use Object.fromEntries(map)'],
    [Float64Array.of(1), 'objects of the class Float64Array'],
  ])('refuses %o', (value, message) => {
    expect(() => toPythonJson(value, "log the metric 'auc'")).toThrow(TypeError);
    expect(() => toPythonJson(value, "log the metric 'auc'")).toThrow(
      `Cannot log the metric 'auc' as JSON has no ${message}`,
    );
  });

  test('refuses circles, and what is nested too deep', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => toPythonJson(circle, 'log')).toThrow(/objects that contain themselves/);
    let deep: unknown = 1;
    for (let i = 0; i < 501; i++) deep = [deep];
    expect(() => toPythonJson(deep, 'log')).toThrow(/must not be nested more than 500 levels deep/);
  });
});
