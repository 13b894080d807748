/**
 * Numeric arrays as files of HDF5, and values of caches that are such.
 */

export { MissingPackageError } from './base/peer.ts';
export { hdf5Values } from './cache/hdf5/hdf5-values.ts';
export {
  fromHdf5,
  type Hdf5Array,
  type Hdf5Attribute,
  type Hdf5Attributes,
  type Hdf5Contents,
  type ReadHdf5Options,
  readHdf5,
  type ToHdf5Options,
  toHdf5,
} from './codec/hdf5/hdf5-files.ts';
export type { ArrayRanges, ShapedArray } from './codec/named-arrays.ts';
export type { NumericArray } from './codec/npy.ts';
