/**
 * `heddle cache show`: all that is known of one call.
 */

import type { Command } from 'commander';
import type { CallEntry } from '../../index.ts';
import { durationText } from '../durations.ts';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';

interface ShowFlags extends CacheFlags {
  readonly json?: boolean;
}

export function addCacheShow(cache: Command): void {
  withCacheFlags(cache.command('show'))
    .description('tell all of one call: what it was given, what it gave, when and where')
    .argument('<call>', 'the digest of a call, or its beginning')
    .option('--json', 'its record as JSON, without values')
    .action(async (prefix: string, flags: ShowFlags) => {
      await withCacheHere(flags, async (cache) => {
        const entry = await cache.record(await cache.expand(prefix));
        if (entry === undefined) throw new Error(`Cannot show a call as it is gone: received '${prefix}'`);
        const text =
          flags.json === true
            ? JSON.stringify(entry.record, undefined, 2)
            : (await linesOf(entry)).join('\n');
        process.stdout.write(`${text}\n`);
      });
    });
}

async function linesOf(entry: CallEntry): Promise<readonly string[]> {
  const { inspect } = await import('node:util');
  const shown = async (load: () => Promise<unknown>): Promise<string> => {
    try {
      return inspect(await load(), { depth: 4, maxArrayLength: 20, maxStringLength: 400 });
    } catch (error) {
      return `(${error instanceof Error ? error.message : String(error)})`;
    }
  };
  const lines = [
    `call      ${entry.digest}`,
    `task      ${entry.task}, ${entry.identity}`,
    `version   ${entry.version}`,
    `state     ${entry.state}${entry.failure === undefined ? '' : `: ${entry.failure.summary}`}`,
    `began     ${new Date(entry.startedMs).toISOString()}`,
    `took      ${durationText(entry.durationMs)}`,
    ...(entry.run === undefined ? [] : [`run       ${entry.run}`]),
  ];
  for (const { name } of entry.args) lines.push(`${name} = ${await shown(() => entry.argument(name))}`);
  if (entry.state === 'success') lines.push(`result = ${await shown(() => entry.result())}`);
  for (const [name, note] of Object.entries(entry.metadata)) lines.push(`${name}: ${JSON.stringify(note)}`);
  return lines;
}
