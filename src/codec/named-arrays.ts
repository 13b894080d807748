/**
 * Arrays by their paths in a file, such as `measured/heights`, as files of several arrays have them.
 */

import { inspectShort } from '../base/inspect-short.ts';
import type { NumericArray } from './npy.ts';

/** An array of any number of dimensions, the last index changing fastest. */
export interface ShapedArray {
  readonly data: NumericArray;
  /** The length of each dimension; none for a single number. */
  readonly shape: readonly number[];
}

/** What part of an array is read, by dimension: from, and before; `undefined` for all of a dimension. */
export type ArrayRanges = readonly (readonly [from: number, to: number] | undefined)[];

/**
 * The array of what was given: of a bare typed array, one of one dimension.
 *
 * @throws {TypeError} If it is none of numbers.
 * @throws {RangeError} If its shape has another number of elements.
 */
export function shapedOf<Shaped extends ShapedArray>(
  given: NumericArray | Shaped,
  path: string,
  verb: string,
): Shaped | ShapedArray {
  const array = ArrayBuffer.isView(given) ? { data: given, shape: [given.length] } : given;
  const { data, shape } = (array ?? {}) as Partial<ShapedArray>;
  if (!ArrayBuffer.isView(data) || data instanceof DataView || !Array.isArray(shape)) {
    throw new TypeError(
      `Cannot ${verb} as '${path}' must be a typed array, or one with its shape: received ${inspectShort(given)}`,
    );
  }
  const isWhole = shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isWhole || elementsOf(shape as readonly number[]) !== data.length) {
    throw new RangeError(
      `Cannot ${verb} as '${path}' has ${data.length} elements, and its shape must have as many: received ${inspectShort(shape)}`,
    );
  }
  return array;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The names on the way to an array.
 *
 * @throws {RangeError} If it is no way down.
 */
export function namesOn(path: string, verb: string): readonly string[] {
  const names = path.split('/');
  if (names.every(isName)) return names;
  throw new RangeError(
    `Cannot ${verb} as a path must be names joined by '/', without '..': received ${inspectShort(path)}`,
  );
}

/** Names that begin with `__`, and `zarr.json`, are Zarr's own. */
function isName(name: string): boolean {
  return /^(?!\.{1,2}$|__|zarr\.json$)[^\\]+$/.test(name) && Buffer.from(name).every((byte) => byte >= 32);
}

/**
 * What ranges mean for a shape.
 *
 * @throws {RangeError} If they go beyond it.
 */
export function rangesIn(
  shape: readonly number[],
  ranges: ArrayRanges,
  verb: string,
): readonly (readonly [from: number, to: number])[] {
  const all = shape.map((length, i) => ranges[i] ?? ([0, length] as const));
  const fits = all.every(
    ([from, to], i) =>
      Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= (shape[i] ?? 0),
  );
  if (fits && ranges.length <= shape.length) return all;
  throw new RangeError(
    `Cannot ${verb} as its ranges must be within its shape, ${inspectShort(shape)}: received ${inspectShort(ranges)}`,
  );
}
