/**
 * Where the function of a cadet runs: here, or in the worker threads that the cadets of this process have in common.
 *
 * The worker threads belong to no object, since cadets are started one by one, by whoever calls them: they start when they
 * are needed, as many as run at once, do not keep the process alive, and end when they have had nothing to do for a while.
 * How many run at once is decided before: a cadet has its threads of those of the process when it comes here.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { TimedOutError } from '../../base/errors.ts';
import { type Session } from '../../executor/executor.ts';
import { PoolExecutor } from '../../executor/pool-executor.ts';
import { RunningCall, setCurrentCall } from '../../task/current-call.ts';
import { failure, type Outcome } from '../../task/outcome.ts';
import type { TaskCore } from '../../task/task-core.ts';
import { setupOf } from '../../worker/setup.ts';
import { threadTransports } from '../../worker/thread-transport.ts';

/** A call that was started. */
export interface StartedCall {
  /** Nobody waits for it any more. Nothing is told of it from now on. */
  cancel(reason: unknown): void;
}

/** How long a worker thread may have nothing to do before it ends, in milliseconds. Arbitrary: longer than a pause to think. */
const idleTimeoutMs = 30_000;
/** More worker threads than run at once on any machine: the limit is elsewhere. */
const mostWorkers = 65_536;

/** Shared by all copies of the library in this thread. */
const workersKey = Symbol.for('heddle.cadet-workers');

class CadetWorkers {
  readonly #executor: PoolExecutor;
  readonly #session: Session;
  readonly #settled: (((outcome: Outcome) => void) | undefined)[] = [];
  readonly #freeTickets: number[] = [];

  constructor(clock: Clock) {
    this.#executor = new PoolExecutor({
      name: 'threads',
      plural: 'worker threads of cadets',
      transports: threadTransports({}),
      workers: mostWorkers,
      clock,
      limits: { idleTimeoutMs },
      codecs: undefined,
      setup: setupOf({}, 'threads', 'start a cadet'),
      isCounted: false,
    });
    this.#session = this.#executor.connect({
      settled: (ticket, outcome) => this.#settle(ticket, outcome),
      roomMade: () => undefined,
      closed: () => undefined,
    });
  }

  start(
    core: TaskCore,
    args: readonly unknown[],
    held: number,
    settled: (outcome: Outcome) => void,
  ): StartedCall {
    const ticket = this.#freeTickets.pop() ?? this.#settled.length;
    this.#settled[ticket] = settled;
    const { hints } = core;
    // Those of the process that it takes it has: here it takes one worker.
    const outcome = this.#session.start(ticket, { core, args, hints, slots: 1, isBorrowed: true, held });
    if (outcome !== undefined) this.#settle(ticket, outcome);
    return {
      cancel: () => {
        if (this.#settled[ticket] !== settled) return;
        this.#session.cancel(ticket);
        this.#release(ticket);
      },
    };
  }

  #settle(ticket: number, outcome: Outcome): void {
    const settled = this.#settled[ticket];
    this.#release(ticket);
    settled?.(outcome);
  }

  #release(ticket: number): void {
    if (this.#settled[ticket] === undefined) return;
    this.#settled[ticket] = undefined;
    this.#freeTickets.push(ticket);
  }
}

/**
 * Starts a call in a worker thread. What is told of it is told with nothing else on the stack that belongs to the caller.
 *
 * @param held - how many threads it has: what it starts there uses those
 */
export function startInWorker(
  core: TaskCore,
  args: readonly unknown[],
  held: number,
  settled: (outcome: Outcome) => void,
): StartedCall {
  const global = globalThis as { [workersKey]?: CadetWorkers };
  global[workersKey] ??= new CadetWorkers(systemClock);
  return global[workersKey].start(core, args, held, settled);
}

/** The threads of a function that runs here. */
export interface HeldThreads {
  /** Does something in the surroundings of what holds them. They are given back when that has settled, and all it started. */
  inside(act: () => unknown): Promise<unknown>;
  /**
   * Gives them back now. What is given up on cannot be ended here, and may never end: kept, its threads would be lost, and
   * what waits for them would wait for ever.
   */
  giveUp(): void;
}

/**
 * Runs a function here, after the events that are due have had their turn: so starting a cadet waits for nothing.
 *
 * @param held - its threads
 */
export function startHere(
  { fn, name, hints }: TaskCore,
  args: readonly unknown[],
  settled: (outcome: Outcome) => void,
  held: HeldThreads,
): StartedCall {
  const clock = systemClock;
  let isWanted = true;
  let running: RunningCall | undefined;
  let timer: Disposable | undefined;
  const tell = (outcome: Outcome): void => {
    if (!isWanted) return;
    isWanted = false;
    timer?.[Symbol.dispose]();
    settled(outcome);
  };
  const act = (): unknown => {
    if (!isWanted) return undefined;
    const { timeoutMs } = hints;
    if (timeoutMs !== undefined) {
      timer = clock.after(timeoutMs, () => {
        const text = `Cannot wait for cadet '${name}' any longer as it took more than ${timeoutMs} ms`;
        const error = new TimedOutError(text);
        tell(failure('timed-out', error));
        running?.abort(error);
        held.giveUp();
      });
    }
    const before = setCurrentCall(() => (running ??= new RunningCall(name)));
    try {
      return fn(...(args as never[]));
    } finally {
      setCurrentCall(before);
    }
  };
  clock.soon(() => {
    held.inside(act).then(
      (value) => tell({ is: 'success', value }),
      (error: unknown) => tell(failure('threw', error)),
    );
  });
  return {
    cancel: (reason) => {
      if (!isWanted) return;
      isWanted = false;
      timer?.[Symbol.dispose]();
      running?.abort(reason);
      held.giveUp();
    },
  };
}
