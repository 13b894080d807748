/**
 * `heddle cache gc`: takes away what nobody needs.
 */

import type { Command } from 'commander';
import { durationMs } from '../durations.ts';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';

interface GcFlags extends CacheFlags {
  readonly grace?: number;
  readonly keepRuns?: number;
  readonly dryRun?: boolean;
}

export function addCacheGc(cache: Command): void {
  withCacheFlags(cache.command('gc'))
    .description('take away values that no call refers to; safe beside running jobs')
    .option('--grace <duration>', 'only what was not used for that long', durationMs, 3_600_000)
    .option('--keep-runs <duration>', 'forget runs that are older', durationMs)
    .option('--dry-run', 'only tell what would be taken away')
    .action(async ({ grace, keepRuns, dryRun = false, ...flags }: GcFlags) => {
      await withCacheHere(flags, async (cache) => {
        const gone = await cache.gc({
          dryRun,
          ...(grace === undefined ? {} : { graceMs: grace }),
          ...(keepRuns === undefined ? {} : { keepRunsMs: keepRuns }),
        });
        const { values, bytes, begun, failures, runs } = gone;
        const verb = dryRun ? 'would take' : 'took';
        process.stdout.write(
          `${verb} away ${values} values of ${bytes} bytes, ${begun} calls that never ended, ${failures} failures, ${runs} runs\n`,
        );
      });
    });
}
