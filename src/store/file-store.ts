/**
 * A store in files of a folder, for many processes, also on file systems that are shared over a network: it needs no more
 * than that renaming a file is atomic.
 *
 * Nothing in it needs to be trusted: bytes that are not those of their digest are not there. Whoever has a digest from
 * where it can trust it, such as a signed record, can trust the bytes.
 */

import { resolve } from 'node:path';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Digest } from '../codec/canonical/digester.ts';
import { BlobFiles, type BlobFilesOptions } from './blob-files.ts';
import { CacheWriteError } from './cache-write-error.ts';
import type { Store, StoreDescriptor, StoreEntry } from './store.ts';

/**
 * Makes a store in a folder. Nothing is made there before the first `put`, so it may be one that can only be read.
 *
 * - **Cost:** bytes up to 1 MiB are read and written at once, in some ten microseconds and some hundred, on a local disk;
 *   longer ones without holding up the event loop. `entries` reads the folders and asks for each file.
 * - **Failure:** what cannot be read is not there.
 *
 * @throws {CacheWriteError} By `put` and by the `flush` after it, if the file system refuses it: the disk is full.
 */
export function fileStore(folder: string, options: BlobFilesOptions = {}): Store {
  return new FileStore(resolve(folder), options);
}

class FileStore implements Store {
  readonly name: string;
  readonly descriptor: StoreDescriptor;
  readonly #files: BlobFiles;
  readonly #going = new Set<Promise<void>>();
  /** The first that could not be kept since the last flush. */
  #failed: CacheWriteError | undefined;

  constructor(folder: string, options: BlobFilesOptions) {
    this.name = `files in ${folder}`;
    this.descriptor = Object.freeze({ kind: 'files', folder });
    this.#files = new BlobFiles(folder, options);
  }

  get(digest: Digest): MaybePromise<Uint8Array | undefined> {
    return this.#files.get(digest);
  }

  put(digest: Digest, bytes: Uint8Array): MaybePromise<void> {
    try {
      const going = this.#files.put(digest, bytes);
      if (going === undefined) return undefined;
      const told = going.catch((error: unknown) => this.#refused(error));
      this.#going.add(told);
      const over = (): void => void this.#going.delete(told);
      // Also whoever waits for `flush` alone is told. So it is no rejection that nobody handles.
      told.then(over, over);
      return told;
    } catch (error) {
      return this.#refused(error);
    }
  }

  has(digest: Digest): boolean {
    return this.#files.has(digest);
  }

  delete(digest: Digest): boolean {
    return this.#files.delete(digest);
  }

  deleteUnused(digest: Digest, sinceMs: number): boolean {
    return this.#files.deleteUnused(digest, sinceMs);
  }

  entries(): AsyncIterable<StoreEntry> {
    return this.#files.entries();
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.#going);
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed !== undefined) throw failed;
  }

  close(): Promise<void> {
    return this.flush();
  }

  /** @throws {CacheWriteError} For what the file system says; what is wrong with the call itself as it is. */
  #refused(error: unknown): never {
    if (error instanceof TypeError) throw error;
    const failed = new CacheWriteError(
      `Cannot keep bytes in ${this.name} as it could not be written: received ${String(error)}`,
      { cause: error },
    );
    this.#failed ??= failed;
    throw failed;
  }
}
