/**
 * How long workers may take: to start, to import a module, to build their state, and to run a call that has a limit.
 *
 * A worker does one of these at a time, so there is one timer for each worker at most.
 */

import type { Clock } from '../base/clock.ts';
import type { Batch, Member } from './member.ts';

/** What took too long. */
export type Overdue =
  | { readonly is: 'start' }
  | { readonly is: 'state' }
  | { readonly is: 'import'; readonly task: number }
  | { readonly is: 'call'; readonly batch: Batch; readonly limitMs: number };

export interface TimeLimitsParts {
  readonly clock: Clock;
  readonly startMs: number;
  /** Whether there is no limit for starting. */
  readonly startsLate?: boolean;
  /** For building a state; without a limit if it is not given. */
  readonly stateMs: number | undefined;
  /** Told of a worker that took too long. It is not watched any more. */
  overdue(member: Member, what: Overdue): void;
}

export class TimeLimits {
  readonly #parts: TimeLimitsParts;
  readonly #watched = new Map<Member, { readonly batch: Batch | undefined; readonly timer: Disposable }>();

  constructor(parts: TimeLimitsParts) {
    this.#parts = parts;
  }

  /** A worker was started. */
  starting(member: Member): void {
    if (this.#parts.startsLate !== true) this.#watch(member, { is: 'start' }, this.#parts.startMs);
  }

  /** A worker imports the module of a task, or builds its state. */
  loading(member: Member, task: number | undefined): void {
    if (task === undefined) this.#watch(member, { is: 'state' }, this.#parts.stateMs);
    else this.#watch(member, { is: 'import', task }, this.#parts.startMs);
  }

  /** Looks what a worker does, after anything that may have changed it. */
  look(member: Member): void {
    if (!member.isReady || member.isLoading) return;
    const [batch] = member.batches;
    // The time of a call begins when its worker has all that it needs.
    const limitMs =
      batch !== undefined && member.hasLoaded(batch.task) ? batch.pieces[0]?.work.timeoutMs : undefined;
    const watched = this.#watched.get(member);
    if (batch === undefined || limitMs === undefined) {
      if (watched !== undefined) this.forget(member);
    } else if (watched === undefined || watched.batch !== batch) {
      this.#watch(member, { is: 'call', batch, limitMs }, limitMs);
    }
  }

  forget(member: Member): void {
    this.#watched.get(member)?.timer[Symbol.dispose]();
    this.#watched.delete(member);
  }

  #watch(member: Member, what: Overdue, limitMs: number | undefined): void {
    this.forget(member);
    if (limitMs === undefined || limitMs === Number.POSITIVE_INFINITY) return;
    const timer = this.#parts.clock.after(
      limitMs,
      () => {
        this.#watched.delete(member);
        this.#parts.overdue(member, what);
      },
      { ref: false },
    );
    this.#watched.set(member, { batch: what.is === 'call' ? what.batch : undefined, timer });
  }
}
