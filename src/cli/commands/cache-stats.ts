/**
 * `heddle cache stats`: how much a cache keeps.
 */

import type { Command } from 'commander';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';
import { textTable } from '../text-table.ts';

interface StatsFlags extends CacheFlags {
  readonly json?: boolean;
}

export function addCacheStats(cache: Command): void {
  withCacheFlags(cache.command('stats'))
    .description('count what it keeps, by task')
    .option('--json', 'as JSON')
    .action(async (flags: StatsFlags) => {
      await withCacheHere(flags, async (cache) => {
        const { records, values, bytes, runs } = await cache.stats();
        const tasks = new Map<string, { calls: number; ms: number }>();
        for await (const { task, durationMs = 0 } of cache.query()) {
          const known = tasks.get(task) ?? { calls: 0, ms: 0 };
          tasks.set(task, { calls: known.calls + 1, ms: known.ms + durationMs });
        }
        if (flags.json === true) {
          const counts = { records, values, bytes, runs, tasks: Object.fromEntries(tasks) };
          process.stdout.write(`${JSON.stringify(counts, undefined, 2)}\n`);
          return;
        }
        const { success, failure, begun, graphs } = records;
        process.stdout.write(
          `${success} calls, ${failure} that failed, ${begun} that have not ended, ${graphs} graphs; ${values} values of ${bytes} bytes; ${runs} runs\n`,
        );
        if (tasks.size === 0) return;
        const rows = [...tasks]
          .sort(([, one], [, other]) => other.ms - one.ms)
          .map(([task, { calls, ms }]) => [task, String(calls), (ms / 1000).toFixed(2)]);
        process.stdout.write(`\n${textTable(['task', 'calls', 'seconds saved each time'], rows)}`);
      });
    });
}
