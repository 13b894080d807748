/**
 * A lazy bounded map: applies a task to each item of an iterable on a pool, as results are asked for.
 */

import type { Semaphore } from '../allocation/semaphore.ts';
import { placeOf } from '../base/site.ts';
import { type MovedOut, movedWithAll, moveOut } from '../codec/moved.ts';
import { openSource } from '../streams/open-source.ts';
import type { CallEvent } from '../task/call-event.ts';
import { Failure } from '../task/failure.ts';
import { type AttemptFailure, failure } from '../task/outcome.ts';
import type { TaskCore, TaskModule } from '../task/task-core.ts';
import { pinOf } from './affinity.ts';
import type { MapOptions } from './map-options.ts';
import type { Work, WorkOwner } from './work.ts';
import type { WorkPool } from './work-pool.ts';

/**
 * The results of a map.
 *
 * - **Laziness:** nothing is taken from the inputs before the first result is asked for.
 * - **Bound:** at most `window` inputs are taken beyond those whose results were given out.
 * - **Leaving early:** `break`, or disposing of it, closes the inputs and takes back what has not started.
 */
export interface MapResults<Result> extends AsyncIterableIterator<Result>, AsyncDisposable {
  /** How many results there will be, if the inputs tell how many they are. */
  readonly size: number | undefined;
  /** Waits for all results. */
  toArray(): Promise<Result[]>;
  next(): Promise<IteratorResult<Result, undefined>>;
  return(): Promise<IteratorResult<Result, undefined>>;
}

/** One input that was taken: whether it has an outcome, and which. */
const waiting = 0;
const succeeded = 1;
const failed = 2;

/** Inputs that were taken together. */
interface Chunk {
  readonly values: unknown[];
  readonly states: Uint8Array;
  /** In an ordered map: how many results were given out. */
  given: number;
  /** The index of the first. */
  readonly first: number;
}

/** A result that came, in an unordered map. */
interface Arrived {
  readonly value: unknown;
  readonly isFailure: boolean;
  /** Of its input. */
  readonly index: number;
}

export interface MapParts {
  readonly pool: WorkPool;
  readonly core: TaskCore;
  readonly module: TaskModule;
  readonly inputs: Iterable<unknown> | AsyncIterable<unknown>;
  readonly options: MapOptions;
  /** How many slots each call takes. @defaultValue 1 */
  readonly slots?: number;
  /** The threads that calls are counted among, if they are not those of the process. */
  readonly threads?: Semaphore | undefined;
  /** Gives the key of the worker that a call must run at. */
  readonly affinity?: ((...args: readonly unknown[]) => unknown) | undefined;
  /** Told what a call tells while it runs, by the index of its input. */
  readonly told?: ((index: number, event: CallEvent) => void) | undefined;
  /** Told what a call failed with, before whoever reads the results. */
  readonly failed?: ((error: unknown) => void) | undefined;
  /** Opens something that shows how far the map is; called when the first result is asked for. */
  readonly openMeter: ((total: number | undefined) => Meter) | undefined;
}

/** Told how far a map is. */
export interface Meter {
  /** A result was given out. */
  add(): void;
  /** The map is over. */
  end(): void;
}

/** How many inputs an automatic window has for each worker, at least. */
const inputsPerWorker = 4;

export class MapRun implements MapResults<unknown> {
  readonly size: number | undefined;
  readonly #parts: MapParts;
  readonly #isOrdered: boolean;
  readonly #errors: 'throw' | 'yield' | 'collect';
  readonly #owners = new Set<WorkOwner>();
  /** Taken inputs, in order; an ordered map gives their results from the first on. */
  readonly #chunks: Chunk[] = [];
  /** Results of an unordered map that were not given out yet. */
  #arrived: Arrived[] = [];
  #nextArrived = 0;
  #iterator: Iterator<unknown> | undefined;
  #asyncIterator: AsyncIterator<unknown> | undefined;
  #isTaking = false;
  /** Inputs taken whose results were not given out. */
  #out = 0;
  #taken = 0;
  #hasAllInputs = false;
  #isOver = false;
  /** Whether it has thrown: from then on there are no more results. */
  #hasFailed = false;
  /** What ends the map once all before it is given out: an error of the inputs, or the signal's reason. */
  #ending: { readonly error: unknown } | undefined;
  readonly #collected: { readonly index: number; readonly error: unknown }[] = [];
  /** Those who wait for a result, first come first served. */
  readonly #askers: PromiseWithResolvers<IteratorResult<unknown, undefined>>[] = [];
  #stopListening: () => void = () => undefined;
  #meter: Meter | undefined;

  constructor(parts: MapParts) {
    this.#parts = parts;
    const { ordered = true, errors = 'throw', signal } = parts.options;
    this.#isOrdered = ordered;
    this.#errors = errors;
    this.size = sizeOf(parts.inputs);
    if (signal === undefined) return;
    const onAbort = (): void => this.#abort(signal.reason);
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', onAbort);
    }
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#taken === 0 && !this.#isOver) this.#meter ??= this.#parts.openMeter?.(this.size);
    if (this.#askers.length === 0) {
      const ready = this.#tryGive();
      if (ready !== undefined) return ready;
    }
    const asker = Promise.withResolvers<IteratorResult<unknown, undefined>>();
    this.#askers.push(asker);
    this.#take();
    this.#serve();
    return asker.promise;
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
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

  // Giving results

  #serve(): void {
    while (this.#askers.length > 0) {
      const ready = this.#tryGive();
      if (ready === undefined) return;
      this.#askers.shift()?.resolve(ready);
    }
  }

  /** The next result, if it is there: settled, since many come at a time. */
  #tryGive(): Promise<IteratorResult<unknown, undefined>> | undefined {
    if (this.#isOver || this.#hasFailed) return Promise.resolve({ done: true, value: undefined });
    const result = this.#isOrdered ? this.#nextInOrder() : this.#nextArrivedResult();
    if (result === undefined) {
      // What was collected has left room in the window.
      this.#take();
      return this.#tryEnd();
    }
    this.#out--;
    this.#meter?.add();
    // Taking inputs in the same breath keeps workers busy; not for each result, so that inputs travel together.
    if (this.#out * 2 <= this.#window()) this.#take();
    if (!result.isFailure) return Promise.resolve({ done: false, value: result.value });
    const why = result.value as AttemptFailure;
    if (this.#errors === 'throw') return this.#fail(why.error);
    const { name, site } = this.#parts.core;
    const value = new Failure({
      task: name,
      place: placeOf(site),
      reason: why.reason,
      error: why.error,
      index: result.index,
    });
    return Promise.resolve({ done: false, value });
  }

  #nextInOrder(): Arrived | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      if (chunk.given === chunk.values.length) {
        this.#chunks.shift();
        continue;
      }
      const state = chunk.states[chunk.given];
      if (state === waiting) return undefined;
      const value = chunk.values[chunk.given];
      chunk.values[chunk.given++] = undefined;
      if (state === failed && this.#errors === 'collect') {
        this.#out--;
        continue;
      }
      return { value, isFailure: state === failed, index: chunk.first + chunk.given - 1 };
    }
    return undefined;
  }

  #nextArrivedResult(): Arrived | undefined {
    while (this.#nextArrived < this.#arrived.length) {
      const result = this.#arrived[this.#nextArrived] as Arrived;
      this.#nextArrived++;
      // Given out are half of them or more: what is left moves, which costs each result one move at most.
      if (this.#nextArrived * 2 >= this.#arrived.length) {
        this.#arrived = this.#arrived.slice(this.#nextArrived);
        this.#nextArrived = 0;
      }
      if (!result.isFailure || this.#errors !== 'collect') return result;
      this.#out--;
    }
    return undefined;
  }

  /** Ends the map, if there is nothing left to wait for. */
  #tryEnd(): Promise<IteratorResult<unknown, undefined>> | undefined {
    if (this.#out > 0) return undefined;
    if (this.#ending !== undefined) return this.#fail(this.#ending.error);
    if (!this.#hasAllInputs) return undefined;
    if (this.#collected.length > 0) {
      const errors = this.#collected.toSorted((a, b) => a.index - b.index).map(({ error }) => error);
      const of = `${errors.length} of ${this.#taken} calls of task '${this.#parts.core.name}'`;
      return this.#fail(new AggregateError(errors, `${of} failed`));
    }
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #fail(error: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#hasFailed = true;
    // Only when whoever asked has been told: closing ends the waiting of all who ask.
    queueMicrotask(() => void this.#close());
    return Promise.reject(error);
  }

  // Taking inputs

  #window(): number {
    const { pool, module, options } = this.#parts;
    if (options.window !== undefined) return options.window;
    const batch = typeof options.batch === 'number' ? options.batch : pool.batchSizeOf(module);
    return pool.size * inputsPerWorker * Math.max(1, batch > 1 ? batch : 1);
  }

  /** Takes inputs while there is room in the window. */
  #take(): void {
    if (this.#isTaking || this.#hasAllInputs || this.#isOver || this.#ending !== undefined) return;
    if (this.#out >= this.#window()) return;
    this.#isTaking = true;
    try {
      this.#openInputs();
      if (this.#iterator === undefined) void this.#takeAsync();
      else {
        this.#takeSync(this.#iterator);
        this.#isTaking = false;
      }
    } catch (error) {
      this.#isTaking = false;
      this.#endInputs(error);
    }
  }

  #openInputs(): void {
    if (this.#iterator !== undefined || this.#asyncIterator !== undefined) return;
    const { inputs } = this.#parts;
    if (typeof inputs !== 'string' && Symbol.asyncIterator in inputs) {
      // Streams of the Web and of Node are left at once then, also while they wait for an item.
      this.#asyncIterator = openSource(inputs);
    } else this.#iterator = inputs[Symbol.iterator]();
  }

  #takeSync(iterator: Iterator<unknown>): void {
    const room = this.#window() - this.#out;
    if (room < 1) return;
    const taken: unknown[] = [];
    let ending: { readonly error: unknown } | undefined;
    try {
      while (taken.length < room) {
        const result = iterator.next();
        if (result.done === true) {
          this.#hasAllInputs = true;
          break;
        }
        taken.push(result.value);
      }
    } catch (error) {
      ending = { error };
    }
    if (taken.length > 0) this.#addOrEnd(taken);
    if (ending !== undefined) this.#endInputs(ending.error);
  }

  async #takeAsync(): Promise<void> {
    const iterator = this.#asyncIterator as AsyncIterator<unknown>;
    try {
      while (this.#out < this.#window() && !this.#isOver && this.#ending === undefined) {
        const result = await iterator.next();
        if (this.#isOver || this.#ending !== undefined) break;
        if (result.done === true) {
          this.#hasAllInputs = true;
          break;
        }
        this.#addOrEnd([result.value]);
      }
    } catch (error) {
      this.#endInputs(error);
    }
    this.#isTaking = false;
    this.#serve();
  }

  /** Hands inputs over; where that cannot be done, the map ends with the reason, and the inputs are closed. */
  #addOrEnd(inputs: unknown[]): void {
    try {
      this.#add(inputs);
    } catch (error) {
      this.#ending ??= { error };
      void this.#closeInputs();
    }
  }

  /** The inputs have thrown: what was taken is given out, then the map throws too. */
  #endInputs(error: unknown): void {
    this.#hasAllInputs = true;
    this.#ending ??= { error };
  }

  /** @throws {TypeError | ClosedError} If the inputs are no lists of arguments, or the pool takes no calls. */
  #add(inputs: unknown[]): void {
    const { module, options, affinity } = this.#parts;
    const isSingle = options.spread !== true;
    const first = this.#taken;
    if (!isSingle) checkSpread(inputs, first);
    const count = inputs.length;
    /** Tell of inputs that cannot be moved. */
    const refused: (() => void)[] = [];
    const chunk: Chunk = { values: new Array(count), states: new Uint8Array(count), given: 0, first };
    const { timeoutMs, batch } = options;
    const { slots = 1, threads } = this.#parts;
    const work = {
      task: module,
      isSingle,
      slots,
      timeoutMs,
      batch: batch === 'auto' ? undefined : batch,
      threads,
    };
    if (timeoutMs === undefined && affinity === undefined && slots === 1 && !holdsMoved(inputs, isSingle))
      this.#addWork({ ...work, inputs, owner: this.#ownerOf(chunk, first, 0, count) });
    else {
      // Calls with a time limit, a place, several slots, or memory of their own are handed over one by one.
      inputs.forEach((input, at) => {
        const args = isSingle ? [input] : (input as readonly unknown[]);
        const owner = this.#ownerOf(chunk, first, at, 1);
        let moved: MovedOut | undefined;
        try {
          moved = moveOut(args);
        } catch (error) {
          refused.push(() => owner.failed(0, failure('not-cloneable', error)));
          return;
        }
        const pin = affinity === undefined ? undefined : pinOf(affinity(...args));
        const own = moved === undefined ? input : isSingle ? moved.args[0] : moved.args;
        this.#addWork({ ...work, inputs: [own], moves: moved?.moves, pin, owner });
      });
    }
    if (this.#isOrdered) this.#chunks.push(chunk);
    this.#taken += count;
    this.#out += count;
    for (const tell of refused) tell();
  }

  #addWork(work: Work): void {
    this.#parts.pool.add(work);
    this.#owners.add(work.owner);
  }

  #ownerOf(chunk: Chunk, first: number, offset: number, count: number): WorkOwner {
    const { told } = this.#parts;
    let left = count;
    const settle = (index: number, state: number, value: unknown): void => {
      if (--left === 0) this.#owners.delete(owner);
      if (this.#isOver) return;
      const at = offset + index;
      if (state === failed && this.#errors === 'collect') {
        this.#collected.push({ index: first + at, error: (value as AttemptFailure).error });
      }
      if (this.#isOrdered) {
        chunk.values[at] = value;
        chunk.states[at] = state;
      } else this.#arrived.push({ value, isFailure: state === failed, index: first + at });
      if (this.#askers.length > 0) this.#serve();
    };
    const owner: WorkOwner = {
      succeeded: (index, value) => settle(index, succeeded, value),
      failed: (index, why) => {
        this.#parts.failed?.(why.error);
        settle(index, failed, why);
      },
      ...(told === undefined ? {} : { told: (index, event) => told(first + offset + index, event) }),
    };
    return owner;
  }

  // Ending

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    const askers = this.#askers.splice(0);
    if (askers.length === 0) {
      this.#ending = { error: reason };
      this.#out = 0;
      this.#chunks.length = 0;
      this.#arrived = [];
      this.#nextArrived = 0;
      this.#giveUp();
      void this.#closeInputs();
      return;
    }
    for (const asker of askers) asker.reject(reason);
    void this.#close();
  }

  #giveUp(): void {
    for (const owner of this.#owners) this.#parts.pool.giveUp(owner);
    this.#owners.clear();
  }

  #finish(): void {
    this.#isOver = true;
    this.#meter?.end();
    this.#stopListening();
    for (const asker of this.#askers.splice(0)) asker.resolve({ done: true, value: undefined });
  }

  /** Stops: closes the inputs, and takes back what was not started. */
  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#finish();
    this.#giveUp();
    this.#chunks.length = 0;
    this.#arrived = [];
    await this.#closeInputs();
  }

  /** Tells the inputs that no more of them is wanted. Whatever they throw, the map is over. */
  async #closeInputs(): Promise<void> {
    if (this.#hasAllInputs) return;
    this.#hasAllInputs = true;
    try {
      this.#iterator?.return?.();
      const closing = this.#asyncIterator?.return?.();
      // Inputs that were asked for an item close only when they have given it, which may be never.
      if (!this.#isTaking) await closing;
      else closing?.catch(() => undefined);
    } catch {
      // The inputs have had their say.
    }
  }
}

function sizeOf(inputs: unknown): number | undefined {
  // The length of a text counts halves of characters.
  if (typeof inputs === 'string') return undefined;
  const { length, size } = inputs as { readonly length?: unknown; readonly size?: unknown };
  if (typeof size === 'number') return size;
  return typeof length === 'number' ? length : undefined;
}

function checkSpread(inputs: readonly unknown[], first: number): void {
  inputs.forEach((input, at) => {
    if (Array.isArray(input)) return;
    throw new TypeError(
      `Cannot map with 'spread' as each input must be a list of arguments: received ${typeof input} for input ${first + at}`,
    );
  });
}

/** Whether memory of an input is to be moved. */
function holdsMoved(inputs: readonly unknown[], isSingle: boolean): boolean {
  if (isSingle) return movedWithAll(inputs) !== undefined;
  return inputs.some((args) => movedWithAll(args as readonly unknown[]) !== undefined);
}
