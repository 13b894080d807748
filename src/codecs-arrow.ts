/**
 * Tables of Arrow: how those of the package `apache-arrow` cross to workers, and columns as its bytes.
 */

export { MissingPackageError } from './base/peer.ts';
export { arrowCodecs } from './codec/arrow/arrow-codecs.ts';
export {
  type ArrowColumn,
  fromArrow,
  type ReadArrowColumn,
  type ToArrowOptions,
  toArrow,
} from './codec/arrow/arrow-columns.ts';
