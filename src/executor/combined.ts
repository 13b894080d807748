/**
 * Several executors as one: each call goes to the one that is chosen for it.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import { ClosedError } from '../base/errors.ts';
import { inspectShort } from '../base/inspect-short.ts';
import { refuseUnknownOptions } from '../base/known-options.ts';
import { openedArguments } from '../codec/sealed.ts';
import type { Hints } from '../task/hints.ts';
import { failure, type Outcome } from '../task/outcome.ts';
import type { Attempt, Executor, ExecutorStatistics, Session, SessionListener } from './executor.ts';
import { openInline } from './inline.ts';
import { Submitter } from './submitter.ts';

/** What is known of a call when an executor is chosen for it. */
export interface CallToPlace {
  /** Name of the task. */
  readonly task: string;
  readonly hints: Hints;
}

export interface CombinedOptions<Name extends string = string> {
  /** By name. They belong to the combined one from now on: disposing of it disposes of them. */
  readonly executors: Readonly<Record<Name, Executor>>;
  /**
   * Gives the name of the executor for a call; `undefined` for this thread. It is not asked for plain functions that are
   * given to combinators, which stay here.
   *
   * @defaultValue the hint `executor` of the task or the call
   */
  readonly select?: (call: CallToPlace) => NoInfer<Name> | undefined;
  /**
   * How many asynchronous calls may be under way in this thread; an integer, at least 0. With 0 nothing runs here, and a
   * call for which no executor is chosen fails.
   *
   * @defaultValue 64
   */
  readonly concurrency?: number;
}

/**
 * Makes one executor of several: heavy calls go to processes or a cluster, those that only wait stay here.
 *
 * - **Capacity:** each executor is given as many calls as it has room for. Calls that are for one that is full wait for
 *   it, and hold up no call that is for another one.
 * - **This thread:** calls for which no executor is chosen run here, asynchronous ones overlapping.
 * - **Failure:** what `select` throws fails the call, as does a name that there is not.
 * - **Ownership:** disposing of it disposes of all of them.
 *
 * @throws {TypeError} If `executors` holds what is no executor.
 *
 * @example
 * ```ts
 * import { combined, openThreads, run, tasks } from 'heddle';
 * import { threadId } from 'node:worker_threads';
 * const { where } = tasks(import.meta, { where: (_: string) => threadId });
 * if (import.meta.main) {
 *   const both = combined({ executors: { heavy: openThreads({ workers: 1 }) } });
 *   const heavy = where.with({ executor: 'heavy' });
 *   const [there, here] = await run([heavy('there'), where('here')] as const, { executor: both });
 *   assert.ok(there !== 0 && here === 0);
 *   await both.dispose();
 * }
 * ```
 */
export function combined<const Name extends string>(options: CombinedOptions<Name>): Executor {
  refuseUnknownOptions(options, ['executors', 'select', 'concurrency'], 'combine executors');
  const { executors, select, concurrency = 64 } = options;
  for (const [name, executor] of Object.entries<Partial<Executor> | null>(executors ?? {})) {
    if (typeof executor?.connect === 'function') continue;
    throw new TypeError(
      `Cannot combine executors as '${name}' must be an executor: received ${inspectShort(executor)}`,
    );
  }
  if (select !== undefined && typeof select !== 'function') {
    throw new TypeError(
      `Cannot combine executors as 'select' must be a function: received ${inspectShort(select)}`,
    );
  }
  if (!Number.isInteger(concurrency) || concurrency < 0) {
    throw new RangeError(
      `Cannot combine executors as 'concurrency' must be an integer, at least 0: received ${String(concurrency)}`,
    );
  }
  return new CombinedExecutor(
    new Map(Object.entries<Executor>(executors)),
    select ?? (({ hints }) => hints.executor),
    concurrency === 0 ? undefined : openInline({ concurrency }),
  );
}

type Select = (call: CallToPlace) => string | undefined;

class CombinedExecutor implements Executor {
  readonly name = 'combined';
  readonly isolated: boolean;
  readonly #byName: ReadonlyMap<string, Executor>;
  readonly #here: Executor | undefined;
  readonly #select: Select;
  readonly #submitter: Submitter;
  #isClosed = false;

  constructor(byName: ReadonlyMap<string, Executor>, select: Select, here: Executor | undefined) {
    this.#byName = byName;
    this.#select = select;
    this.#here = here;
    this.isolated = here === undefined && [...byName.values()].every(({ isolated }) => isolated);
    this.#submitter = new Submitter(this);
  }

  get #all(): Executor[] {
    return [...this.#byName.values(), ...(this.#here === undefined ? [] : [this.#here])];
  }

  get slots(): number {
    return this.#all.reduce((sum, { slots }) => sum + slots, 0);
  }

  connect(listener: SessionListener): Session {
    if (this.#isClosed) throw new ClosedError('Cannot use the combined executor as it was disposed of');
    return new CombinedSession(this.#all, (attempt) => this.#place(attempt), listener);
  }

  /** @throws {RangeError} If there is no executor of the name that was chosen. */
  #place({ core, hints }: Attempt): Executor {
    // Plain functions that are given to combinators stay in this thread: there is nothing to choose.
    const here = this.#here ?? this.#all.find(({ isolated }) => !isolated);
    if (core.builtin !== undefined && here !== undefined) return here;
    const name = this.#select({ task: core.name, hints });
    const executor = name === undefined ? this.#here : this.#byName.get(name);
    if (executor !== undefined) return executor;
    const names = [...this.#byName.keys()].map((known) => `'${known}'`).join(', ');
    throw new RangeError(
      `Cannot run task '${core.name}' as there is no executor ${name === undefined ? 'for it' : `'${String(name)}'`}: received ${names === '' ? 'none' : names}`,
    );
  }

  submit: Executor['submit'] = (task, ...args) => this.#submitter.submit(task, args) as never;
  map: Executor['map'] = (task, inputs) => this.#submitter.map(task, inputs) as never;

  stats(): ExecutorStatistics {
    const sum = { workers: 0, running: 0, succeeded: 0, failed: 0, replaced: 0 };
    for (const executor of this.#all) {
      const stats = executor.stats();
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += stats[key];
    }
    return sum;
  }

  async dispose(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#submitter.close();
    }
    await Promise.all(this.#all.map((executor) => executor.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** One executor of several, and what waits for it. */
interface Branch {
  readonly executor: Executor;
  readonly session: Session;
  /** In order; those that were cancelled are gone. */
  readonly waiting: Map<number, Attempt>;
}

class CombinedSession implements Session {
  readonly takesSealed = true;
  readonly #branches = new Map<Executor, Branch>();
  readonly #place: (attempt: Attempt) => Executor;
  readonly #listener: SessionListener;
  /** Whether any attempt was counted among other threads than those of the process. */
  #hasScopes = false;
  /** Where attempts are, by ticket. */
  readonly #placed = new Map<number, Branch>();
  #isClosed = false;

  constructor(
    executors: readonly Executor[],
    place: (attempt: Attempt) => Executor,
    listener: SessionListener,
  ) {
    this.#place = place;
    this.#listener = listener;
    try {
      for (const executor of executors) this.#branches.set(executor, this.#open(executor));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #open(executor: Executor): Branch {
    const branch: Branch = {
      executor,
      waiting: new Map(),
      session: executor.connect({
        ...(this.#listener.takesSealed === true ? { takesSealed: true } : {}),
        settled: (ticket, outcome) => {
          if (!this.#placed.delete(ticket)) return;
          this.#listener.settled(ticket, outcome);
          this.#startWaiting(branch);
        },
        told: (ticket, event) => this.#listener.told?.(ticket, event),
        roomMade: () => {
          if (this.#isClosed || !this.#branches.has(executor)) return;
          this.#startWaiting(branch);
          this.#listener.roomMade();
        },
        closed: (reason) => {
          if (this.#isClosed) return;
          this.#isClosed = true;
          this.#listener.closed(reason);
        },
      }),
    };
    return branch;
  }

  /** The room of all of them, less what waits for those that have none. */
  room(threads?: Semaphore): number {
    let room = 0;
    for (const { session } of this.#branches.values()) room += Math.max(0, session.room(threads));
    return room;
  }

  start(ticket: number, attempt: Attempt): Outcome | undefined {
    let executor: Executor;
    try {
      executor = this.#place(attempt);
    } catch (error) {
      return failure('not-loadable', error);
    }
    const branch = this.#branches.get(executor) as Branch;
    if (attempt.slots > executor.slots) return tooLarge(attempt, executor);
    this.#placed.set(ticket, branch);
    this.#hasScopes ||= attempt.threads !== undefined;
    if (mustWait(branch, attempt) || branch.session.room(attempt.threads) < attempt.slots) {
      branch.waiting.set(ticket, attempt);
      return undefined;
    }
    const outcome = startAt(branch.session, ticket, attempt);
    if (outcome !== undefined) this.#placed.delete(ticket);
    return outcome;
  }

  #startWaiting({ executor, session, waiting }: Branch): void {
    /** Threads for whose calls there is no room: those that are counted among others go on. */
    const full = new Set<Semaphore | undefined>();
    for (const [ticket, attempt] of waiting) {
      if (this.#isClosed) return;
      const { threads, slots } = attempt;
      const isTooLarge = slots > executor.slots;
      if (full.has(threads)) continue;
      if (!isTooLarge && session.room(threads) < slots) {
        full.add(threads);
        // As a rule all are counted among the same.
        if (threads === undefined && !this.#hasScopes) return;
        continue;
      }
      waiting.delete(ticket);
      const outcome = isTooLarge ? tooLarge(attempt, executor) : startAt(session, ticket, attempt);
      if (outcome === undefined) continue;
      this.#placed.delete(ticket);
      this.#listener.settled(ticket, outcome);
    }
  }

  cancel(ticket: number): void {
    const branch = this.#placed.get(ticket);
    if (branch === undefined) return;
    this.#placed.delete(ticket);
    if (!branch.waiting.delete(ticket)) branch.session.cancel(ticket);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const { session, waiting } of this.#branches.values()) {
      waiting.clear();
      session[Symbol.dispose]();
    }
    this.#placed.clear();
  }
}

/** Starts an attempt, for which values are opened that the session does not take as they are. */
function startAt(session: Session, ticket: number, attempt: Attempt): Outcome | undefined {
  if (attempt.holdsSealed !== true || session.takesSealed === true) return session.start(ticket, attempt);
  let args: unknown[];
  try {
    args = openedArguments(attempt.args);
  } catch (error) {
    return failure('not-loadable', error);
  }
  return session.start(ticket, { ...attempt, args, holdsSealed: false });
}

/** Whether others wait before an attempt: those that are counted among the same threads, which are all as a rule. */
function mustWait({ waiting }: Branch, { threads }: Attempt): boolean {
  if (waiting.size === 0 || threads === undefined) return waiting.size > 0;
  for (const other of waiting.values()) if (other.threads === threads) return true;
  return false;
}

function tooLarge({ core, slots }: Attempt, { name, slots: most }: Executor): Outcome {
  return failure(
    'too-large',
    new RangeError(
      `Cannot run task '${core.name}' as it needs ${slots} threads: received an executor (${name}) of ${most}`,
    ),
  );
}
