/**
 * One run of a pipeline, for whoever iterates it.
 */

import { ClosedError } from '../base/errors.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import { thrownLine } from '../task/failure.ts';
import type { Flow, StageCount } from './flow.ts';
import type { Meter } from './meter.ts';

/** How far one stage of a run is. */
export interface StageProgress {
  /** The name of the stage. */
  readonly name: string;
  /** Items, or windows of items, that it is done with and whose results it has given on. */
  readonly taken: number;
  /** What they came to: fewer if items were skipped, more if it yields many. */
  readonly given: number;
}

/**
 * The results of a pipeline.
 *
 * - **Order:** that of the inputs, whatever the stages.
 * - **Laziness:** nothing is taken from the inputs before the first result is asked for.
 * - **Bound:** each stage takes no more than its window beyond the results that it has given on.
 * - **Leaving early:** `break`, or disposing of it, closes the inputs and ends the workers that are this run's own.
 */
export interface PipelineResults<Result> extends AsyncIterableIterator<Result>, AsyncDisposable {
  /** How far each stage is. */
  stats(): readonly StageProgress[];
  /** Waits for all results. */
  toArray(): Promise<Result[]>;
  next(): Promise<IteratorResult<Result, undefined>>;
  return(): Promise<IteratorResult<Result, undefined>>;
}

export interface PipelineRunParts {
  readonly names: readonly string[];
  readonly counts: readonly StageCount[];
  readonly signal: AbortSignal | undefined;
  /** If somebody listens. */
  readonly meter: Meter | undefined;
  /** Called for the first result. */
  open(): Flow;
  /** Called once, when it is over, if it was opened. */
  closed(): void;
}

/** How many results are asked for at a time. */
const most = 4096;

type Step = IteratorResult<unknown, undefined>;

export class PipelineRun implements PipelineResults<unknown> {
  readonly #parts: PipelineRunParts;
  #flow: Flow | undefined;
  #items: readonly unknown[] = [];
  #given = 0;
  #isOver = false;
  /** Told once, to whoever asks next. */
  #failure: { readonly error: unknown } | undefined;
  /** Those who wait for a result, first come first served. */
  readonly #askers: PromiseWithResolvers<Step>[] = [];
  #isTaking = false;
  #hasAll = false;
  #stopListening: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: PipelineRunParts) {
    this.#parts = parts;
  }

  stats(): readonly StageProgress[] {
    const { names, counts } = this.#parts;
    return names.map((name, index) => ({ name, ...(counts[index] as StageCount) }));
  }

  next(): Promise<Step> {
    if (this.#given < this.#items.length && this.#askers.length === 0) {
      return Promise.resolve({ done: false, value: this.#items[this.#given++] });
    }
    const asker = Promise.withResolvers<Step>();
    this.#askers.push(asker);
    this.#serve();
    return asker.promise;
  }

  async return(): Promise<Step> {
    await this.#close();
    return { done: true, value: undefined };
  }

  async toArray(): Promise<unknown[]> {
    const results: unknown[] = [];
    for await (const result of this) results.push(result);
    return results;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  /** Ends it with an error, at once. */
  async end(error: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#failure = { error };
    await this.#close();
  }

  #serve(): void {
    // What is under way when it ends may never come.
    while (this.#askers.length > 0 && (this.#isOver || !this.#isTaking)) {
      if (this.#given < this.#items.length) {
        this.#askers.shift()?.resolve({ done: false, value: this.#items[this.#given++] });
      } else if (this.#isOver) this.#tellEnd();
      else this.#take();
    }
  }

  /** Who waits first is told of the failure, all others that there is no more. */
  #tellEnd(): void {
    for (const asker of this.#askers.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure === undefined) asker.resolve({ done: true, value: undefined });
      else asker.reject(failure.error);
    }
  }

  #take(): void {
    try {
      const flow = this.#open();
      if (flow === undefined) return;
      this.#parts.meter?.asked();
      const items = flow.take(most);
      if (isPromiseLike(items)) {
        this.#isTaking = true;
        void this.#waitFor(items as Promise<readonly unknown[] | undefined>);
      } else this.#add(items as readonly unknown[] | undefined);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #waitFor(items: Promise<readonly unknown[] | undefined>): Promise<void> {
    try {
      this.#add(await items);
    } catch (error) {
      this.#fail(error);
    }
    this.#isTaking = false;
    this.#serve();
  }

  #add(items: readonly unknown[] | undefined): void {
    if (this.#isOver) return;
    this.#parts.meter?.answered();
    if (items === undefined) {
      this.#hasAll = true;
      void this.#close();
    } else {
      this.#items = items;
      this.#given = 0;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    // What closing throws besides says less.
    this.#close().catch(() => undefined);
  }

  /** Begins; `undefined` if it was ended before. */
  #open(): Flow | undefined {
    if (this.#flow !== undefined) return this.#flow;
    const { signal, open } = this.#parts;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#fail(signal.reason);
        return undefined;
      }
      const onAbort = (): void => void this.end(signal.reason).catch(() => undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', onAbort);
    }
    const flow = open();
    this.#flow = flow;
    this.#parts.meter?.begin();
    return flow;
  }

  #measureEnd(): void {
    const { meter, signal } = this.#parts;
    if (meter === undefined) return;
    if (this.#hasAll) meter.end('success');
    else if (this.#failure === undefined) meter.end('cancelled', 'left before its end');
    else {
      const { error } = this.#failure;
      const isStopped = error instanceof ClosedError || (signal?.aborted === true && error === signal.reason);
      meter.end(isStopped ? 'cancelled' : 'failure', thrownLine(error));
    }
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeOnce();
    return this.#closing;
  }

  async #closeOnce(): Promise<void> {
    this.#isOver = true;
    this.#items = [];
    this.#given = 0;
    this.#stopListening();
    const closing = this.#flow?.close();
    if (this.#flow !== undefined) this.#measureEnd();
    this.#tellEnd();
    this.#parts.closed();
    await closing;
  }
}
