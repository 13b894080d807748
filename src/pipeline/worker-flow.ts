/**
 * A segment on workers, as a flow: cuts its input in batches, has several under way, gives their outcomes in order.
 */

import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import { isPromiseLike } from '../base/promise-like.ts';
import { BatchSize } from './batch-size.ts';
import type { Flow, StageCount } from './flow.ts';
import type { Meter } from './meter.ts';
import type { SegmentOutcome } from './segment-runner.ts';
import type { Segment } from './segments.ts';
import { StageFailedError } from './stage-failed-error.ts';

/** How many batches a worker has ahead, with the one it runs; results that nobody has taken count too. */
const batchesPerWorker = 4;

export interface WorkerFlowParts {
  readonly segment: Segment;
  readonly source: Flow;
  readonly workers: number;
  readonly clock: Clock;
  readonly meter: Meter | undefined;
  /** By the stage's index in the pipeline. */
  readonly counts: readonly StageCount[];
  /** Has a batch run. Batches of one worker run in the order in which they are handed over. */
  submit(items: readonly unknown[]): Promise<SegmentOutcome>;
  /** Lets go of what the segment has for itself: at the end of its items, or at once. */
  release(isEnd: boolean): Promise<void>;
}

/** A batch that was handed over, until its outcome is given on. */
interface Sent {
  readonly items: number;
  outcome: SegmentOutcome | undefined;
  /** Why it has none. */
  lost: { readonly error: unknown } | undefined;
}

export class WorkerFlow implements Flow {
  readonly #parts: WorkerFlowParts;
  readonly #batchSize: BatchSize | undefined;
  /** In the order of their items. */
  readonly #line: Sent[] = [];
  /** Batches without an outcome. */
  #running = 0;
  /** Items in the line, and in the batch whose values are given. */
  #out = 0;
  /** Items of the batch whose values are given. */
  #opened = 0;
  /** Taken, and not handed over yet. */
  #waiting: unknown[] = [];
  /** What the next window begins with. */
  #tail: readonly unknown[] = [];
  #isPulling = false;
  #hasAll = false;
  /** What the source has thrown: told when all before it is given on. */
  #sourceFailure: { readonly error: unknown } | undefined;
  #values: readonly unknown[] = [];
  #given = 0;
  /** What the batch has failed with whose values are given. */
  #failure: unknown;
  #hasFailed = false;
  #isOver = false;
  #asker: PromiseWithResolvers<readonly unknown[] | undefined> | undefined;
  #mostAsked = 0;

  constructor(parts: WorkerFlowParts) {
    this.#parts = parts;
    const { batchSize, window } = parts.segment;
    this.#batchSize = batchSize === undefined ? new BatchSize(window) : undefined;
  }

  take(most: number): MaybePromise<readonly unknown[] | undefined> {
    this.#pump();
    const ready = this.#tryGive(most);
    if (ready !== undefined) return ready.items;
    this.#mostAsked = most;
    this.#asker = Promise.withResolvers();
    return this.#asker.promise;
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    await Promise.all([this.#parts.source.close(), this.#parts.release(false)]);
  }

  // Giving on

  /** @throws {StageFailedError} And what a lost batch or the source have thrown. */
  #tryGive(most: number): { readonly items: readonly unknown[] | undefined } | undefined {
    for (;;) {
      if (this.#given < this.#values.length) return { items: this.#cut(most) };
      // Who asks again is done with what was given before.
      if (this.#opened > 0) {
        this.#out -= this.#opened;
        this.#opened = 0;
        this.#pump();
      }
      if (this.#hasFailed) throw this.#endWith(this.#failure);
      if (this.#isOver) return { items: undefined };
      const head = this.#line[0];
      if (head === undefined) {
        if (!this.#hasAll || this.#waiting.length > 0) return undefined;
        this.#isOver = true;
        if (this.#sourceFailure !== undefined) throw this.#releaseAfter(this.#sourceFailure.error);
        void this.#parts.release(true);
        return { items: undefined };
      }
      if (head.lost !== undefined) throw this.#endWith(this.#failureOf(head.lost.error));
      if (head.outcome === undefined) return undefined;
      this.#line.shift();
      this.#opened = head.items;
      this.#open(head.outcome, head.items);
      this.#pump();
    }
  }

  #cut(most: number): readonly unknown[] {
    const values = this.#values;
    if (this.#given === 0 && values.length <= most) {
      this.#given = values.length;
      return values;
    }
    const items = values.slice(this.#given, this.#given + most);
    this.#given += items.length;
    return items;
  }

  #open({ values, counts, failure }: SegmentOutcome, items: number): void {
    const { segment, counts: all } = this.#parts;
    this.#values = values;
    this.#given = 0;
    if (failure !== undefined) {
      const stage = segment.first + failure.stage;
      const item = (all[stage] as StageCount).taken + failure.at;
      const { name } = segment.stages[failure.stage] as { readonly name: string };
      this.#failure = new StageFailedError({ stage, name, item }, failure.error);
      this.#hasFailed = true;
    }
    segment.stages.forEach((_, index) => {
      const count = all[segment.first + index] as StageCount;
      count.taken += counts?.[index] ?? items;
      count.given += index + 1 < segment.stages.length ? (counts?.[index + 1] ?? items) : values.length;
    });
  }

  /** A batch came to nothing, as its worker was lost or could not begin: which of its items did it is not known. */
  #failureOf(error: unknown): StageFailedError {
    const { segment, counts } = this.#parts;
    const name = segment.stages.map((stage) => stage.name).join(' → ');
    const item = (counts[segment.first] as StageCount).taken;
    return new StageFailedError({ stage: segment.first, name, item }, error);
  }

  #endWith(error: unknown): unknown {
    // What closing throws besides says less.
    this.close().catch(() => undefined);
    return error;
  }

  #releaseAfter(error: unknown): unknown {
    void this.#parts.release(false);
    return error;
  }

  #forget(): void {
    this.#waiting = [];
    this.#values = [];
    this.#given = 0;
    this.#line.length = 0;
  }

  #serve(): void {
    const asker = this.#asker;
    if (asker === undefined) return;
    try {
      const ready = this.#tryGive(this.#mostAsked);
      if (ready === undefined) return;
      this.#asker = undefined;
      asker.resolve(ready.items);
    } catch (error) {
      this.#asker = undefined;
      asker.reject(error);
    }
  }

  // Taking and handing over

  get #size(): number {
    const { batchSize = this.#batchSize?.value ?? 1, window } = this.#parts.segment;
    return window === undefined ? batchSize : Math.min(batchSize, window);
  }

  /** How many more items may be taken. */
  #room(): number {
    const { segment, workers } = this.#parts;
    if (this.#line.length >= workers * batchesPerWorker) return 0;
    const size = this.#size;
    const left = (segment.window ?? Number.POSITIVE_INFINITY) - this.#out;
    return Math.min(size, left) - this.#waiting.length;
  }

  /** Takes items while there is room, and hands them over. */
  #pump(): void {
    if (this.#isOver) return;
    // Inputs may end the run while they are taken.
    while (!this.#isOver && !this.#hasAll && !this.#isPulling) {
      const room = this.#room();
      if (room <= 0) break;
      try {
        const items = this.#parts.source.take(room);
        if (isPromiseLike(items)) {
          this.#isPulling = true;
          this.#flush();
          void this.#pull(items as Promise<readonly unknown[] | undefined>);
          return;
        }
        this.#add(items as readonly unknown[] | undefined);
      } catch (error) {
        this.#endInput({ error });
      }
    }
    this.#flush();
  }

  async #pull(items: Promise<readonly unknown[] | undefined>): Promise<void> {
    try {
      this.#add(await items);
    } catch (error) {
      this.#endInput({ error });
    }
    this.#isPulling = false;
    this.#pump();
    this.#serve();
  }

  #add(items: readonly unknown[] | undefined): void {
    if (this.#isOver) return;
    if (items === undefined) this.#endInput(undefined);
    else {
      // A list of another flow's is not added to.
      if (this.#waiting.length === 0)
        this.#waiting = items.length < this.#size ? [...items] : (items as unknown[]);
      else this.#waiting.push(...items);
      if (this.#waiting.length >= this.#size) this.#flush();
    }
  }

  #endInput(failure: { readonly error: unknown } | undefined): void {
    this.#hasAll = true;
    this.#sourceFailure = failure;
  }

  /** Hands over what waits: if it is a batch, or nothing better can be done. */
  #flush(): void {
    const { workers } = this.#parts;
    const waiting = this.#waiting.length;
    if (waiting === 0 || this.#isOver || this.#line.length >= workers * batchesPerWorker) return;
    // A worker that has nothing to do does not wait for a batch to be full.
    if (waiting < this.#size && this.#running >= workers && !this.#hasAll) return;
    const items = this.#windows(this.#waiting);
    this.#waiting = [];
    if (items !== undefined) this.#send(items, waiting);
  }

  /** With what the first window needs of the items before; `undefined` if there is no window yet. */
  #windows(items: readonly unknown[]): readonly unknown[] | undefined {
    const { windowOf } = this.#parts.segment;
    if (windowOf <= 1) return items;
    const all = [...this.#tail, ...items];
    this.#tail = all.slice(-(windowOf - 1));
    return all.length < windowOf ? undefined : all;
  }

  #send(items: readonly unknown[], fresh: number): void {
    const { clock, meter, segment, submit } = this.#parts;
    const count = items.length - Math.max(0, segment.windowOf - 1);
    const sent: Sent = { items: count, outcome: undefined, lost: undefined };
    this.#line.push(sent);
    this.#out += count;
    this.#running++;
    const sentMs = clock.nowMs();
    submit(items).then(
      (outcome) => {
        sent.outcome = outcome;
        outcome.busyMs?.forEach((busyMs, index) => meter?.wasBusy(segment.first + index, busyMs));
        this.#running--;
        this.#batchSize?.took(fresh, clock.nowMs() - sentMs);
        this.#pump();
        this.#flush();
        this.#serve();
      },
      (error: unknown) => {
        sent.lost = { error };
        this.#running--;
        this.#serve();
      },
    );
  }
}
