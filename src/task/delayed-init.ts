/**
 * Workers with a state of their own: an object that each worker builds once, inside, and whose method
 * `call` is applied to each input. For models, connections, GPUs.
 */

import { brandTask } from './task-brand.ts';
import type { TaskCore } from './task-core.ts';
import type { Value } from './types.ts';

/** A class whose instances are applied to inputs. They may be disposable; then they are disposed of inside. */
export type CallableClass = new (...args: never[]) => { call(...args: never[]): unknown };

const delayedClass: unique symbol = Symbol.for('heddle.delayed-init') as never;

/** A class that workers build. Becomes a factory of `StatefulWorker`s in a `tasks` block. */
export interface DelayedInit<Class extends CallableClass> {
  /** @internal */
  readonly [delayedClass]: Class;
}

/** What a `tasks` block makes of it: called with the constructor's arguments, it describes a worker. */
export type WorkerFactory<Class extends CallableClass> = (
  ...args: ConstructorParameters<Class>
) => StatefulWorker<Parameters<InstanceType<Class>['call']>, Value<ReturnType<InstanceType<Class>['call']>>>;

/** Describes a worker with a state: what it builds, and with which arguments. Nothing is built yet. */
export interface StatefulWorker<Args extends readonly unknown[], Result> {
  /** @internal */
  readonly core: TaskCore;
  /** @internal */
  readonly args: readonly unknown[];
  /** @internal */
  readonly '#types'?: (args: Args) => Result;
}

/**
 * Makes a class one that workers build: in a `tasks` block it becomes a factory, which takes the
 * constructor's arguments and describes a worker for `openPool`.
 *
 * - **Once:** each worker builds its object when it starts, inside it, and keeps it while it lives.
 * - **Failure:** a constructor that throws fails the whole pool at once.
 * - **Disposed:** when the pool stops, by `Symbol.asyncDispose` or `Symbol.dispose`, if the object has one.
 *
 * @example
 * ```ts
 * import { delayedInit, openPool, tasks } from 'heddle';
 * const { Scaler } = tasks(import.meta, {
 *   Scaler: delayedInit(
 *     class {
 *       readonly #factor: number;
 *       constructor(factor: number) {
 *         this.#factor = factor;
 *       }
 *       call(x: number): number {
 *         return x * this.#factor;
 *       }
 *     },
 *   ),
 * });
 * if (import.meta.main) {
 *   const pool = openPool([Scaler(10), Scaler(10)]);
 *   assert.deepEqual(await pool.map([1, 2, 3]).toArray(), [10, 20, 30]);
 *   await pool.stop();
 * }
 * ```
 */
export function delayedInit<Class extends CallableClass>(Class: Class): DelayedInit<Class> {
  if (
    typeof Class !== 'function' ||
    typeof (Class.prototype as { call?: unknown } | undefined)?.call !== 'function'
  ) {
    throw new TypeError(
      `Cannot delay the initialization as it must be of a class with a method 'call': received ${String(Class)}`,
    );
  }
  return { [delayedClass]: Class };
}

/** The class that was given to `delayedInit`, or `undefined` for anything else. @internal */
export function classOf(entry: unknown): CallableClass | undefined {
  return typeof entry === 'object' && entry !== null
    ? (entry as Partial<DelayedInit<CallableClass>>)[delayedClass]
    : undefined;
}

const workerBrand = Symbol.for('heddle.stateful-worker');

/** Whether a value describes a worker with a state. @internal */
export function isStatefulWorker(value: unknown): value is StatefulWorker<readonly unknown[], unknown> {
  return typeof value === 'object' && value !== null && workerBrand in value;
}

/** Makes the factory that users call. @internal */
export function factoryOf(core: TaskCore): (...args: never[]) => unknown {
  const factory = (...args: unknown[]): unknown => {
    const worker = { core, args };
    Object.defineProperty(worker, workerBrand, { value: true });
    return Object.freeze(worker);
  };
  Object.defineProperty(factory, 'name', { value: core.name });
  brandTask(factory, core);
  return factory as (...args: never[]) => unknown;
}
