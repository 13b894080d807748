/**
 * `heddle cache export`: where values come from, in the formats of others.
 */

import { type Command, Option } from 'commander';
import type { Cache, Lineage } from '../../index.ts';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';

interface ExportFlags extends CacheFlags {
  readonly format: 'prov' | 'ro-crate' | 'json';
  readonly run?: string;
  readonly call?: string;
  readonly to?: string;
}

export function addCacheExport(cache: Command): void {
  withCacheFlags(cache.command('export'))
    .description('write the provenance of a call, or of a run (the latest, if neither is said)')
    .addOption(
      new Option('-f, --format <format>', 'W3C PROV-JSON, a folder that is an RO-Crate, or heddle’s own JSON')
        .choices(['prov', 'ro-crate', 'json'])
        .default('prov'),
    )
    .option('--run <id>', 'of all calls of a run')
    .option('--call <digest>', 'of a call: where its value comes from')
    .option('-o, --to <path>', 'a file, or the folder of an RO-Crate; stdout if it is not given')
    .action(async (flags: ExportFlags, command: Command) => {
      const { format, to } = flags;
      if (format === 'ro-crate' && to === undefined)
        command.error(
          'Cannot write an RO-Crate as it needs a folder\n  heddle cache export -f ro-crate --to FOLDER',
        );
      await withCacheHere(flags, async (cache) => {
        const lineage = await lineageOf(cache, flags);
        if (format === 'ro-crate') {
          await cache.writeRoCrate(lineage, to as string);
          return;
        }
        const { toProv } = await import('../../cache.ts');
        const text = `${JSON.stringify(format === 'prov' ? toProv(lineage) : lineage, undefined, 2)}\n`;
        if (to === undefined) process.stdout.write(text);
        else await (await import('node:fs/promises')).writeFile(to, text);
      });
    });
}

async function lineageOf(cache: Cache, { run, call }: ExportFlags): Promise<Lineage> {
  if (call !== undefined) return await cache.lineage(await cache.expand(call));
  if (run !== undefined) return await cache.lineageOfRun(run);
  for await (const { id } of cache.runs()) return await cache.lineageOfRun(id);
  throw new Error('Cannot export a run as the cache has none\n  heddle cache export --call DIGEST');
}
