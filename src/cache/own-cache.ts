/**
 * The cache of a function that was given none: in memory, and bounded.
 */

import { memoryStore } from '../store/memory-store.ts';
import type { Cache } from './cache.ts';
import { sizeLimited } from './compose/size-limited.ts';
import { memoryRecords } from './memory-records.ts';
import { cacheOver } from './open-cache.ts';

/** How much such a cache keeps, at most. Arbitrary: little enough for some of them, much for one. */
const maxBytes = 64 * 2 ** 20;
const maxCount = 100_000;

/** Opens one. It holds nothing open. */
export function ownCache(): Cache {
  const backend = sizeLimited({ values: memoryStore(), calls: memoryRecords() }, { maxBytes, maxCount });
  // Whoever calls the function has the arguments.
  return cacheOver(backend, { storeArguments: false });
}
