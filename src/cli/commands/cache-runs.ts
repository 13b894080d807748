/**
 * `heddle cache runs`: the runs that were noted, the newest first.
 */

import type { Command } from 'commander';
import { durationText } from '../durations.ts';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';
import { textTable } from '../text-table.ts';
import { countOf } from './cache-ls.ts';

interface RunsFlags extends CacheFlags {
  readonly limit: number;
  readonly json?: boolean;
}

export function addCacheRuns(cache: Command): void {
  withCacheFlags(cache.command('runs'))
    .description('list runs: what they computed, attached, retrieved; when and where')
    .option('-n, --limit <count>', 'at most that many', countOf, 20)
    .option('--json', 'a line of JSON for each')
    .action(async (flags: RunsFlags) => {
      await withCacheHere(flags, async (cache) => {
        const rows: string[][] = [];
        let left = flags.limit;
        for await (const run of cache.runs()) {
          const counts = await run.counts();
          if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...run.record, counts })}\n`);
          else {
            const { computed, attached, retrieved, failed } = counts;
            const when = new Date(run.startedMs).toISOString().slice(0, 19).replace('T', ' ');
            const numbers = [computed, attached, retrieved, failed].map(String);
            rows.push([
              run.id,
              when,
              durationText(run.durationMs),
              run.is,
              ...numbers,
              run.executor,
              run.where,
            ]);
          }
          if (--left === 0) break;
        }
        if (flags.json === true) return;
        const head = [
          'run',
          'when (UTC)',
          'took',
          'is',
          'computed',
          'attached',
          'retrieved',
          'failed',
          'executor',
          'where',
        ];
        process.stdout.write(textTable(head, rows));
      });
    });
}
