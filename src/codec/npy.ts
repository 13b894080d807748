/**
 * Numeric arrays as `.npy` files, which NumPy and most numeric programs read: an array's type, shape and elements, exactly.
 */

import { inspectShort } from '../base/inspect-short.ts';
import { mostDimensions, npyFault, readNpyHeader, writeNpyHeader } from './npy-header.ts';

/** `Float16Array`, where the program's own types have it. */
type HalfArray = typeof globalThis extends { readonly Float16Array: { readonly prototype: infer Half } }
  ? Half
  : never;

/** Typed arrays that hold numbers. */
export type NumericArray =
  // oxlint-disable-next-line typescript/no-redundant-type-constituents -- it is none only where the types have none
  | HalfArray
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array of any number of dimensions. */
export interface NpyArray {
  /** The elements. Where there is a `Float16Array`, those of NumPy's `float16` are one. */
  readonly data: NumericArray;
  /** The length of each dimension; none for a single number. */
  readonly shape: readonly number[];
  /** Whether the first index changes fastest from an element to the next, as in Fortran; otherwise the last one. */
  readonly fortranOrder: boolean;
}

/** Options of `toNpy`. */
export interface ToNpyOptions {
  /** @defaultValue one dimension: the length of the array */
  readonly shape?: readonly number[];
  /**
   * Whether the elements stand as in Fortran. It is only told: nothing is moved.
   *
   * @defaultValue `false`
   */
  readonly fortranOrder?: boolean;
}

type ArrayClass = new (buffer: ArrayBuffer) => NumericArray;

/** Not there before Node.js 24. */
const { Float16Array } = globalThis as { readonly Float16Array?: ArrayClass };

/** By NumPy's kind and size of an element, in bytes. */
const classes: ReadonlyMap<string, ArrayClass> = new Map<string, ArrayClass>([
  ['i1', Int8Array],
  ['u1', Uint8Array],
  ['i2', Int16Array],
  ['u2', Uint16Array],
  ['i4', Int32Array],
  ['u4', Uint32Array],
  ['i8', BigInt64Array],
  ['u8', BigUint64Array],
  ...(Float16Array === undefined ? [] : ([['f2', Float16Array]] as const)),
  ['f4', Float32Array],
  ['f8', Float64Array],
]);
const kinds: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...[...classes].map(([kind, Class]) => [Class.prototype, kind] as const),
  [Uint8ClampedArray.prototype, 'u1'],
]);

/** How this machine orders the bytes of a number. */
const ownOrder = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? '<' : '>';

/**
 * Writes an array as a `.npy` file, byte for byte as NumPy does it.
 *
 * @throws {TypeError} If it is no typed array.
 * @throws {RangeError} If the shape has another number of elements, or more than 64 dimensions.
 *
 * @example
 * ```ts
 * import { fromNpy, toNpy } from 'heddle/codecs';
 * const bytes = toNpy(Float64Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
 * const { data, shape } = fromNpy(bytes);
 * assert.deepEqual(shape, [2, 3]);
 * assert.equal(data[5], 6);
 * ```
 */
export function toNpy(array: NumericArray, options: ToNpyOptions = {}): Uint8Array {
  const kind = ArrayBuffer.isView(array) ? kinds.get(prototypeOf(array)) : undefined;
  if (kind === undefined) {
    throw new TypeError(
      `Cannot write an array as it must be a typed array of numbers: received ${inspectShort(array)}`,
    );
  }
  const { shape = [array.length], fortranOrder = false } = options;
  if (!Array.isArray(shape) || shape.length > mostDimensions || countOf(shape) !== array.length) {
    throw new RangeError(
      `Cannot write an array of ${array.length} elements as its shape must have as many: received ${inspectShort(shape)}`,
    );
  }
  const order = array.BYTES_PER_ELEMENT === 1 ? '|' : ownOrder;
  const header = writeNpyHeader({ descr: `${order}${kind}`, fortranOrder, shape });
  const bytes = room(header.length + array.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), header.length);
  return bytes;
}

/**
 * Reads a `.npy` file of version 1.0, 2.0 or 3.0, with numbers in either order of bytes. The elements are a copy.
 *
 * @throws {DecodeError} If it is no such file: cut off, with bytes left over, or with elements that are no numbers of a
 *   typed array, such as bools, complex numbers, texts, records and objects.
 *
 * @example
 * ```ts
 * import { fromNpy, toNpy } from 'heddle/codecs';
 * assert.deepEqual(fromNpy(toNpy(Int16Array.of(-1, 0, 1))), {
 *   data: Int16Array.of(-1, 0, 1),
 *   shape: [3],
 *   fortranOrder: false,
 * });
 * ```
 */
export function fromNpy(bytes: Uint8Array): NpyArray {
  if (!(bytes instanceof Uint8Array)) throw npyFault(`it must be bytes: received ${inspectShort(bytes)}`);
  const { header, end } = readNpyHeader(bytes);
  const { descr, shape, fortranOrder } = header;
  const [, order, kind = ''] = /^([<>|])([iuf]\d)$/.exec(descr) ?? [];
  const size = Number(kind[1]);
  const Class = classes.get(kind);
  if (Class === undefined || (order === '|' && size > 1)) throw npyFault(noClassText(descr));
  const count = countOf(shape);
  const given = bytes.length - end;
  if (count === undefined || count * size !== given) {
    throw npyFault(
      `it must have ${count ?? 'countless'} elements of ${size} bytes for its shape: received ${given} bytes`,
    );
  }
  const copy = room(given);
  copy.set(bytes.subarray(end));
  if (size > 1 && order !== ownOrder) swap(Buffer.from(copy.buffer), size);
  return { data: new Class(copy.buffer), shape, fortranOrder };
}

/** @returns `undefined` if there are no such arrays */
function countOf(shape: readonly number[]): number | undefined {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) return undefined;
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Bytes that are all written over: to fill them with zeros first would take as long as that. */
function room(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer);
}

function noClassText(descr: string): string {
  const advice = /^[<>|]?b/.test(descr)
    ? "\n  save bools as array.view('u1')"
    : /^[<>|]?c/.test(descr)
      ? "\n  save complex numbers as array.view('f8'), pairs of a real and an imaginary part"
      : '';
  return `there is no typed array for its elements: received ${inspectShort(descr)}${advice}`;
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else bytes.swap64();
}

/** Of a Buffer too: its bytes are what it is written as. */
function prototypeOf(array: NumericArray): unknown {
  return Buffer.isBuffer(array) ? Uint8Array.prototype : Object.getPrototypeOf(array);
}
