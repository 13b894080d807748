/**
 * Runs batches of items through segments: neighbouring stages that run at one place.
 *
 * - **Outcome:** of each batch what its items came to, in order, up to the first item that failed: then the failure that a
 *   run of single items would have met first.
 * - **State:** objects of classes are built once, before the first batch.
 * - **Waiting:** items of a batch wait together, where the stage is stateless.
 *
 * It runs inside a worker, and knows nothing of pools. Leaves order among batches to whoever sends them.
 */

import type { MaybePromise } from '../base/maybe-promise.ts';
import type { TaskModule } from '../task/task-core.ts';
import { loadTask } from '../worker/inside/load-task.ts';
import { nowMs } from '../worker/inside/now-ms.ts';
import { skip } from './skip.ts';
import { makeBody, type StageBody, specialOf } from './stage-body.ts';

/** A stage as it is told to a worker. */
export interface StageSpec {
  readonly module: TaskModule;
  /** For the constructor of a class. */
  readonly args: readonly unknown[] | undefined;
  readonly isSpread: boolean;
  readonly isStateful: boolean;
}

/** A segment as it is told to a worker. */
export interface SegmentSpec {
  readonly stages: readonly StageSpec[];
  /** How many items the first stage takes at once, as overlapping windows; 0 if it takes single ones. */
  readonly window: number;
  /** Whether outcomes tell how long each stage ran. */
  readonly isTimed: boolean;
}

/** What a batch came to. */
export interface SegmentOutcome {
  readonly values: readonly unknown[];
  /** How many items each stage took; left out if each item gave one. */
  readonly counts?: readonly number[];
  /** How long each stage ran, in milliseconds, if that was asked for. */
  readonly busyMs?: readonly number[];
  /** There are no values, as the worker that had the state is gone. */
  readonly isStateLost?: true;
  /** Why there are no values for the items from one on. */
  readonly failure?: { readonly stage: number; readonly at: number; readonly error: unknown };
}

/** What one stage made of a batch. */
interface Step {
  readonly values: unknown[];
  /** Whether there is one value for each item. */
  isOneToOne: boolean;
  failure: { readonly at: number; readonly error: unknown } | undefined;
}

export class SegmentRunner {
  readonly #specs: readonly SegmentSpec[];
  /** Of each segment; rejects with an `UnbuiltError`. */
  readonly #ready: readonly Promise<readonly StageBody[]>[];
  readonly #bodies: (readonly StageBody[])[] = [];
  #batches = 0;

  constructor(specs: readonly SegmentSpec[]) {
    this.#specs = specs;
    this.#ready = specs.map(({ stages }) => Promise.all(stages.map(bodyOf)));
    // Told by the first batch.
    for (const ready of this.#ready) ready.catch(() => undefined);
  }

  /** @param batch - where there is a state, how many came before: others than those were run by a worker that is gone */
  call(segment: number, items: readonly unknown[], batch?: number): MaybePromise<SegmentOutcome> {
    if (batch !== undefined && batch !== this.#batches++) return { values: [], isStateLost: true };
    return this.#run(segment, items);
  }

  #run(segment: number, items: readonly unknown[]): MaybePromise<SegmentOutcome> {
    const bodies = this.#bodies[segment];
    if (bodies === undefined) return this.#whenReady(segment, items);
    const { window, isTimed } = this.#specs[segment] as SegmentSpec;
    return runStages(bodies, window === 0 ? items : windowsOf(items, window), isTimed ? [] : undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ready of this.#ready) {
      for (const body of await ready.catch(() => [])) await body.dispose();
    }
  }

  async #whenReady(segment: number, items: readonly unknown[]): Promise<SegmentOutcome> {
    try {
      this.#bodies[segment] = await (this.#ready[segment] as Promise<readonly StageBody[]>);
    } catch (error) {
      if (!(error instanceof UnbuiltError)) throw error;
      const counts = (this.#specs[segment] as SegmentSpec).stages.map(() => 0);
      return { values: [], counts, failure: { stage: error.stage, at: 0, error: error.cause } };
    }
    return await this.#run(segment, items);
  }
}

/** One segment for one batch, where no worker keeps anything. */
export async function runSegment(spec: SegmentSpec, items: readonly unknown[]): Promise<SegmentOutcome> {
  return await new SegmentRunner([spec]).call(0, items);
}

/** A stage could not be made ready. It stays in the worker. */
class UnbuiltError extends Error {
  readonly stage: number;

  constructor(stage: number, cause: unknown) {
    super('Cannot build a stage', { cause });
    this.stage = stage;
  }
}

/** @throws {UnbuiltError} What the module or the constructor throws is its cause. */
async function bodyOf({ module, args, isSpread, isStateful }: StageSpec, stage: number): Promise<StageBody> {
  try {
    const { fn, stateful } = await loadTask(module.url, module.name);
    return makeBody({ fn, Class: stateful, args, isSpread, isStateful });
  } catch (error) {
    throw new UnbuiltError(stage, error);
  }
}

/** The overlapping windows of a list. */
export function windowsOf(items: readonly unknown[], size: number): readonly (readonly unknown[])[] {
  const windows: (readonly unknown[])[] = [];
  for (let end = size; end <= items.length; end++) windows.push(items.slice(end - size, end));
  return windows;
}

/** @param busyMs - filled, if given */
function runStages(
  bodies: readonly StageBody[],
  first: readonly unknown[],
  busyMs: number[] | undefined,
): MaybePromise<SegmentOutcome> {
  let items = first;
  const counts: number[] = [];
  let isOneToOne = true;
  let failure: SegmentOutcome['failure'];
  let fromMs = busyMs === undefined ? 0 : nowMs();
  for (let stage = 0; stage < bodies.length; stage++) {
    const step = runStage(bodies[stage] as StageBody, items);
    if (step instanceof Promise) return goOn(stage, step);
    take(stage, step);
  }
  return outcome();

  function take(stage: number, step: Step): void {
    counts.push(step.failure?.at ?? items.length);
    if (busyMs !== undefined) {
      const now = nowMs();
      busyMs.push(now - fromMs);
      fromMs = now;
    }
    items = step.values;
    isOneToOne &&= step.isOneToOne;
    // Items that get to a later stage came before the one that failed in an earlier one.
    if (step.failure !== undefined) failure = { stage, ...step.failure };
  }

  async function goOn(from: number, begun: Promise<Step>): Promise<SegmentOutcome> {
    take(from, await begun);
    for (let stage = from + 1; stage < bodies.length; stage++) {
      take(stage, await runStage(bodies[stage] as StageBody, items));
    }
    return outcome();
  }

  function outcome(): SegmentOutcome {
    return {
      values: items,
      ...(isOneToOne && failure === undefined ? {} : { counts }),
      ...(busyMs === undefined ? {} : { busyMs }),
      ...(failure === undefined ? {} : { failure }),
    };
  }
}

function runStage(body: StageBody, items: readonly unknown[]): MaybePromise<Step> {
  const { call } = body;
  const values: unknown[] = [];
  const step: Step = { values, isOneToOne: true, failure: undefined };
  for (let at = 0; at < items.length; at++) {
    try {
      const result = call(items[at]);
      if (result === skip) step.isOneToOne = false;
      else if (typeof result !== 'object' || result === null) values.push(result);
      else {
        const special = specialOf(result);
        if (special === undefined) values.push(result);
        else if (special.is === 'many') {
          step.isOneToOne = false;
          for (const item of special.items) if (item !== skip) values.push(item);
        } else return waitFor(body, items, step, at, result);
      }
    } catch (error) {
      step.failure = { at, error };
      return step;
    }
  }
  return step;
}

/** Goes on with a stage from the first result that has to be waited for. */
async function waitFor(
  { call, isStateful }: StageBody,
  items: readonly unknown[],
  step: Step,
  from: number,
  begun: unknown,
): Promise<Step> {
  /** What was called ahead: nothing, if each has to wait for the one before. */
  const results: Promise<unknown>[] = [settled(begun)];
  let isThrown = false;
  if (!isStateful) {
    for (let at = from + 1; at < items.length && !isThrown; at++) {
      try {
        results.push(settled(call(items[at])));
      } catch (error) {
        isThrown = true;
        results.push(settled(Promise.reject(error)));
      }
    }
  }
  for (let at = from; at < items.length; at++) {
    try {
      await push(await (results[at - from] ?? call(items[at])), step);
    } catch (error) {
      step.failure = { at, error };
      break;
    }
  }
  return step;
}

/** A promise whose rejection may stay unread: items after a failure are dropped. */
function settled(result: unknown): Promise<unknown> {
  const promise = Promise.resolve(result);
  promise.catch(() => undefined);
  return promise;
}

async function push(result: unknown, step: Step): Promise<void> {
  const special = specialOf(result);
  if (special === undefined && result !== skip) {
    step.values.push(result);
    return;
  }
  step.isOneToOne = false;
  if (special?.is === 'many') {
    for (const item of special.items) if (item !== skip) step.values.push(item);
  } else if (special?.is === 'many-later') {
    for await (const item of special.items) if (item !== skip) step.values.push(item);
  }
}
