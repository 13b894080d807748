/**
 * A segment in this thread, as a flow: each item goes through all its stages before the next is taken.
 */

import { isPromiseLike } from '../base/promise-like.ts';
import type { Flow, StageCount } from './flow.ts';
import type { Meter } from './meter.ts';
import { reshaped } from './reshape-here.ts';
import type { Segment } from './segments.ts';
import { skip } from './skip.ts';
import { makeBody, type StageBody, specialOf } from './stage-body.ts';
import { StageFailedError } from './stage-failed-error.ts';

export interface HereFlowParts {
  readonly segment: Segment;
  readonly source: Flow;
  /** How many items may be taken from the source at a time. */
  readonly most: number;
  /** By the stage's index in the pipeline. */
  readonly counts: readonly StageCount[];
  readonly meter: Meter | undefined;
  /** Told of objects that are being disposed of. */
  release(disposing: Promise<void>): Promise<void>;
}

export class HereFlow implements Flow {
  readonly #parts: HereFlowParts;
  readonly #bodies: StageBody[] = [];
  #items: AsyncIterator<unknown> | undefined;
  #isOver = false;

  constructor(parts: HereFlowParts) {
    this.#parts = parts;
  }

  async take(): Promise<readonly unknown[] | undefined> {
    if (this.#isOver) return undefined;
    try {
      this.#items ??= this.#chain();
      const step = await this.#items.next();
      if (step.done !== true) return [step.value];
    } catch (error) {
      // What closing throws besides says less.
      await this.close().catch(() => undefined);
      throw error;
    }
    await this.close();
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    // Not waited for: the generators of stages end when what they wait for has come.
    const left = this.#items?.return?.();
    left?.catch(() => undefined);
    const { source, release } = this.#parts;
    await Promise.all([source.close(), release(this.#disposeBodies())]);
  }

  async #disposeBodies(): Promise<void> {
    for (const body of this.#bodies.splice(0)) await body.dispose();
  }

  #chain(): AsyncIterator<unknown> {
    const { segment, source, most, counts, meter } = this.#parts;
    let items: AsyncIterable<unknown> = itemsOf(source, most);
    segment.stages.forEach(({ name, parts, options }, at) => {
      const stage = segment.first + at;
      const count = counts[stage] as StageCount;
      const { core, fn, args, reshape } = parts;
      const failure = (error: unknown): Error =>
        new StageFailedError({ stage, name, item: count.taken }, error);
      if (reshape !== undefined && reshape.is !== 'unbatch') {
        items = reshaped(reshape, items, fn as never, count, failure);
        return;
      }
      const body = failingAs({ stage, name, item: 0 }, () =>
        makeBody({
          fn: fn ?? core?.fn,
          Class: core?.stateful,
          args,
          isSpread: options.spread === true,
          isStateful: options.stateful === true,
        }),
      );
      this.#bodies.push(body);
      const taken = typeof options.stateful === 'number' ? windows(items, options.stateful) : items;
      items = applied(
        taken,
        body,
        count,
        failure,
        meter === undefined
          ? undefined
          : { now: () => meter.nowMs(), took: (ms) => meter.wasBusy(stage, ms) },
      );
    });
    return items[Symbol.asyncIterator]();
  }
}

function failingAs<T>(where: ConstructorParameters<typeof StageFailedError>[0], make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new StageFailedError(where, error);
  }
}

async function* itemsOf(source: Flow, most: number): AsyncGenerator<unknown, void, undefined> {
  for (;;) {
    const taken = source.take(most);
    const items = isPromiseLike(taken) ? await taken : taken;
    if (items === undefined) return;
    yield* items as readonly unknown[];
  }
}

async function* windows(
  items: AsyncIterable<unknown>,
  size: number,
): AsyncGenerator<readonly unknown[], void, undefined> {
  let window: readonly unknown[] = [];
  for await (const item of items) {
    window = window.length < size ? [...window, item] : [...window.slice(1), item];
    if (window.length === size) yield window;
  }
}

/** Measures a stage. */
interface Watch {
  now(): number;
  took(durationMs: number): void;
}

/** The items that a stage makes of others. Failures of the stage are told from those before it. */
async function* applied(
  items: AsyncIterable<unknown>,
  { call }: StageBody,
  count: StageCount,
  failure: (error: unknown) => Error,
  watch: Watch | undefined,
): AsyncGenerator<unknown, void, undefined> {
  for await (const item of items) {
    const fromMs = watch?.now() ?? 0;
    let result: unknown;
    let many: AsyncIterator<unknown> | Iterator<unknown> | undefined;
    try {
      result = call(item);
      let special = specialOf(result);
      if (special?.is === 'later') {
        result = await special.promise;
        special = specialOf(result);
      }
      if (special?.is === 'many') many = special.items[Symbol.iterator]();
      else if (special?.is === 'many-later') many = special.items[Symbol.asyncIterator]();
    } catch (error) {
      throw failure(error);
    }
    watch?.took(watch.now() - fromMs);
    if (many !== undefined) {
      try {
        for (;;) {
          const nextFromMs = watch?.now() ?? 0;
          let step: IteratorResult<unknown>;
          try {
            step = await many.next();
            watch?.took(watch.now() - nextFromMs);
          } catch (error) {
            many = undefined;
            throw failure(error);
          }
          if (step.done === true) {
            many = undefined;
            break;
          }
          if (step.value === skip) continue;
          count.given++;
          yield step.value;
        }
      } finally {
        await many?.return?.();
      }
    } else if (result !== skip) {
      count.given++;
      yield result;
    }
    count.taken++;
  }
}
