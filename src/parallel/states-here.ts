/**
 * Workers with a state, in this thread: the objects, and lending them.
 */

import type { WorkerStateSpec } from '../pool/crew.ts';
import type { InlinePoolParts } from '../pool/inline-pool.ts';
import type { TaskCore } from '../task/task-core.ts';

/** Builds states in this thread, each when it is used for the first time. */
export function statesHere(
  core: TaskCore,
  specs: readonly WorkerStateSpec[],
): Pick<InlinePoolParts, 'functionOf' | 'release'> {
  const Class = core.stateful as new (...args: never[]) => DisposableState;
  const built = new Map<number, DisposableState>();
  return {
    functionOf: (worker) => {
      let state = built.get(worker);
      if (state === undefined) {
        const { args } = specs[worker % specs.length] as WorkerStateSpec;
        state = new Class(...(args as never[]));
        built.set(worker, state);
      }
      const lent = state;
      return (...args) => lent.call(...args);
    },
    release: async () => {
      const states = [...built.values()];
      built.clear();
      for (const state of states) await disposeOf(state);
    },
  };
}

interface DisposableState {
  call(...args: never[]): unknown;
  [Symbol.dispose]?(): void;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

async function disposeOf(state: DisposableState): Promise<void> {
  if (state[Symbol.asyncDispose] === undefined) state[Symbol.dispose]?.();
  else await state[Symbol.asyncDispose]?.();
}
