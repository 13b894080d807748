/**
 * Numeric arrays as files of HDF5, which h5py, MATLAB, R and most numeric programs read: in groups, with attributes.
 *
 * By the package `h5wasm`, HDF5 itself in WebAssembly: what is wrong with a file stays in its memory. That never shrinks, and
 * has at most 4 GiB.
 */

import type { Dataset, Entity, Group, File as Hdf5FileOfPackage } from 'h5wasm';
import { inspectShort } from '../../base/inspect-short.ts';
import { refuseUnknownOptions } from '../../base/known-options.ts';
import { importPeer } from '../../base/peer.ts';
import { DecodeError } from '../decode-error.ts';
import {
  type ArrayRanges,
  elementsOf,
  namesOn,
  rangesIn,
  type ShapedArray,
  shapedOf,
} from '../named-arrays.ts';
import type { NumericArray } from '../npy.ts';

/** What an attribute may be. */
export type Hdf5Attribute = string | number | bigint | readonly string[] | NumericArray;
export type Hdf5Attributes = Readonly<Record<string, Hdf5Attribute>>;

/** A dataset. */
export interface Hdf5Array extends ShapedArray {
  readonly attributes?: Hdf5Attributes;
}

/** What is in a file, by path. */
export interface Hdf5Contents {
  readonly arrays: Readonly<Record<string, Hdf5Array & { readonly attributes: Hdf5Attributes }>>;
  /** Attributes of groups; those of the file itself are at `''`. */
  readonly groups: Readonly<Record<string, Hdf5Attributes>>;
}

/** Options of `toHdf5`. */
export interface ToHdf5Options {
  /** Attributes of groups, by path; those of the file itself at `''`. */
  readonly groups?: Readonly<Record<string, Hdf5Attributes>>;
  /**
   * How hard arrays are packed by gzip, from 1 to 9. They are in chunks then.
   *
   * @defaultValue none
   */
  readonly gzip?: number;
}

/** Options of `readHdf5`. */
export interface ReadHdf5Options {
  /** @defaultValue all */
  readonly ranges?: ArrayRanges;
}

type Module = typeof import('h5wasm');

/** Where files are in the memory of the package. One at a time, as nothing waits while one is there. */
const memoryPath = '/heddle.h5';
const writes = 'write HDF5';
const reads = 'read HDF5';
/** Groups below groups: more are written by nobody. */
const mostDepth = 100;

/**
 * Writes arrays as a file of HDF5. Groups on the way to them are made.
 *
 * @param arrays - by their paths, such as `measured/heights`
 * @throws {TypeError} If one is no array of numbers that HDF5 has here: of all typed arrays but `Float16Array`.
 * @throws {RangeError} If a shape has another number of elements, or a path is none.
 * @throws {MissingPackageError} If `h5wasm` is not installed.
 *
 * @example
 * ```ts
 * import { fromHdf5, toHdf5 } from 'heddle/codecs/hdf5';
 * const bytes = await toHdf5({
 *   'measured/heights': { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2], attributes: { unit: 'm' } },
 * });
 * const { arrays } = await fromHdf5(bytes);
 * assert.deepEqual(arrays['measured/heights']?.shape, [2, 2]);
 * ```
 */
export async function toHdf5(
  arrays: Readonly<Record<string, NumericArray | Hdf5Array>>,
  options: ToHdf5Options = {},
): Promise<Uint8Array> {
  refuseUnknownOptions(options, ['groups', 'gzip'], writes);
  const { groups = {}, gzip } = options;
  if (gzip !== undefined && !(Number.isInteger(gzip) && gzip >= 1 && gzip <= 9)) {
    throw new RangeError(
      `Cannot ${writes} as 'gzip' must be an integer from 1 to 9: received ${inspectShort(gzip)}`,
    );
  }
  const module = await inMemory(writes);
  const fs = fileSystemOf(module);
  const file = new module.File(memoryPath, 'w');
  try {
    for (const [path, given] of Object.entries(arrays)) writeArray(file, path, given, gzip);
    for (const [path, attributes] of Object.entries(groups)) {
      writeAttributes(path === '' ? file : groupAt(file, namesOn(path, writes)), attributes, path);
    }
    file.close();
    // Of the package's memory, which it uses again.
    return fs.readFile(memoryPath).slice();
  } catch (error) {
    closeQuietly(file);
    throw error;
  } finally {
    fs.unlink(memoryPath);
  }
}

/**
 * Reads all arrays of a file of HDF5.
 *
 * - **Types:** integers and floats of 32 and 64 bits. Other attributes than texts and numbers are left out.
 *
 * @throws {DecodeError} If it is no whole file, or an array has another type; `readHdf5` reads one by itself.
 * @throws {MissingPackageError} If `h5wasm` is not installed.
 */
export async function fromHdf5(bytes: Uint8Array): Promise<Hdf5Contents> {
  if (!(bytes instanceof Uint8Array)) throw fault(`it must be bytes: received ${inspectShort(bytes)}`);
  const module = await inMemory(reads);
  const fs = fileSystemOf(module);
  fs.writeFile(memoryPath, bytes);
  try {
    return reading(module, memoryPath, (file) => {
      const contents: {
        arrays: [string, Hdf5Array & { attributes: Hdf5Attributes }][];
        groups: [string, Hdf5Attributes][];
      } = {
        arrays: [],
        groups: [['', attributesOf(file)]],
      };
      for (const [path, entity] of below(module, file, '', 0)) {
        if (entity instanceof module.Group) contents.groups.push([path, attributesOf(entity)]);
        else if (entity instanceof module.Dataset) contents.arrays.push([path, arrayOf(entity, path, [])]);
      }
      return { arrays: Object.fromEntries(contents.arrays), groups: Object.fromEntries(contents.groups) };
    });
  } finally {
    fs.unlink(memoryPath);
  }
}

/**
 * Reads one array of a file, or a part of it, without reading the others.
 *
 * @param path - of the file
 * @param name - of the array: the names on the way to it, joined by `/`
 * @throws {DecodeError} If it is no whole file of HDF5, there is no such array, or it is not of numbers.
 * @throws {RangeError} If the ranges go beyond it.
 * @throws {MissingPackageError} If `h5wasm` is not installed.
 *
 * @example
 * ```ts no-run
 * import { readHdf5 } from 'heddle/codecs/hdf5';
 * const { data, shape } = await readHdf5('run.h5', 'measured/heights', { ranges: [[0, 100]] });
 * ```
 */
export async function readHdf5(
  path: string,
  name: string,
  options: ReadHdf5Options = {},
): Promise<Hdf5Array & { readonly attributes: Hdf5Attributes }> {
  refuseUnknownOptions(options, ['ranges'], reads);
  // Told as any file that is not there.
  await process.getBuiltinModule('node:fs').promises.access(path);
  const module = (await importPeer('h5wasm', reads, () => import('h5wasm/node'))) as Module;
  await prepared(module);
  return reading(module, path, (file) => {
    const found = file.get(name);
    if (!(found instanceof module.Dataset)) throw fault(`it has no array '${name}'`);
    return arrayOf(found, name, options.ranges ?? []);
  });
}

async function inMemory(verb: string): Promise<Module> {
  const module = await importPeer('h5wasm', verb, () => import('h5wasm'));
  await prepared(module);
  return module;
}

async function prepared(module: Module): Promise<void> {
  const ready = await module.ready;
  // Otherwise it writes to stderr what is wrong with a file.
  ready.activate_throwing_error_handler();
}

/** The part of the file system in its memory that is used here. */
interface MemoryFiles {
  readFile(path: string): Uint8Array;
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
}

function fileSystemOf(module: Module): MemoryFiles {
  return module.FS as unknown as MemoryFiles;
}

function closeQuietly(file: Hdf5FileOfPackage): void {
  try {
    file.close();
  } catch {
    // It was not opened, or is damaged.
  }
}

/** @throws {DecodeError} For what the package throws. */
function reading<T>(module: Module, path: string, read: (file: Hdf5FileOfPackage) => T): T {
  let file: Hdf5FileOfPackage | undefined;
  try {
    file = new module.File(path, 'r');
    return read(file);
  } catch (cause) {
    if (cause instanceof DecodeError || cause instanceof RangeError) throw cause;
    const told = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new DecodeError('hdf5', `Cannot read a file of HDF5 as it is no whole one: received ${told}`, {
      cause,
    });
  } finally {
    if (file !== undefined) closeQuietly(file);
  }
}

function fault(reason: string): DecodeError {
  return new DecodeError('hdf5', `Cannot read a file of HDF5 as ${reason}`);
}

function* below(
  module: Module,
  group: Group,
  way: string,
  depth: number,
): Generator<readonly [string, Entity]> {
  // A group may be below itself.
  if (depth > mostDepth) throw fault('its groups are nested too deeply');
  for (const name of group.keys()) {
    const entity = group.get(name);
    if (entity === null) continue;
    const path = `${way}${name}`;
    yield [path, entity];
    if (entity instanceof module.Group) yield* below(module, entity, `${path}/`, depth + 1);
  }
}

function groupAt(file: Hdf5FileOfPackage, names: readonly string[]): Group {
  let group: Group = file;
  for (const name of names) {
    group = group.keys().includes(name) ? (group.get(name) as Group) : group.create_group(name);
  }
  return group;
}

function writeArray(
  file: Hdf5FileOfPackage,
  path: string,
  given: NumericArray | Hdf5Array,
  gzip: number | undefined,
): void {
  const array: Hdf5Array = shapedOf(given, path, writes);
  const names = namesOn(path, writes);
  const group = groupAt(file, names.slice(0, -1));
  const shape = [...array.shape];
  const isPacked = gzip !== undefined && array.data.length > 0 && shape.length > 0;
  const dataset = group.create_dataset({
    name: names.at(-1) as string,
    data: writable(array.data, path),
    shape,
    ...(isPacked ? { chunks: chunksOf(shape), compression: gzip } : {}),
  });
  writeAttributes(dataset, array.attributes ?? {}, path);
}

/** About so many elements are packed together. Arbitrary: HDF5 keeps 1 MiB of chunks in memory. */
const chunkElements = 65_536;

function chunksOf(shape: readonly number[]): number[] {
  const chunks = [...shape];
  for (let i = 0; i < chunks.length && elementsOf(chunks) > chunkElements; i++) {
    const rest = elementsOf(chunks.slice(i + 1));
    chunks[i] = Math.max(1, Math.min(chunks[i] ?? 1, Math.floor(chunkElements / rest)));
  }
  return chunks;
}

type Writable = Exclude<NumericArray, { readonly [Symbol.toStringTag]: 'Float16Array' }>;

function writable(data: NumericArray, path: string): Writable {
  if (data instanceof Uint8ClampedArray || Buffer.isBuffer(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  if (String(data[Symbol.toStringTag]) !== 'Float16Array') return data as Writable;
  throw new TypeError(`Cannot ${writes} as '${path}' is a Float16Array\n  make it a Float32Array`);
}

function writeAttributes(to: Group | Dataset, attributes: Hdf5Attributes, path: string): void {
  for (const [name, value] of Object.entries(attributes)) {
    to.create_attribute(name, attributeData(value, `${path}@${name}`));
  }
}

function attributeData(value: Hdf5Attribute, path: string): Writable | string | number | string[] {
  if (typeof value === 'bigint') return BigInt64Array.of(value);
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (ArrayBuffer.isView(value)) return writable(value, path);
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return [...value];
  throw new TypeError(
    `Cannot ${writes} as the attribute '${path}' must be texts or numbers: received ${inspectShort(value)}`,
  );
}

function attributesOf(of: Group | Dataset): Hdf5Attributes {
  const known: [string, Hdf5Attribute][] = [];
  for (const [name, attribute] of Object.entries(of.attrs)) {
    const { value } = attribute;
    const isText =
      typeof value === 'string' || (Array.isArray(value) && value.every((text) => typeof text === 'string'));
    if (isText || typeof value === 'number' || typeof value === 'bigint' || ArrayBuffer.isView(value))
      known.push([name, value as Hdf5Attribute]);
  }
  return Object.fromEntries(known);
}

/** HDF5's numbers for classes of types. */
const integerClass = 0;
const floatClass = 1;
/** More do not fit in the package's memory. */
const mostBytes = 2 ** 31;

function arrayOf(
  dataset: Dataset,
  path: string,
  ranges: ArrayRanges,
): Hdf5Array & { readonly attributes: Hdf5Attributes } {
  const { metadata } = dataset;
  const shape = dataset.shape;
  const { type, size } = metadata;
  const isNumeric =
    (type === integerClass && [1, 2, 4, 8].includes(size)) ||
    (type === floatClass && (size === 4 || size === 8));
  if (!isNumeric || shape === null)
    throw fault(
      `'${path}' is not of numbers that a typed array has: received ${inspectShort(dataset.dtype)}`,
    );
  const taken = rangesIn(shape, ranges, reads);
  const takenShape = taken.map(([from, to]) => to - from);
  if (elementsOf(takenShape) * size > mostBytes) {
    throw fault(
      `'${path}' is too long to be read at once: received ${inspectShort(takenShape)}\n  read it in parts, by ranges`,
    );
  }
  const isAll = ranges.length === 0;
  const value = isAll ? dataset.value : dataset.slice(taken.map(([from, to]) => [from, to]));
  const data = dataOf(value, metadata);
  if (data.length !== elementsOf(takenShape)) throw fault(`'${path}' is cut off`);
  return { data, shape: takenShape, attributes: attributesOf(dataset) };
}

/** Of one number the package gives that alone. */
function dataOf(value: unknown, { type, size, signed }: Dataset['metadata']): NumericArray {
  if (ArrayBuffer.isView(value)) return value as NumericArray;
  if (typeof value === 'bigint') return signed ? BigInt64Array.of(value) : BigUint64Array.of(value);
  const number = Number(value);
  if (type === floatClass) return size === 4 ? Float32Array.of(number) : Float64Array.of(number);
  if (size === 1) return signed ? Int8Array.of(number) : Uint8Array.of(number);
  if (size === 2) return signed ? Int16Array.of(number) : Uint16Array.of(number);
  return signed ? Int32Array.of(number) : Uint32Array.of(number);
}
