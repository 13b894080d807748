/**
 * Numeric arrays in folders of Zarr.
 */

export { MissingPackageError } from './base/peer.ts';
export type { ArrayRanges, ShapedArray } from './codec/named-arrays.ts';
export type { NumericArray } from './codec/npy.ts';
export {
  type ReadZarrArray,
  type ReadZarrOptions,
  readZarr,
  type WriteZarrOptions,
  writeZarr,
  type ZarrArray,
  type ZarrAttributes,
} from './codec/zarr/zarr-folder.ts';
