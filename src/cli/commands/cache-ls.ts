/**
 * `heddle cache ls`: the calls that are remembered, the newest first.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CallFilter } from '../../index.ts';
import { durationMs, durationText } from '../durations.ts';
import { jsonOrText } from '../json-or-text.ts';
import { type CacheFlags, withCacheFlags, withCacheHere } from '../open-cache-here.ts';
import { textTable } from '../text-table.ts';

/** Which calls are meant. */
export interface CallFlags extends CacheFlags {
  readonly task?: string;
  readonly run?: string;
  readonly state: NonNullable<CallFilter['state']>;
  readonly within?: number;
  readonly arg?: Readonly<Record<string, unknown>>;
}

/** Adds what says which calls are meant. */
export function withCallFlags(command: Command): Command {
  return withCacheFlags(command)
    .option('-t, --task <name>', 'calls of a task')
    .option('-a, --arg <name=json>', 'calls with an argument, or with a member of one; repeatable', argument)
    .option('--run <id>', 'calls that a run has computed')
    .option('--within <duration>', 'calls that began within that time: 2h', durationMs)
    .addOption(
      new Option('-s, --state <state>', 'how far they have come')
        .choices(['success', 'failure', 'begun', 'any'])
        .default('success'),
    );
}

/** The query for the calls that are meant. */
export function filterOf({ task, run, state, within, arg }: CallFlags, nowMs: number): CallFilter {
  return {
    state,
    ...(task === undefined ? {} : { task }),
    ...(run === undefined ? {} : { run }),
    ...(arg === undefined ? {} : { args: arg }),
    ...(within === undefined ? {} : { sinceMs: nowMs - within }),
  };
}

function argument(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError("It must be a name and a value: 'lr=0.1'.");
  return { ...before, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) };
}

/** A call may have hundreds of arguments; `show` and `--json` tell all. */
function short(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown - 1)}…`;
}

/** A whole number above 0. */
export function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}

/** How many characters of a call are listed. Arbitrary: a wide terminal shows them in two lines. */
const mostShown = 200;

interface LsFlags extends CallFlags {
  readonly limit: number;
  readonly values?: boolean;
  readonly json?: boolean;
}

export function addCacheLs(cache: Command): void {
  withCallFlags(cache.command('ls'))
    .description('list remembered calls, the newest first')
    .option('-n, --limit <count>', 'at most that many', countOf, 50)
    .option('-v, --values', 'show arguments and results, in short')
    .option('--json', 'a line of JSON for each')
    .action(async (flags: LsFlags) => {
      await withCacheHere(flags, async (cache, nowMs) => {
        const query = cache.query(filterOf(flags, nowMs));
        const rows = await query.take(flags.limit).table({ values: flags.values === true });
        if (flags.json === true) {
          for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
          return;
        }
        const cells = rows.map(({ digest, when, durationMs: took, state, task, args, result }) => [
          digest,
          when.slice(0, 19).replace('T', ' '),
          durationText(took),
          state,
          short(`${task}(${args})${result === undefined ? '' : ` = ${result}`}`),
        ]);
        process.stdout.write(textTable(['call', 'when (UTC)', 'took', 'state', 'what'], cells));
        if (rows.length === 0)
          process.stderr.write('no call fits; see heddle cache stats, and --state any\n');
        const more = (await query.count()) - rows.length;
        if (more > 0) process.stderr.write(`and ${more} more; see --limit, --task, --within\n`);
      });
    });
}
