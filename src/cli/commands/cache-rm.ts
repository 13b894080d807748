/**
 * `heddle cache rm`: forgets calls, so that they are computed anew. Values that nothing refers to any more go with `gc`.
 */

import type { Command } from 'commander';
import { withCacheHere } from '../open-cache-here.ts';
import { type CallFlags, filterOf, withCallFlags } from './cache-ls.ts';

interface RmFlags extends CallFlags {
  readonly all?: boolean;
}

export function addCacheRm(cache: Command): void {
  withCallFlags(cache.command('rm'))
    .description('forget calls: some by their digests, or those that the flags mean')
    .argument('[calls...]', 'digests of calls, or their beginnings')
    .option('--all', 'all of them')
    .action(async (prefixes: readonly string[], flags: RmFlags, command: Command) => {
      const { task, run, within, arg, all = false } = flags;
      const isMeant = all || [task, run, within, arg].some((flag) => flag !== undefined);
      if (prefixes.length === 0 && !isMeant)
        command.error('Cannot forget calls as it is not said which\n  heddle cache rm --task fit, or --all');
      await withCacheHere(flags, async (cache, nowMs) => {
        let count = 0;
        for (const prefix of prefixes) if (await cache.evict(await cache.expand(prefix))) count++;
        if (isMeant) count += await cache.query(filterOf(flags, nowMs)).evict();
        process.stdout.write(`forgot ${count} ${count === 1 ? 'call' : 'calls'}\n`);
      });
    });
}
