/**
 * Single calls and maps on an executor: what every executor offers besides runs of graphs.
 */

import { ClosedError } from '../base/errors.ts';
import { copyValue } from '../codec/copy.ts';
import { findInside } from '../codec/find.ts';
import { holdsFunction } from '../codec/holds-function.ts';
import { isByReference } from '../task/argument.ts';
import { isDelayed } from '../task/delayed.ts';
import type { Outcome } from '../task/outcome.ts';
import { coreOf } from '../task/task-brand.ts';
import type { Attempt, Session, SessionListener } from './executor.ts';

interface Waiting {
  readonly attempt: Attempt;
  readonly ends: PromiseWithResolvers<unknown>;
}

/** Runs calls one by one through a session, as many at once as there is room for; first come first served. */
export class Submitter {
  readonly #connect: (listener: SessionListener) => Session;
  readonly #slots: () => number;
  /** Taken from `#head` on; the part before is given back now and then. */
  #waiting: Waiting[] = [];
  #head = 0;
  readonly #running = new Map<number, Waiting>();
  #session: Session | undefined;
  #closed: ClosedError | undefined;
  #nextTicket = 0;

  constructor(connect: (listener: SessionListener) => Session, slots: () => number) {
    this.#connect = connect;
    this.#slots = slots;
  }

  async submit(task: unknown, args: readonly unknown[]): Promise<unknown> {
    const core = coreOf(task);
    if (core === undefined) {
      throw new TypeError(
        `Cannot submit a value as it must be a task: received ${typeof task}\n  make it one with task(fn) or tasks(import.meta, { fn })`,
      );
    }
    if (this.#closed !== undefined) throw this.#closed;
    const slots = core.hints.resources?.threads ?? 1;
    this.#refuseTooLarge(core.name, slots);
    if (holdsDelayed(args)) {
      throw new TypeError(
        `Cannot submit task '${core.name}' as an argument is delayed\n  run(${core.name}(…), { executor }) computes it`,
      );
    }
    // As for a run: what the caller changes afterwards, or the task, the other does not see.
    const own = args.map((arg, index) => (isByReference(core, index) ? arg : copyValue(arg)));
    const ends = Promise.withResolvers<unknown>();
    this.#waiting.push({ attempt: { core, args: own, hints: core.hints, slots }, ends });
    this.#pump();
    return await ends.promise;
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
        if (window.length >= 2 * this.#slots()) yield await window.shift();
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
    for (const [ticket, { ends }] of this.#running) {
      this.#session?.cancel(ticket);
      ends.reject(reason);
    }
    this.#running.clear();
    this.#session?.[Symbol.dispose]();
  }

  #pump(): void {
    try {
      this.#session ??= this.#connect({
        settled: (ticket, outcome) => {
          this.#settle(ticket, outcome);
          this.#pump();
        },
        roomMade: () => this.#pump(),
        closed: () => this.close(),
      });
    } catch (error) {
      this.#rejectWaiting(error);
      return;
    }
    for (let next = this.#waiting[this.#head]; next !== undefined; next = this.#waiting[this.#head]) {
      const { slots, core } = next.attempt;
      if (slots > this.#session.room() && slots <= this.#slots()) return;
      this.#head++;
      if (this.#head * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#head);
        this.#head = 0;
      }
      try {
        // It fitted when it was submitted, but the executor may have become smaller since.
        this.#refuseTooLarge(core.name, slots);
      } catch (error) {
        next.ends.reject(error);
        continue;
      }
      const ticket = this.#nextTicket++;
      this.#running.set(ticket, next);
      const outcome = this.#session.start(ticket, next.attempt);
      if (outcome !== undefined) this.#settle(ticket, outcome);
    }
  }

  #rejectWaiting(reason: unknown): void {
    for (const { ends } of this.#waiting.slice(this.#head)) ends.reject(reason);
    this.#waiting = [];
    this.#head = 0;
  }

  #refuseTooLarge(name: string, slots: number): void {
    if (slots <= this.#slots()) return;
    throw new RangeError(
      `Cannot run task '${name}' as it needs ${slots} threads: received an executor of ${this.#slots()}`,
    );
  }

  #settle(ticket: number, outcome: Outcome): void {
    const waiting = this.#running.get(ticket);
    this.#running.delete(ticket);
    if (outcome.is === 'failure') {
      waiting?.ends.reject(outcome.error);
      return;
    }
    try {
      if (holdsDelayed(outcome.value)) throw delayedError(waiting?.attempt.core.name ?? '');
      waiting?.ends.resolve(outcome.value);
    } catch (error) {
      waiting?.ends.reject(error);
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
