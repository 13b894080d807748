/**
 * `heddle explain`: why a call would be computed, in words; or what differs between two.
 */

import type { Command } from 'commander';
import {
  type CacheFlags,
  importFile,
  splitExport,
  withCacheFlags,
  withCacheHere,
} from '../open-cache-here.ts';
import { jsonOrText } from './cache-ls.ts';

/** Adds the command to the program. */
export function addExplain(program: Command): void {
  withCacheFlags(program.command('explain'))
    .description('say why a call is not remembered, or what differs between two remembered calls')
    .argument('<what>', 'a task, as ./tasks.ts#fit; or the digest of a call, or its beginning')
    .argument('[args...]', 'the arguments of the call, as JSON; or the digest of another call')
    .addHelpText(
      'after',
      '\nheddle explain ./tasks.ts#fit 3 \'{"lr": 0.1}\'\nheddle explain 2e00c99d 8af8d41b',
    )
    .action(async (what: string, args: readonly string[], flags: CacheFlags) => {
      const lines = await withCacheHere(flags, async (cache) => {
        if (what.includes('#')) {
          const { module, name } = splitExport(what);
          const task = (await importFile(module))[name];
          return await cache.explain(task as never, ...(args.map(jsonOrText) as never[]));
        }
        const [other, ...more] = args;
        if (other === undefined || more.length > 0)
          throw new Error('Cannot compare calls as two are needed\n  heddle explain 2e00c99d 8af8d41b');
        const differences = await cache.explainKeys(await cache.expand(what), await cache.expand(other));
        return differences.length > 0 ? differences : ['nothing differs'];
      });
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}
