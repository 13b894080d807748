/**
 * What a cache keeps things in, as users open it: in memory, in files. For a database, see `openSqlite`.
 */

import { fileStore } from '../store/file-store.ts';
import { memoryStore } from '../store/memory-store.ts';
import type { Backend } from './backend.ts';
import { fileRecords } from './file-records.ts';
import { memoryRecords } from './memory-records.ts';

/**
 * Keeps calls and values in memory: gone with the process, seen by no other thread or process.
 *
 * - **Bound:** none. See `sizeLimited`.
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
 * the folder over a network.
 *
 * - **Shared:** any number of processes, of any number of machines, may use it at once.
 * - **Cost:** nothing is made or read before something is kept or asked for. There is no index: a query reads all records.
 * - **Failure:** what cannot be written is told as trouble by the cache. Nobody reads half of a file, whoever is killed.
 *
 * @param folder - absolute, or relative to the current one
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { openCache, run, task, tasks } from 'heddle';
 * import { openFiles } from 'heddle/cache';
 * const { square } = tasks(import.meta, { square: task((x: number) => x * x, { cache: true }) });
 * const folder = mkdtempSync(`${tmpdir()}/heddle-`);
 * for (const retrieved of [0, 1]) {
 *   const cache = await openCache(openFiles(folder));
 *   assert.equal(await run(square(3), { cache }), 9);
 *   assert.equal((await cache.stats()).calls.retrieved, retrieved);
 *   await cache.close();
 * }
 * rmSync(folder, { recursive: true });
 * ```
 */
export function openFiles(folder: string): Backend {
  const { join } = process.getBuiltinModule('node:path');
  return { values: fileStore(join(folder, 'values')), calls: fileRecords(join(folder, 'calls')) };
}
