/**
 * `heddle cache`: what a cache keeps, from the shell.
 */

import type { Command } from 'commander';
import { addCacheExport } from './cache-export.ts';
import { addCacheGc } from './cache-gc.ts';
import { addCacheLs } from './cache-ls.ts';
import { addCacheRm } from './cache-rm.ts';
import { addCacheRuns } from './cache-runs.ts';
import { addCacheShow } from './cache-show.ts';
import { addCacheStats } from './cache-stats.ts';
import { addCacheVerify } from './cache-verify.ts';

/** Adds the command to the program. */
export function addCache(program: Command): void {
  const cache = program.command('cache').description('look at what a cache keeps, and tidy it up');
  for (const add of [
    addCacheLs,
    addCacheShow,
    addCacheRm,
    addCacheRuns,
    addCacheGc,
    addCacheStats,
    addCacheVerify,
    addCacheExport,
  ])
    add(cache);
}
