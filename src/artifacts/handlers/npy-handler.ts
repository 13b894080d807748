/**
 * Arrays of numbers, as files of NumPy.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { fromNpy, type NpyArray, type NumericArray, toNpy } from '../../codec/npy.ts';
import type { ArtifactHandler } from './handler.ts';

/** What is written: `fortranOrder` is `false` if it is not given. */
type ShapedArray = Pick<NpyArray, 'data' | 'shape'> & Partial<NpyArray>;

/** Keeps typed arrays, alone or with a shape: `{ data, shape }`. It gives `{ data, shape, fortranOrder }`. */
export const npyHandler: ArtifactHandler<NumericArray | NpyArray | ShapedArray> = {
  alias: 'npy',
  suffix: 'npy',
  binary: true,
  encode: (value) => {
    if (ArrayBuffer.isView(value)) return toNpy(value);
    if (typeof value !== 'object' || value === null)
      throw new TypeError(
        `Cannot write an array as it must be a typed array or { data, shape }: received ${inspectShort(value)}`,
      );
    const { data, shape, fortranOrder = false } = value;
    return toNpy(data, { shape, fortranOrder });
  },
  decode: (bytes) => fromNpy(bytes),
};
