/**
 * Pools for users: one task, or workers with a state of their own, applied to as many inputs as there are.
 */

import { systemClock } from '../base/clock.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { randomSerial } from '../base/random.ts';
import { type Site, siteAbove } from '../base/site.ts';
import { InlinePool } from '../pool/inline-pool.ts';
import { Pool, type PoolParts } from '../pool/pool.ts';
import type { WorkPool } from '../pool/work-pool.ts';
import { showBarsOfWorkers } from '../progress/received-bars.ts';
import { isStatefulWorker, type StatefulWorker } from '../task/delayed-init.ts';
import type { Task } from '../task/task.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { Border } from '../worker/border.ts';
import { defaultWorkers } from '../worker/default-workers.ts';
import { EntryModule } from '../worker/entry-module.ts';
import { refuseWhileImporting } from '../worker/importing.ts';
import { processTransports } from '../worker/process-transport.ts';
import { setupOf } from '../worker/setup.ts';
import { threadTransports } from '../worker/thread-transport.ts';
import { checkPoolOptions, type PoolOptions } from './pool-options.ts';
import { statesHere } from './states-here.ts';
import { TaskPool } from './task-pool.ts';
import type { WorkerPool } from './worker-pool.ts';

/**
 * Opens a pool of workers for one task, which is defined in a module with `tasks(import.meta, { … })`.
 *
 * - **Where:** in worker threads, unless `kind` says otherwise.
 * - **Order, bound, laziness:** see `map`.
 * - **Blame:** a worker that dies fails the call that it ran, and is replaced; other calls lose nothing. A
 *   call whose outcome was lost on the way is run again.
 * - **At rest:** an idle pool does not keep the process alive.
 *
 * @throws {RangeError} If an option makes no sense, naming it.
 * @throws {TypeError} If the task stays in its process, or there is no such option.
 *
 * @example
 * ```ts
 * import { openPool, tasks } from 'heddle';
 * const { square } = tasks(import.meta, { square: (x: number) => x * x });
 * if (import.meta.main) {
 *   const pool = openPool(square, { workers: 2 });
 *   assert.deepEqual(await pool.map([1, 2, 3]).toArray(), [1, 4, 9]);
 *   await pool.dispose();
 * }
 * ```
 */
export function openPool<Args extends readonly unknown[], Result>(
  task: Task<Args, Result> | StatefulWorker<Args, Result> | readonly StatefulWorker<Args, Result>[],
  options: PoolOptions<Args> = {},
): WorkerPool<Args, Result> {
  refuseWhileImporting('open a pool');
  checkPoolOptions(options);
  showBarsOfWorkers();
  // In this thread stacks are whole.
  const site = options.kind === 'inline' ? undefined : siteAbove(openPool as never);
  const pool =
    isStatefulWorker(task) || Array.isArray(task)
      ? ofStates([task].flat(), options, site)
      : ofTask(task, options, site);
  return pool as unknown as WorkerPool<Args, Result>; // It takes and gives what the task does, which it knows only at run time.
}

function ofTask(task: unknown, options: PoolOptions<never>, site: Site | undefined): TaskPool {
  const core = coreOf(task);
  if (core === undefined || core.stateful !== undefined) {
    throw new TypeError(
      `Cannot open a pool as it must be for a task or for workers: received ${inspectShort(task)}\n` +
        '  make it a task with tasks(import.meta, { … }); call a class made with delayedInit to get a worker',
    );
  }
  const { workers = defaultWorkers(), clock = systemClock, affinity, onEvent } = options;
  const told = { core, clock, affinity, onEvent, site, mostWorkers: undefined };
  if (options.kind === 'inline') {
    const pool = new InlinePool({ workers, clock, functionOf: () => core.fn });
    return new TaskPool({ ...told, module: core.module ?? { url: '', name: core.name }, pool });
  }
  const module = travelling(core, options.kind);
  return new TaskPool({ ...told, module, pool: workerPool({ workers, clock, limits: options }, options) });
}

function ofStates(states: readonly unknown[], options: PoolOptions<never>, site: Site | undefined): TaskPool {
  const [first] = states;
  if (!states.every(isStatefulWorker) || !isStatefulWorker(first)) {
    throw new TypeError(
      `Cannot open a pool as its workers must be made with delayedInit: received ${inspectShort(states)}`,
    );
  }
  const { core } = first;
  if (states.some((state) => state.core.module !== core.module)) {
    throw new TypeError('Cannot open a pool as its workers must be of one class: received several');
  }
  const { workers = states.length, clock = systemClock, affinity, onEvent } = options;
  if (states.length > 1 && workers !== states.length) {
    throw new RangeError(
      `Cannot open a pool as 'workers' must be as many as are listed, ${states.length}: received ${workers}`,
    );
  }
  const module = travelling(core, options.kind);
  const specs = states.map(({ args }) => ({ module, args }));
  const mostWorkers = states.length > 1 ? states.length : undefined;
  const pool =
    options.kind === 'inline'
      ? new InlinePool({ workers, clock, ...statesHere(core, specs) })
      : workerPool({ workers, clock, states: specs, limits: options }, options);
  return new TaskPool({ core, clock, affinity, onEvent, site, mostWorkers, module, pool });
}

/** The module of a task that can be sent. */
function travelling({ name, module }: TaskCore, kind: PoolOptions['kind'] = 'threads'): TaskModule {
  if (module === undefined) {
    throw new TypeError(
      `Cannot open a pool for task '${name}' as it stays in its process: it was made with task(fn) alone\n` +
        '  define it in a module, with export const { … } = tasks(import.meta, { … })',
    );
  }
  const refusal = kind === 'inline' ? undefined : new EntryModule(kind).refusal(module.url, name);
  if (refusal !== undefined) throw new TypeError(refusal);
  return module;
}

function workerPool(
  parts: Pick<PoolParts, 'workers' | 'clock' | 'states' | 'limits'>,
  options: PoolOptions<never>,
): WorkPool {
  const { packer } = new Border(`p${randomSerial().toString(36)}.`);
  packer.use(options.codecs);
  const transports =
    options.kind === 'processes'
      ? processTransports(options)
      : threadTransports(options.kind === 'inline' ? {} : options);
  const setup =
    options.kind === 'inline' ? undefined : setupOf(options, options.kind ?? 'threads', 'open a pool');
  const isCounted = options.kind !== 'processes' || options.command === undefined;
  const { codecs } = options;
  return new Pool({ ...parts, codecs, setup, transports, packer, isCounted, roomMade: () => undefined });
}
