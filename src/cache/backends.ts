/**
 * What a cache keeps things in, as users open it: in memory, in files. For a database, see `openSqlite`.
 */

import { fileStore } from '../store/file-store.ts';
import { memoryStore } from '../store/memory-store.ts';
import type { Backend } from './backend.ts';
import { fileRecords } from './file-records.ts';
import { memoryRecords } from './memory-records.ts';

/**
 * Keeps calls and values in memory: gone with the process, seen by no other.
 *
 * @example
 * ```ts
 * import { openCache } from 'heddle';
 * import { openMemory, sizeLimited } from 'heddle/cache';
 * await using cache = await openCache(sizeLimited(openMemory(), { maxBytes: 100 * 2 ** 20 }));
 * assert.equal((await cache.stats()).values, 0);
 * ```
 */
export function openMemory(): Backend {
  return { values: memoryStore(), calls: memoryRecords() };
}

/**
 * Keeps calls and values in the files of a folder, one for each: slower than a database, and safe also where machines share
 * the folder over a network. Nothing is made before something is kept.
 *
 * @param folder - absolute, or relative to the current one
 */
export function openFiles(folder: string): Backend {
  const { join } = process.getBuiltinModule('node:path');
  return { values: fileStore(join(folder, 'values')), calls: fileRecords(join(folder, 'calls')) };
}
