/**
 * Values that are numeric arrays as files of HDF5, one for each, which h5py and most numeric programs read. All other values go
 * to another store.
 *
 * A value is found by the digest of its encoding, so an array is kept as HDF5 only if it comes back from there as it was, with its
 * class: that is tried when it is put. When it is read, it is encoded again and compared with its digest.
 */

import { makeFolders } from '../../base/make-folders.ts';
import { once } from '../../base/once.ts';
import { isDigest } from '../../codec/canonical/digest-text.ts';
import type { Digest } from '../../codec/canonical/digester.ts';
import { fromHdf5, toHdf5 } from '../../codec/hdf5/hdf5-files.ts';
import type { NumericArray } from '../../codec/npy.ts';
import { CacheWriteError } from '../../store/cache-write-error.ts';
import type { Store, StoreEntry } from '../../store/store.ts';
import { storeLike } from '../../store/store-like.ts';
import { writeWhole } from '../../store/whole-file.ts';
import { ValueCodec } from '../value-codec.ts';

const fs = once(() => process.getBuiltinModule('node:fs').promises);
/** The dataset in each file. */
const datasetName = 'value';
const suffix = '.h5';

/**
 * Keeps values that are typed arrays of numbers as files of HDF5 in a folder, each with a dataset `value`, and all others where
 * `others` does. For caches whose results other programs read.
 *
 * - **Whole or not at all:** each file is written beside and renamed. **Verified** when read: what was changed is not there.
 * - **Shared** by processes as far as `others` is; but `bind` takes no such cache to workers.
 * - **Cost:** an array is written, read back and compared, some milliseconds and more; h5wasm holds it twice meanwhile.
 *
 * @throws {MissingPackageError} By `put` and `get` of an array, if `h5wasm` is not installed.
 *
 * @example
 * ```ts
 * import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openMemory } from 'heddle/cache';
 * import { hdf5Values } from 'heddle/codecs/hdf5';
 * const { ramp } = tasks(import.meta, {
 *   ramp: task((n: number) => Float64Array.from({ length: n }, (_, i) => i), { cache: true }),
 * });
 * const folder = mkdtempSync(`${tmpdir()}/heddle-`);
 * const { values, calls } = openMemory();
 * await using cache = await openCache({ values: hdf5Values(folder, values), calls });
 * await run(ramp(3), { cache });
 * assert.deepEqual(await run(ramp(3), { cache }), Float64Array.of(0, 1, 2));
 * assert.equal(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.h5')).length, 1);
 * rmSync(folder, { recursive: true });
 * ```
 */
export function hdf5Values(folder: string, others: Store): Store {
  const files = new ArrayFiles(process.getBuiltinModule('node:path').resolve(folder), others);
  return storeLike(others, {
    name: `HDF5 in ${folder}, and ${others.name}`,
    descriptor: undefined,
    get: (digest) => files.get(digest),
    put: (digest, bytes) => files.put(digest, bytes),
    has: async (digest) => (await files.stat(digest)) !== undefined || others.has(digest),
    delete: async (digest) => (await files.delete(digest)) || others.delete(digest),
    deleteUnused: async (digest, sinceMs) => {
      const stat = await files.stat(digest);
      if (stat !== undefined) return stat.mtimeMs < sinceMs && files.delete(digest);
      return (await others.deleteUnused?.(digest, sinceMs)) ?? false;
    },
    entries: () => files.entries(),
    flush: () => files.flush(),
    close: async () => {
      await files.flush();
      await others.close();
    },
  });
}

class ArrayFiles {
  readonly #folder: string;
  readonly #others: Store;
  readonly #codec = new ValueCodec(undefined, 'v8');
  readonly #going = new Set<Promise<void>>();
  #failure: CacheWriteError | undefined;

  constructor(folder: string, others: Store) {
    this.#folder = folder;
    this.#others = others;
  }

  #pathOf(digest: Digest): string {
    return `${this.#folder}/${digest.slice(0, 2)}/${digest}${suffix}`;
  }

  async stat(digest: Digest): Promise<{ readonly mtimeMs: number; readonly size: number } | undefined> {
    try {
      return await fs().stat(this.#pathOf(digest));
    } catch {
      return undefined;
    }
  }

  async delete(digest: Digest): Promise<boolean> {
    try {
      await fs().unlink(this.#pathOf(digest));
      return true;
    } catch {
      return false;
    }
  }

  async get(digest: Digest): Promise<Uint8Array | undefined> {
    let file: Uint8Array;
    try {
      file = await fs().readFile(this.#pathOf(digest));
    } catch {
      return this.#others.get(digest);
    }
    return this.#encoded(file, digest);
  }

  /** What an array in a file is encoded as; `undefined` if that is not what has the digest. */
  async #encoded(file: Uint8Array, digest: Digest): Promise<Uint8Array | undefined> {
    try {
      const { arrays } = await fromHdf5(file);
      const { bytes, address } = this.#codec.encode(arrays[datasetName]?.data, datasetName);
      return address === digest ? bytes : undefined;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'HEDDLE_MISSING_PACKAGE') throw error;
      return undefined;
    }
  }

  put(digest: Digest, bytes: Uint8Array): Promise<void> {
    const going = this.#put(digest, bytes).catch((cause: unknown) => {
      const error = new CacheWriteError(
        `Cannot keep an array in ${this.#folder} as it could not be written: received ${String(cause)}`,
        { cause },
      );
      this.#failure ??= error;
      throw error;
    });
    this.#going.add(going);
    const over = (): void => void this.#going.delete(going);
    going.then(over, over);
    return going;
  }

  async #put(digest: Digest, bytes: Uint8Array): Promise<void> {
    const array = this.#arrayIn(bytes);
    const file = array === undefined ? undefined : await this.#fileOf(array, digest);
    if (file === undefined) {
      await this.#others.put(digest, bytes);
      return;
    }
    const path = this.#pathOf(digest);
    makeFolders(this.#folder);
    // Also if it is there: it counts as used now.
    await writeWhole(path, file, { temporary: `${this.#folder}/temporary` });
  }

  #arrayIn(bytes: Uint8Array): NumericArray | undefined {
    try {
      const value = this.#codec.decode(bytes);
      const isArray = ArrayBuffer.isView(value) && !(value instanceof DataView) && !Buffer.isBuffer(value);
      return isArray ? (value as NumericArray) : undefined;
    } catch {
      // It is of another format, or has classes in it.
      return undefined;
    }
  }

  /** The file of an array; `undefined` if it would not come back as it is. */
  async #fileOf(array: NumericArray, digest: Digest): Promise<Uint8Array | undefined> {
    try {
      const file = await toHdf5({ [datasetName]: { data: array, shape: [array.length] } });
      return (await this.#encoded(file, digest)) === undefined ? undefined : file;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'HEDDLE_MISSING_PACKAGE') throw error;
      return undefined;
    }
  }

  async *entries(): AsyncGenerator<StoreEntry, void, undefined> {
    yield* this.#others.entries();
    let names: readonly string[] = [];
    try {
      names = await fs().readdir(this.#folder, { recursive: true });
    } catch {
      // Nothing was kept yet.
    }
    for (const name of names) {
      const digest = name.slice(name.length - suffix.length - 64, -suffix.length);
      if (!name.endsWith(suffix) || !isDigest(digest)) continue;
      const stat = await this.stat(digest);
      if (stat !== undefined) yield { digest, bytes: stat.size, usedMs: stat.mtimeMs };
    }
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.#going);
    const failure = this.#failure;
    this.#failure = undefined;
    await this.#others.flush();
    if (failure !== undefined) throw failure;
  }
}
