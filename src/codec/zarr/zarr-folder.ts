/**
 * Numeric arrays in folders of Zarr, version 3: each in chunks, each chunk a file, so that many programs can read and write
 * parts at once. Folders of version 2 can be read, too.
 */

import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { makeFolders } from '../../base/make-folders.ts';
import { importPeer } from '../../base/peer.ts';
import { DecodeError } from '../decode-error.ts';
import type { Json } from '../json-writer.ts';
import {
  type ArrayRanges,
  elementsOf,
  namesOn,
  rangesIn,
  type ShapedArray,
  shapedOf,
} from '../named-arrays.ts';
import type { NumericArray } from '../npy.ts';

export type ZarrAttributes = Readonly<Record<string, Json>>;

/** An array to write. */
export interface ZarrArray extends ShapedArray {
  /**
   * The length of a chunk in each dimension.
   *
   * @defaultValue such that a chunk has some hundred thousand elements
   */
  readonly chunks?: readonly number[];
  readonly attributes?: ZarrAttributes;
}

/** An array as it is read. */
export interface ReadZarrArray extends ShapedArray {
  readonly chunks: readonly number[];
  readonly attributes: ZarrAttributes;
}

/** Options of `writeZarr`. */
export interface WriteZarrOptions {
  /** Attributes of groups, by path; those of the folder itself at `''`. */
  readonly groups?: Readonly<Record<string, ZarrAttributes>>;
  /**
   * How chunks are packed.
   *
   * @defaultValue not at all
   */
  readonly compression?: 'zstd';
}

/** Options of `readZarr`. */
export interface ReadZarrOptions {
  /** @defaultValue all */
  readonly ranges?: ArrayRanges;
}

const writes = 'write Zarr';
const reads = 'read Zarr';
/** Arbitrary: some megabytes, as Zarr's own programs choose. */
const chunkElements = 2 ** 18;
/** An array of more chunks would take long to read at once; so may a file that tells of more than there are. */
const mostChunks = 2 ** 20;

/** By the name that Zarr has for the elements. */
const typeNames: Readonly<Record<string, string>> = {
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  BigInt64Array: 'int64',
  BigUint64Array: 'uint64',
  Float32Array: 'float32',
  Float64Array: 'float64',
};

/**
 * Writes arrays into a folder, which is made if it is not there; those of the same paths are replaced, others stay.
 *
 * - **Whole or not:** each file is there when all of it is; the folder as a whole is not. An array is told of before its
 *   chunks are there, and what is missing reads as zeros. Whoever reads while another writes must wait by itself.
 *
 * @param arrays - by their paths, such as `measured/heights`
 * @throws {TypeError} If one is no array of numbers that is written here: of all typed arrays but `Float16Array`.
 * @throws {RangeError} If a shape has another number of elements, or a path is none.
 * @throws {MissingPackageError} If `zarrita` is not installed.
 *
 * @example
 * ```ts no-run
 * import { readZarr, writeZarr } from 'heddle/codecs/zarr';
 * await writeZarr('run.zarr', { heights: { data: new Float64Array(1e6), shape: [1000, 1000] } });
 * const { data, shape } = await readZarr('run.zarr', 'heights', { ranges: [[0, 10]] });
 * ```
 */
export async function writeZarr(
  folder: string,
  arrays: Readonly<Record<string, NumericArray | ZarrArray>>,
  options: WriteZarrOptions = {},
): Promise<void> {
  refuseUnknownOptions(options, ['groups', 'compression'], writes);
  const { groups = {}, compression } = options;
  const zarr = await importPeer('zarrita', writes, () => import('zarrita'));
  const root = zarr.root(folderStore(folder));
  const shaped = Object.entries(arrays).map(
    ([path, given]) => [namesOn(path, writes), shapedOf(given, path, writes) as ZarrArray] as const,
  );
  const ways = new Map<string, ZarrAttributes>([['', {}]]);
  for (const [names] of shaped)
    for (let i = 1; i < names.length; i++) ways.set(names.slice(0, i).join('/'), {});
  for (const [path, attributes] of Object.entries(groups)) {
    if (path !== '') namesOn(path, writes);
    ways.set(path, attributes);
  }
  for (const [path, attributes] of ways) {
    await zarr.create(path === '' ? root : root.resolve(path), { attributes: { ...attributes } });
  }
  for (const [names, { data, shape, chunks, attributes = {} }] of shaped) {
    const path = names.join('/');
    const dtype = typeNames[String(data[Symbol.toStringTag])];
    if (dtype === undefined) {
      throw new TypeError(
        `Cannot ${writes} as '${path}' must be of a type that Zarr has here: received ${inspectShort(data)}`,
      );
    }
    const array = await zarr.create(root.resolve(path), {
      shape: [...shape],
      chunkShape: [...(chunks ?? chunksOf(shape))],
      dtype: dtype as 'float64',
      attributes: { ...attributes },
      codecs: [
        { name: 'bytes', configuration: { endian: 'little' } },
        ...(compression === undefined
          ? []
          : [{ name: compression, configuration: { level: 3, checksum: false } }]),
      ],
    });
    const values =
      data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
    // Of a single number the package takes that alone.
    if (shape.length === 0) await zarr.set(array, null, values[0] as number);
    else {
      await zarr.set(array, null, {
        data: values as Float64Array<ArrayBuffer>,
        shape: [...shape],
        stride: stridesOf(shape),
      });
    }
  }
}

/**
 * Reads an array of a folder, or a part of it; only the chunks that are needed.
 *
 * @param path - of the array in the folder; `''` if the folder is an array itself
 * @throws {DecodeError} If there is no such array, it is damaged, or not of numbers.
 * @throws {RangeError} If the ranges go beyond it.
 * @throws {MissingPackageError} If `zarrita` is not installed.
 */
export async function readZarr(
  folder: string,
  path: string,
  options: ReadZarrOptions = {},
): Promise<ReadZarrArray> {
  refuseUnknownOptions(options, ['ranges'], reads);
  if (path !== '') namesOn(path, reads);
  const zarr = await importPeer('zarrita', reads, () => import('zarrita'));
  const root = zarr.root(folderStore(folder));
  try {
    const array = await zarr.open(path === '' ? root : root.resolve(path), { kind: 'array' });
    refuseCutChunks(array);
    const { shape, chunks, dtype, attrs } = array;
    if (!Object.values(typeNames).includes(dtype))
      throw fault(`'${path}' is not of numbers that a typed array has: received ${inspectShort(dtype)}`);
    const taken = rangesIn(shape, options.ranges ?? [], reads);
    const count = elementsOf(taken.map(([from, to], i) => Math.ceil((to - from) / (chunks[i] ?? 1)) + 1));
    if (!(count <= mostChunks * 2 ** shape.length))
      throw fault(`'${path}' has too many chunks to be read at once: received ${count}`);
    const takenShape = taken.map(([from, to]) => to - from);
    const read = await zarr.get(
      array,
      taken.map(([from, to]) => zarr.slice(from, to)),
    );
    // Of a single number the package gives that alone.
    const isChunk = typeof read === 'object' && read !== null && 'data' in read;
    const data = (isChunk ? read.data : onlyOf(dtype, read)) as NumericArray;
    return { data, shape: takenShape, chunks: [...chunks], attributes: attrs as ZarrAttributes };
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    if (cause instanceof RangeError && cause.message.startsWith(`Cannot ${reads}`)) throw cause;
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new DecodeError(
      'zarr',
      `Cannot read the array '${path}' of Zarr in '${folder}': received ${told}`,
      { cause },
    );
  }
}

function fault(reason: string): DecodeError {
  return new DecodeError('zarr', `Cannot read an array of Zarr as ${reason}`);
}

/** A chunk as the package reads it: what is missing of one it leaves as zeros. */
interface Chunked {
  getChunk(
    ...args: readonly unknown[]
  ): Promise<{ readonly data: unknown; readonly shape: readonly number[] }>;
}

function refuseCutChunks(array: object): void {
  const chunked = array as Chunked;
  const getChunk = chunked.getChunk.bind(array);
  chunked.getChunk = async (...args) => {
    const chunk = await getChunk(...args);
    const { length } = chunk.data as { readonly length: number };
    if (length === elementsOf(chunk.shape)) return chunk;
    throw fault(`a chunk is cut off: received ${length} elements of ${elementsOf(chunk.shape)}`);
  };
}

function onlyOf(dtype: string, value: unknown): NumericArray {
  const name = Object.keys(typeNames).find((one) => typeNames[one] === dtype) as 'Float64Array';
  return globalThis[name].of(value as number);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => elementsOf(shape.slice(i + 1)));
}

function chunksOf(shape: readonly number[]): readonly number[] {
  // Of nothing a chunk is one element long.
  const chunks = shape.map((length) => Math.max(1, length));
  for (let i = 0; i < chunks.length && elementsOf(chunks) > chunkElements; i++) {
    const rest = elementsOf(chunks.slice(i + 1));
    chunks[i] = Math.max(1, Math.min(chunks[i] ?? 1, Math.floor(chunkElements / rest)));
  }
  return chunks;
}

/** The package does not ask. */
function refuseOtherVersion(bytes: Uint8Array): void {
  const { zarr_format: version } = JSON.parse(Buffer.from(bytes).toString()) as {
    readonly zarr_format?: unknown;
  };
  if (version !== 3) throw fault(`it is of another version: received ${inspectShort(version)}`);
}

interface FolderStore {
  get(key: `/${string}`): Promise<Uint8Array | undefined>;
  set(key: `/${string}`, bytes: Uint8Array): Promise<void>;
}

/** The files of a folder by their paths. Paths come of names that were looked at, and of numbers. */
function folderStore(folder: string): FolderStore {
  const { readFile, rename, writeFile } = process.getBuiltinModule('node:fs').promises;
  const { dirname, join } = process.getBuiltinModule('node:path');
  return {
    async get(key) {
      try {
        const bytes = new Uint8Array(await readFile(join(folder, key)));
        if (key.endsWith('/zarr.json')) refuseOtherVersion(bytes);
        return bytes;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
        throw error;
      }
    },
    async set(key, bytes) {
      const path = join(folder, key);
      makeFolders(dirname(path));
      const hidden = `${path}.${process.pid}.part`;
      await writeFile(hidden, bytes);
      await rename(hidden, path);
    },
  };
}
