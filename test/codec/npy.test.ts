/** Numeric arrays as `.npy` files: as NumPy writes them, exact, and safe to read from anywhere. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/codec/decode-error.ts';
import { fromNpy, type NumericArray, toNpy } from '../../src/codecs.ts';

const limit = { timeout: 20_000 };

type Filled = new (length: number) => NumericArray;

const { Float16Array } = globalThis as { readonly Float16Array?: Filled };
const classes: readonly Filled[] = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
  ...(Float16Array === undefined ? [] : [Float16Array]),
];

/** A file with a header of the given version, padded with spaces. */
function file(header: string, data: string, version = 1): Buffer {
  const text = `${header.padEnd(version === 1 ? 117 : 115)}\n`;
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write('934e554d5059', 'hex');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text), Buffer.from(data, 'hex')]);
}

const three = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";

describe('toNpy() and fromNpy()', limit, () => {
  test('give back any array, with its shape', () => {
    const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom(...classes),
        shape,
        fc.boolean(),
        fc.nat(),
        (Class, lengths, fortranOrder, seed) => {
          const array = new Class(lengths.reduce((product, length) => product * length, 1));
          new Uint8Array(array.buffer).forEach((_, i, bytes) => {
            bytes[i] = (seed * 31 + i * 17) % 256;
          });
          const back = fromNpy(toNpy(array, { shape: lengths, fortranOrder }));
          assert.deepStrictEqual(new Uint8Array(back.data.buffer), new Uint8Array(array.buffer));
          assert.equal(Object.getPrototypeOf(back.data), Class.prototype);
          assert.deepStrictEqual({ ...back, data: 0 }, { shape: lengths, fortranOrder, data: 0 });
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('write and read parts of buffers, Buffers and clamped bytes', () => {
    const part = new Float64Array(new ArrayBuffer(40), 8, 2).fill(1.5);
    expect(fromNpy(toNpy(part)).data).toEqual(Float64Array.of(1.5, 1.5));
    expect(fromNpy(toNpy(Uint8ClampedArray.of(1, 2))).data).toEqual(Uint8Array.of(1, 2));
    expect(fromNpy(toNpy(Buffer.from('ab'))).data).toEqual(Uint8Array.of(97, 98));
    const bytes = toNpy(Int16Array.of(-2, 3));
    expect(fromNpy(Buffer.concat([Buffer.of(1), bytes]).subarray(1)).data).toEqual(Int16Array.of(-2, 3));
  });
});

describe('toNpy()', () => {
  /** By NumPy's own code: `numpy.save` of version 1.23 and later, header and elements. */
  test.each([
    ['one dimension', toNpy(Int16Array.of(1, -2, 3)), three, 117, '0100feff0300'],
    [
      'two, as in Fortran',
      toNpy(Float64Array.of(1, -0), { shape: [1, 2], fortranOrder: true }),
      "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }",
      117,
      '000000000000f03f0000000000000080',
    ],
    [
      'a single number',
      toNpy(Uint8Array.of(7), { shape: [] }),
      "{'descr': '|u1', 'fortran_order': False, 'shape': (), }",
      117,
      '07',
    ],
    [
      'no elements',
      toNpy(new BigInt64Array(0)),
      "{'descr': '<i8', 'fortran_order': False, 'shape': (0,), }",
      117,
      '',
    ],
  ])('writes what NumPy writes: %s', (_, bytes, header, length, data) => {
    const text = `${header.padEnd(length)}\n`;
    const hex = `934e554d505901007600${Buffer.from(text).toString('hex')}${data}`;
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    expect((bytes.length - data.length / 2) % 64).toBe(0);
  });

  test.each([
    ['a list', [1, 2] as never, TypeError],
    ['a DataView', new DataView(new ArrayBuffer(8)) as never, TypeError],
    ['nothing', undefined as never, TypeError],
  ])('refuses %s', (_, array, Class) => {
    expect(() => toNpy(array)).toThrow(Class);
  });

  test.each([[[2, 2]], [[3.5]], [[-1, -3]], [Array.from({ length: 65 }, () => 1)], [3 as never], [[]]])(
    'refuses the shape %j of three elements',
    (shape) => {
      expect(() => toNpy(new Int8Array(3), { shape })).toThrow(RangeError);
    },
  );
});

describe('fromNpy()', limit, () => {
  test.each([
    ['numbers with the highest byte first', three.replace('<', '>'), '0001fffe0003', Int16Array.of(1, -2, 3)],
    [
      'floats with the highest byte first',
      "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
      '3fc00000',
      Float32Array.of(1.5),
    ],
    [
      'long integers with the highest byte first',
      "{'descr': '>u8', 'fortran_order': False, 'shape': (1,), }",
      'fffffffffffffffe',
      BigUint64Array.of(2n ** 64n - 2n),
    ],
    ['members in another order, other quotes, no comma at the end', '{"shape":(1,),"fortran_order":False,"descr":"|i1"}', 'ff', Int8Array.of(-1)], // biome-ignore format: one line
    ['numbers as Python 2 wrote them', three.replace('3', '3L'), '010002000300', Int16Array.of(1, 2, 3)],
  ])('reads %s, in each version', (_, header, data, array) => {
    for (const version of [1, 2, 3]) expect(fromNpy(file(header, data, version)).data).toEqual(array);
  });

  test.skipIf(Float16Array === undefined)('reads float16', () => {
    const { data } = fromNpy(file(three.replace('i2', 'f2'), '003c00c0007c'));
    expect([...data]).toEqual([1, -2, Number.POSITIVE_INFINITY]);
  });

  test.each([
    ['bools', three.replace('<i2', '|b1'), /view\('u1'\)/],
    ['complex numbers', three.replace('<i2', '<c16'), /view\('f8'\)/],
    ['objects, which would be unpickled', three.replace('<i2', '|O'), /no typed array/],
    ['texts', three.replace('<i2', '<U3'), /no typed array/],
    ['dates', three.replace('<i2', '<M8[ns]'), /no typed array/],
    ['records', three.replace("'<i2'", "[('a', '<i2')]"), /records/],
    ['an unknown order of bytes', three.replace('<', '='), /no typed array/],
    ['two bytes without an order', three.replace('<', '|'), /no typed array/],
    ['code in place of a shape', three.replace('(3,)', "__import__('os').system('x')"), /not written as/],
    ['code after the header', `${three} or exit()`, /not written as/],
    ['a shape that is a number', three.replace('(3,)', '(3)'), /not written as/],
    ['a negative shape', three.replace('(3,)', '(-3,)'), /not written as/],
    ['a shape of countless elements', three.replace('(3,)', '(4294967296, 4294967296)'), /countless/],
    ['a shape beyond all numbers', three.replace('(3,)', '(9999999999999999,)'), /larger than/],
    ['a shape of 65 dimensions', three.replace('(3,)', `(${'1,'.repeat(65)})`), /larger than|not written/],
    ['a type twice', three.replace('{', "{'descr': '<f8', "), /two members/],
    ['a member of the prototype', three.replace('{', "{'__proto__': '<f8', "), /has a member/],
    ['no shape', "{'descr': '<f8', 'fortran_order': False}", /does not tell/],
    ['an open header', three.replace('}', ''), /not written as/],
  ])('refuses %s', (_, header, reason) => {
    expect(() => fromNpy(file(header, '010002000300'))).toThrow(DecodeError);
    expect(() => fromNpy(file(header, '010002000300'))).toThrow(reason);
  });

  test.each([
    ['nothing', Buffer.alloc(0), /mark of NumPy/],
    ['other bytes', Buffer.from('PK\x03\x04 this is a .npz file'), /mark of NumPy/],
    ['version 4.0', file(three, '010002000300', 4), /version 4\.0/],
    ['an element too few', file(three, '01000200'), /for its shape: received 4 bytes/],
    ['a byte too many', file(three, '01000200030000'), /received 7 bytes/],
    ['a header of four gigabytes', Buffer.from('934e554d50590200ffffffff7b', 'hex'), /more than 10000/],
    ['a header that is cut off', file(three, '').subarray(0, 60), /cut off/],
    ['a length that is cut off', file(three, '', 2).subarray(0, 10), /cut off/],
    ['no bytes', 'text' as never, /must be bytes/],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => fromNpy(bytes)).toThrow(DecodeError);
    expect(() => fromNpy(bytes)).toThrow(reason);
  });

  test('reads or refuses files with any bytes changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.nat(), (list, cut) => {
        const bytes = toNpy(Float32Array.of(1, 2, 3));
        for (const [at, byte] of list) bytes[at % bytes.length] = byte;
        try {
          assert.ok(fromNpy(bytes.subarray(0, cut % (4 * bytes.length))).shape.length <= 64);
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
        }
      }),
      { numRuns: 5000 },
    );
  });
});
