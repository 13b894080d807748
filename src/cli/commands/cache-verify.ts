/**
 * `heddle cache verify`: reads all that a cache keeps, and tells what is damaged. Exits with 1 if something is.
 */

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';

interface VerifyFlags extends CacheFlags {
  readonly repair?: boolean;
  readonly json?: boolean;
}

export function addCacheVerify(cache: Command): void {
  withCacheFlags(cache.command('verify'))
    .description('read everything, and tell what is damaged; code 1 if something is')
    .option('--repair', 'forget calls of which the value is gone, so that they are computed anew')
    .option('--json', 'as JSON')
    .action(async ({ repair = false, json = false, ...flags }: VerifyFlags) => {
      await withCacheHere(flags, async (cache) => {
        const found = await cache.verify({ repair });
        const { faults } = found;
        if (faults.length > 0 || (!found.isSound && !repair)) process.exitCode = 1;
        if (json) {
          process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
          return;
        }
        const { values, bytes, records, damaged, missing, broken } = found;
        process.stdout.write(`${records} calls and ${values} values of ${bytes} bytes are sound\n`);
        for (const digest of damaged) process.stdout.write(`damaged value ${digest}\n`);
        for (const digest of missing) process.stdout.write(`missing value ${digest}\n`);
        for (const { key, task, lacks } of broken)
          process.stdout.write(`call ${key} of '${task}' lacks ${lacks.join(', ')}\n`);
        for (const fault of faults) process.stdout.write(`damaged database: ${fault}\n`);
        if (faults.length > 0) {
          process.stderr.write(
            `Move '${join(resolve(flags.cache), 'cache.db')}' away to begin with an empty cache: all in it can be computed again\n`,
          );
        } else if (!found.isSound && !repair)
          process.stderr.write('heddle cache verify --repair forgets such calls\n');
      });
    });
}
