/**
 * Whose threads are counted here: those of the process, or of what this code runs inside of.
 *
 * A scope is a semaphore that holds for all that a function does, also after it has waited: that of `withThreads`, or that of
 * a function that holds threads, whose nested calls use what it holds. That is why nothing waits for itself: who holds
 * threads and waits for a call never waits for threads that it holds itself.
 *
 * The state is on `globalThis`, shared by all copies of the library in this thread. While no function has had a scope there
 * is no asynchronous context, which would cost promises something on older versions of Node.js.
 */

import type { AsyncLocalStorage } from 'node:async_hooks';
import { once } from '../base/once.ts';
import { Semaphore } from './semaphore.ts';
import { usableThreads } from './usable-threads.ts';

/** What is counted for a function and all that it starts. */
export class Scope {
  readonly threads: Semaphore;
  /** What it says in messages that its threads are of. */
  readonly of: string;
  readonly #outer: Scope | undefined;
  #isOver = false;

  constructor(total: number, of: string, outer: Scope | undefined) {
    this.threads = new Semaphore(total);
    this.of = of;
    this.#outer = outer;
  }

  /** The scope itself, or the next one around it that is not over. */
  get lasting(): Scope | undefined {
    return this.#isOver ? this.#outer?.lasting : this;
  }

  /** The function has ended: what is started from now on belongs outside. */
  end(): void {
    this.#isOver = true;
  }
}

/** Shared by all copies of the library in this thread. */
const stateKey = Symbol.for('heddle.threads');

interface State {
  /** The threads of the process. */
  process: Semaphore | undefined;
  scopes: AsyncLocalStorage<Scope> | undefined;
  /** How often a total was given that holds. */
  given: number;
}

/** Looked up once: it is asked for with every call. @internal */
export const threadState: () => State = once(() => {
  const global = globalThis as { [stateKey]?: State };
  global[stateKey] ??= { process: undefined, scopes: undefined, given: 0 };
  return global[stateKey];
});

/**
 * The threads of the process.
 *
 * @throws {RangeError} If `HEDDLE_MAX_THREADS` makes no sense.
 */
export function processThreads(): Semaphore {
  const state = threadState();
  return (state.process ??= new Semaphore(usableThreads()));
}

/** The scope that this code runs in; `undefined` in that of the process. */
export function currentScope(): Scope | undefined {
  return threadState().scopes?.getStore()?.lasting;
}

/** The threads that are counted here, if they are not those of the process. */
export function scopedThreads(): Semaphore | undefined {
  return currentScope()?.threads;
}

/**
 * The threads that are counted here.
 *
 * @throws {RangeError} If `HEDDLE_MAX_THREADS` makes no sense.
 */
export function currentThreads(): Semaphore {
  return scopedThreads() ?? processThreads();
}

/** Does something in a scope of its own. */
export function inScope<T>(scope: Scope, act: () => T): T {
  const state = threadState();
  if (state.scopes === undefined) {
    const hooks = process.getBuiltinModule('node:async_hooks');
    state.scopes = new hooks.AsyncLocalStorage();
  }
  return state.scopes.run(scope, act);
}
