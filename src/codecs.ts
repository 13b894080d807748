/**
 * Formats of files for values that heddle sends: numeric arrays as `.npy`.
 */

export { fromNpy, type NpyArray, type NumericArray, type ToNpyOptions, toNpy } from './codec/npy.ts';
