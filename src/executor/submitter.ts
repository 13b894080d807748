/**
 * Single calls and maps on an executor: what every executor offers besides runs of graphs.
 */

import { scopedThreads } from '../allocation/scopes.ts';
import type { Semaphore } from '../allocation/semaphore.ts';
import { ClosedError } from '../base/errors.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import { moveOut } from '../codec/moved.ts';
import { isPlainTree } from '../codec/plain-tree.ts';
import { copyFlatList } from '../pool/single-call.ts';
import { isByReference } from '../task/argument.ts';
import { isDelayed } from '../task/delayed.ts';
import { failure, type Outcome } from '../task/outcome.ts';
import { coreOf } from '../task/task-brand.ts';
import type { TaskCore } from '../task/task-core.ts';
import type { Attempt, Executor, Session } from './executor.ts';

interface Waiting {
  readonly attempt: Attempt;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait, in order. */
class Line {
  /** Taken from `#head` on; the part before is given back now and then. */
  #waiting: Waiting[] = [];
  #head = 0;

  get next(): Waiting | undefined {
    return this.#waiting[this.#head];
  }

  push(call: Waiting): void {
    this.#waiting.push(call);
  }

  /** Takes out what is next. */
  shift(): void {
    this.#head++;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head >= 4096 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  takeAll(): readonly Waiting[] {
    const all = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    return all;
  }
}

/**
 * Runs calls one by one through a session, as many at once as there is room for; first come first served among those that are
 * counted among the same threads.
 */
export class Submitter {
  readonly #executor: Pick<Executor, 'connect' | 'slots' | 'isolated'>;
  readonly #line = new Line();
  /** Calls that are counted among other threads than those of the process; empty ones go. */
  #scoped: Map<Semaphore, Line> | undefined;
  /** By ticket. */
  readonly #running: (Waiting | undefined)[] = [];
  readonly #freeTickets: number[] = [];
  #session: Session | undefined;
  #closed: ClosedError | undefined;

  constructor(executor: Pick<Executor, 'connect' | 'slots' | 'isolated'>) {
    this.#executor = executor;
  }

  submit(task: unknown, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const core = this.#coreOf(task);
      const slots = core.hints.resources?.threads ?? 1;
      this.#refuseTooLarge(core.name, slots);
      const session = this.#open();
      const threads = scopedThreads();
      const line = threads === undefined ? this.#line : this.#lineOf(threads);
      const isNext =
        line.next === undefined &&
        (slots <= session.room(threads) || (slots === 1 && session.hasPlaceAhead?.() === true));
      const made = this.#attemptAt(core, args, slots, isNext);
      const attempt = threads === undefined ? made : { ...made, threads };
      if (isNext) this.#start(session, { attempt, resolve, reject });
      else line.push({ attempt, resolve, reject });
    });
  }

  #lineOf(threads: Semaphore): Line {
    this.#scoped ??= new Map();
    let line = this.#scoped.get(threads);
    if (line === undefined) this.#scoped.set(threads, (line = new Line()));
    return line;
  }

  #coreOf(task: unknown): TaskCore {
    const core = coreOf(task);
    if (core === undefined) {
      throw new TypeError(
        `Cannot submit a value as it must be a task: received ${typeof task}\n  make it one with task(fn) or tasks(import.meta, { fn })`,
      );
    }
    if (this.#closed !== undefined) throw this.#closed;
    return core;
  }

  /** As for a run: what the caller changes afterwards, or the task, the other does not see. */
  #attemptAt(core: TaskCore, args: readonly unknown[], slots: number, isNext: boolean): Attempt {
    const { hints } = core;
    const flat = hints.byReference === undefined ? copyFlatList(args) : undefined;
    if (flat !== undefined) return { core, args: flat, hints, slots, isFlat: true };
    const moved = moveOut(args);
    if (moved !== undefined) return { core, ...moved, hints, slots };
    if (!isPlainTree(args) && holdsDelayed(args)) {
      throw new TypeError(
        `Cannot submit task '${core.name}' as an argument is delayed\n  run(${core.name}(…), { executor }) computes it`,
      );
    }
    // Where it is sent at once, no copy is needed.
    if (isNext && this.#executor.isolated) return { core, args, hints, slots, isBorrowed: true };
    const own = args.map((arg, index) => (isByReference(core, index) ? arg : copyValue(arg)));
    return { core, args: own, hints, slots };
  }

  async *map(
    task: unknown,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
  ): AsyncGenerator<unknown, void, undefined> {
    const window: Promise<unknown>[] = [];
    try {
      for await (const input of inputs) {
        const result = this.submit(task, [input]);
        // Whoever reaches it in the order handles it; until then it must not count as unhandled.
        result.catch(() => undefined);
        window.push(result);
        if (window.length >= 2 * this.#executor.slots) yield await window.shift();
      }
      while (window.length > 0) yield await window.shift();
    } finally {
      await Promise.allSettled(window);
    }
  }

  /** Rejects what waits; what runs is told by the session. */
  close(): void {
    const reason = new ClosedError('Cannot run the call as its executor was disposed of');
    this.#closed = reason;
    this.#rejectWaiting(reason);
    for (const [ticket, call] of this.#running.entries()) {
      if (call === undefined) continue;
      this.#session?.cancel(ticket);
      call.reject(reason);
    }
    this.#running.length = 0;
    this.#session?.[Symbol.dispose]();
  }

  #open(): Session {
    this.#session ??= this.#executor.connect({
      settled: (ticket, outcome) => {
        this.#settle(ticket, outcome);
        this.#pump();
      },
      roomMade: () => this.#pump(),
      closed: () => this.close(),
    });
    return this.#session;
  }

  #start(session: Session, call: Waiting): void {
    const ticket = this.#freeTickets.pop() ?? this.#running.length;
    this.#running[ticket] = call;
    let outcome: Outcome | undefined;
    try {
      outcome = session.start(ticket, call.attempt);
    } catch (error) {
      outcome = failure('not-loadable', error);
    }
    if (outcome !== undefined) this.#settle(ticket, outcome);
  }

  /** Starts what waits, as far as there is room. */
  #pump(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#pumpLine(session, this.#line);
    const scoped = this.#scoped;
    if (scoped === undefined) return;
    for (const [threads, line] of scoped) {
      this.#pumpLine(session, line, threads);
      if (line.next === undefined) scoped.delete(threads);
    }
  }

  #pumpLine(session: Session, line: Line, threads?: Semaphore): void {
    for (let { next } = line; next !== undefined; { next } = line) {
      const { slots, core } = next.attempt;
      if (slots > session.room(threads) && slots <= this.#executor.slots) return;
      line.shift();
      try {
        // It fitted when it was submitted, but the executor may have become smaller since.
        this.#refuseTooLarge(core.name, slots);
      } catch (error) {
        next.reject(error);
        continue;
      }
      this.#start(session, next);
    }
  }

  #rejectWaiting(reason: unknown): void {
    for (const line of [this.#line, ...(this.#scoped?.values() ?? [])]) {
      for (const { reject } of line.takeAll()) reject(reason);
    }
  }

  #refuseTooLarge(name: string, slots: number): void {
    if (slots <= this.#executor.slots) return;
    throw new RangeError(
      `Cannot run task '${name}' as it needs ${slots} threads: received an executor of ${this.#executor.slots}`,
    );
  }

  #settle(ticket: number, outcome: Outcome): void {
    const call = this.#running[ticket];
    if (call === undefined) return;
    this.#running[ticket] = undefined;
    this.#freeTickets.push(ticket);
    if (outcome.is === 'failure') {
      call.reject(outcome.error);
      return;
    }
    const { value } = outcome;
    try {
      if (!isPlainTree(value) && holdsDelayed(value)) throw delayedError(call.attempt.core.name);
      call.resolve(value);
    } catch (error) {
      call.reject(error);
    }
  }
}

function delayedError(name: string): TypeError {
  return new TypeError(
    `Cannot submit task '${name}' as it returned a delayed value, which only a run goes into\n` +
      `  run(${name}(…), { executor }) does`,
  );
}

function holdsDelayed(value: unknown): boolean {
  return holdsFunction(value) && findInside(value, isDelayed) !== undefined;
}
