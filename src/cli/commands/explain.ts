/**
 * `heddle explain`: why a call would be computed, in words; or what differs between two.
 */

import type { Command } from 'commander';
import { jsonOrText } from '../json-or-text.ts';
import {
  type CacheFlags,
  importFile,
  splitExport,
  withCacheFlags,
  withCacheHere,
} from '../open-cache-here.ts';

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
          const exports = await importFile(module);
          if (typeof exports[name] !== 'function') throw noTask(what, exports);
          return await cache.explain(exports[name] as never, ...(args.map(jsonOrText) as never[]));
        }
        if (/[^0-9a-f]/i.test(what)) {
          throw new Error(
            `Cannot explain a call as neither a task nor a digest is given: received '${what}'\n` +
              `  a task is named as ./tasks.ts#fit`,
          );
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

function noTask(what: string, exports: Readonly<Record<string, unknown>>): Error {
  const there = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
  return new Error(
    `Cannot explain a call as the module exports no task of that name: received '${what}'` +
      (there.length === 0 ? '' : `\n  it exports ${there.map((name) => `'${name}'`).join(', ')}`),
  );
}
