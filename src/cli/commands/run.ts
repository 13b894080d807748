/**
 * `heddle run`: runs what a module exports, and writes its value.
 *
 * - **Codes:** 0 if there is a value, 1 if the run failed, 130 if it was interrupted.
 * - **Ctrl-C:** the first stops the run, which waits for the calls under way to be told; the second ends at once.
 * - **Streams:** the value goes to stdout, all else to stderr.
 */

import { type Command, InvalidArgumentError } from 'commander';
import type { Dashboard } from '../../dashboard.ts';
import type { Cache, Executor, FailureMode, RunOptions, Sink } from '../../index.ts';
import { importFile, splitExport } from '../open-cache-here.ts';
import { targetOf } from '../target.ts';

const uis = ['auto', 'tree', 'bars', 'plain', 'calls', 'json', 'none'] as const;
const failureModes: readonly FailureMode[] = ['stop-starting', 'carry-on', 'cancel-rest'];

interface RunFlags {
  readonly threads?: number | true;
  readonly processes?: number | true;
  readonly concurrency?: number;
  readonly executor?: string;
  readonly cache?: string | true;
  readonly all?: boolean;
  readonly refresh?: boolean;
  readonly failure?: FailureMode;
  readonly ui: (typeof uis)[number];
  readonly dashboard?: number | true;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('run what a module exports, and write its value')
    .argument('<what>', 'a delayed value, a task or a function: ./report.ts#report')
    .argument(
      '[args...]',
      'for a task or a function, each as JSON or as a word; behind -- if one begins with -',
    )
    .option(
      '-t, --threads [count]',
      'on worker threads; as many as there are cores for this program',
      countOf,
    )
    .option('-p, --processes [count]', 'on child processes', countOf)
    .option('--concurrency <count>', 'at most so many calls at once that wait, in this thread', countOf)
    .option('-e, --executor <module#export>', 'on an executor, or what a function gives: ./cluster.ts#slurm')
    .option('-c, --cache [folder]', 'remember calls with the hint cache, in this folder (.heddle)')
    .option('--all', 'remember all calls')
    .option('--refresh', 'compute all calls anew, and remember them')
    .option('--failure <mode>', `what a failed call does to the rest: ${failureModes.join(', ')}`, failureOf)
    .option('--ui <kind>', `how it is shown, on stderr: ${uis.join(', ')}`, uiOf, 'auto')
    .option('--dashboard [port]', 'show it in a browser, too, as long as it runs', portOf)
    .option('--json', 'write the value as JSON, with what JSON has no word for as for heddle.fromJSON')
    .addHelpText(
      'after',
      '\nheddle run ./report.ts#report --threads\nheddle run ./tasks.ts#fit --cache -- 3 -0.5 sgd',
    )
    .action(async (what: string, args: readonly string[], flags: RunFlags) => {
      const stop = new AbortController();
      const onSignal = (): void => {
        if (stop.signal.aborted) process.exit(interruptedCode);
        stop.abort(new Error('Cannot go on as the run was interrupted'));
      };
      process.on('SIGINT', onSignal);
      try {
        await writeValue(await valueOf(what, args, flags, stop.signal), flags.json === true);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        // What a task in this thread still waits for must not keep it alive.
        process.stderr.write('interrupted\n', () => process.exit(interruptedCode));
      } finally {
        process.off('SIGINT', onSignal);
      }
    });
}

/** As shells tell of an interrupt: 128, and the number of the signal. */
const interruptedCode = 130;

async function valueOf(
  what: string,
  args: readonly string[],
  flags: RunFlags,
  signal: AbortSignal,
): Promise<unknown> {
  const { availableParallelism } = await import('node:os');
  const { openCache, run } = await import('../../index.ts');
  const target = await targetOf(what, args);
  const { threads, processes, concurrency, failure, refresh = false, all = false } = flags;
  const given = flags.executor === undefined ? undefined : await executorOf(flags.executor);
  let cache: Cache | undefined;
  let dashboard: Dashboard | undefined;
  try {
    const folder = flags.cache === true ? '.heddle' : flags.cache;
    if (folder !== undefined) cache = await openCache(folder);
    dashboard = await dashboardOf(flags.dashboard);
    const sinks = [await sinkOf(flags.ui, what), dashboard].filter((sink) => sink !== undefined);
    const options: RunOptions = {
      signal,
      refresh,
      cacheAll: all,
      sinks,
      ...(cache === undefined ? {} : { cache }),
      ...(failure === undefined ? {} : { failure }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(given === undefined ? {} : { executor: given }),
      ...(threads === undefined ? {} : { threads: threads === true ? availableParallelism() : threads }),
      ...(processes === undefined
        ? {}
        : { processes: processes === true ? availableParallelism() : processes }),
    };
    return await run(target, options);
  } finally {
    await dashboard?.close();
    await cache?.close();
    await given?.dispose();
  }
}

async function dashboardOf(port: number | true | undefined): Promise<Dashboard | undefined> {
  if (port === undefined) return undefined;
  const { openDashboard } = await import('../../dashboard.ts');
  return await openDashboard({ port: port === true ? 0 : port, details: true });
}

async function executorOf(text: string): Promise<Executor> {
  const { module, name } = splitExport(text);
  let found = (await importFile(module))[name];
  if (typeof found === 'function') found = await (found as () => unknown)();
  if (typeof (found as Partial<Executor> | undefined)?.connect === 'function') return found as Executor;
  throw new Error(`Cannot use an executor as the module exports none of that name: received '${text}'`);
}

async function sinkOf(ui: RunFlags['ui'], title: string): Promise<Sink | undefined> {
  const { callLog, plain, terminal } = await import('../../index.ts');
  switch (ui) {
    case 'none':
      return undefined;
    case 'plain':
      return plain({ title });
    case 'calls':
      return callLog();
    case 'json':
      return { emit: (event) => void process.stderr.write(`${JSON.stringify(event)}\n`) };
    default:
      return terminal({ title, mode: ui === 'bars' ? 'grouped' : ui });
  }
}

async function writeValue(value: unknown, asJson: boolean): Promise<void> {
  if (asJson) {
    const { toJSON } = await import('../../index.ts');
    process.stdout.write(`${toJSON(value)}\n`);
  } else if (typeof value === 'string') process.stdout.write(`${value}\n`);
  else if (value !== undefined) {
    const { inspect } = await import('node:util');
    process.stdout.write(`${inspect(value, { depth: 6, colors: process.stdout.hasColors?.() ?? false })}\n`);
  }
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It must be a positive integer.');
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

function uiOf(text: string): RunFlags['ui'] {
  const found = uis.find((ui) => ui === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be one of ${uis.join(', ')}.`);
}

function failureOf(text: string): FailureMode {
  const found = failureModes.find((mode) => mode === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be one of ${failureModes.join(', ')}.`);
}
